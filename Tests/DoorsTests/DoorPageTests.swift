import FoundationEssentials
import Testing

@testable import DoorProtocols

/// The pages of doors under `docs/doors`, against what the code declares and the examples say.
@Suite struct `The page of a door` {
    static let pages: [(any DoorType.Type, files: [String])] = [
        (RabbitMQDoor.self, ["examples/rabbitmq/authhost.conf", "examples/rabbitmq/rabbitmq.conf"]),
        (SaslauthdDoor.self, ["examples/saslauthd/authhost.conf"]),
        (DovecotDoor.self, ["examples/postfix/authhost.conf", "examples/postfix/main.cf"]),
    ]

    static func text(_ path: String) throws -> String {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return String(decoding: try Data(contentsOf: repository.appending(path: path)), as: UTF8.self)
    }

    @Test(arguments: pages)
    func `names every option and letter, and holds the examples`(
        _ page: (type: any DoorType.Type, files: [String])
    ) throws {
        let text = try Self.text("docs/doors/\(page.type.name).md")
        for option in page.type.options {
            let value = option.defaultText.isEmpty ? "" : "`\(option.defaultText)`"
            let row = "| `option \(option.name)` | \(value) | \(option.help) |\n"
            #expect(text.contains(row), "\(row)")
        }
        for letter in page.type.template?.letters ?? [] {
            #expect(text.contains("| `%\(letter.letter)` | \(letter.meaning) |\n"), "\(letter)")
        }
        for file in page.files {
            #expect(text.contains("```\n\(try Self.text(file))```\n"), "\(file)")
        }
    }
}

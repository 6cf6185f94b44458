import AuthCore
import Foundation
import Testing

@testable import DoorCarrier
@testable import DoorProtocols

/// What all doors have in common.
@Suite struct DoorPatternTests {
    private static let answers: [Answer] = [
        Answer(
            .allow, .granted, session: FakeHost.session, user: "alice", mappedName: try? ObjectName("/inside/a")),
        Answer(.deny, .deniedByModule, clientText: "not on Sundays"), Answer(.wrongCredentials, .invalidPassword),
        Answer(.overLimit, .userLimit), Answer(.ejected, .ejectedSession), Answer(.undecided, .deadline),
    ]

    /// The rows of the table: what each question of each door is answered with.
    private static var table: String {
        var lines = ["| door | question | verdict | bytes |", "|---|---|---|---|"]
        for type in DoorTypes.all {
            let columns = answers.map { type.wire($0) }
            for (index, row) in (columns.first ?? []).enumerated() {
                for (answer, column) in zip(answers, columns) {
                    let bytes = column[index].bytes.replacing("|", with: "\\|")
                    lines.append("| \(type.name) | \(row.question) | \(answer.verdict.rawValue) | `\(bytes)` |")
                }
            }
        }
        return lines.joined(separator: "\n")
    }

    @Test func `the table of the documentation is what the code writes`() throws {
        let file = URL(filePath: #filePath).appending(path: "../../../docs/doors.md").standardizedFileURL
        let text = try String(contentsOf: file, encoding: .utf8)
        let begin = try #require(text.range(of: "<!-- wire -->\n"))
        let end = try #require(text.range(of: "\n<!-- /wire -->"))
        let made = text[..<begin.upperBound] + Self.table + text[end.lowerBound...]
        if ProcessInfo.processInfo.environment["AUTHHOST_UPDATE_GOLDEN"] == "1" {
            try String(made).write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(made == text, "run the test with AUTHHOST_UPDATE_GOLDEN=1 and look at the difference")
    }

    @Test func `no denial looks like a yes`() {
        for type in DoorTypes.all {
            let bytes = Self.answers.map { type.wire($0).first?.bytes ?? "" }
            #expect(bytes.allSatisfy { !$0.isEmpty }, "\(type.name)")
            #expect(!bytes.dropFirst().contains(bytes[0]), "\(type.name): a denial looks like a yes")
        }
    }

    @Test func `every type has a page, and the list of doors names it`() throws {
        let docs = URL(filePath: #filePath).appending(path: "../../../docs").standardizedFileURL
        let list = try String(contentsOf: docs.appending(path: "doors.md"), encoding: .utf8)
        for type in DoorTypes.all {
            #expect(list.contains("| `\(type.name)` |"), "doors.md does not list `\(type.name)`")
            let pages = ["doors/\(type.name).md", "\(type.name)-protocol.md", "\(type.name)-api.md"]
            let page = pages.lazy.compactMap { try? String(contentsOf: docs.appending(path: $0), encoding: .utf8) }
                .first
            let text = try #require(page, "`\(type.name)` has no page")
            for option in type.options {
                #expect(text.contains("`option \(option.name)`"), "\(type.name): \(option.name)")
            }
        }
    }

    @Test(arguments: [
        ("natve", [], "there is no door type `natve`"),
        (
            "native", [("logn", "TRUE")],
            "a door of type `native` has no option `logn`: `logon`, `resume`, `max-pending`"
        ),
        ("native", [("logon", "yes")], "`yes` is no value of `logon`: TRUE and FALSE are accepted"),
        ("native", [("max-pending", "0")], "`0` is no value of `max-pending`: 1 to 100000 are accepted"),
        ("native", [("logon", "TRUE"), ("logon", "FALSE")], "`logon` is set twice"),
    ])
    func `a block that cannot be is refused in words`(type: String, options: [(String, String)], message: String) {
        var settings = DoorSettings(type: type, name: "door")
        settings.options = options.map { (name: $0.0, value: $0.1) }
        let error = #expect(throws: DoorProblem.self) { try DoorServers.check(settings) }
        #expect(error?.description.hasPrefix(message) == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        ("/a/%x", "holds a `%` that is not followed by a letter it knows: `%n` and `%%` are accepted"),
        ("/a//b", "an object name holds a doubled slash"), ("a", "`a` does not begin with a slash"),
    ])
    func `a template that makes no names is refused`(template: String, message: String) {
        var settings = DoorSettings(type: "native", name: "door")
        settings.object = template
        let error = #expect(throws: DoorProblem.self) { try DoorServers.check(settings) }
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    }

    @Test func `an unknown user is named`() {
        var settings = DoorSettings(type: "saslauthd", name: "door")
        settings.clients = ["uid:no such user"]
        let error = #expect(throws: DoorProblem.self) { try DoorServers.check(settings) }
        #expect(error?.description == "there is no user `no such user` here")
        settings.clients = []
        settings.options = [("realm", "x")]
        #expect(
            throws: DoorProblem(
                .option(0), "a door of type `saslauthd` has no option `realm`: `combine-realm` is accepted")
        ) {
            try DoorServers.check(settings)
        }
    }

    @Test(arguments: [
        ("rabbitmq", "0.0.0.0", [], [], true), ("authzen", "::", [], [], true),
        ("rabbitmq", "127.0.0.1", [], [], false),
        ("rabbitmq", "::1", [], [], false), ("rabbitmq", "localhost", [], [], false),
        ("rabbitmq", "10.0.0.1", ["10.0.0.0/8"], [], false), ("native", "10.0.0.1", [], [], false),
        ("native", "10.0.0.1", [], ["resume"], true), ("native", "10.0.0.1", [], ["resume", "logon"], false),
        ("saslauthd", "10.0.0.1", [], [], false),
    ])
    func `a door that believes strangers is worth a warning`(
        type: String, host: String, clients: [String], flags: [String], isOpen: Bool
    ) {
        var settings = DoorSettings(type: type, name: "door")
        settings.addresses = [.init(host: host, port: 7)]
        settings.clients = clients
        settings.options = flags.map { ($0, "TRUE") }
        let warning = DoorTypes.warning(settings)
        #expect((warning != nil) == isOpen, "\(String(describing: warning))")
        if isOpen { #expect(warning?.hasPrefix("door door: every program at \(host) may ask as any user") == true) }
    }

    @Test func `no client is known by a certificate where none is asked for`() {
        var settings = DoorSettings(type: "native", name: "door")
        settings.clients = ["10.0.0.0/8", "cn:broker"]
        let error = #expect(throws: DoorProblem.self) { try DoorServers.check(settings) }
        #expect(
            error?.description == "`cn:broker` is the name of a certificate, and no `tls-client-authority` asks for one"
        )
        #expect(error?.part == .client(1))
    }

    @Test func `a certificate that cannot be read is named`() {
        var settings = DoorSettings(type: "native", name: "door")
        settings.tls = .init(certificate: "/nowhere/chain.pem", key: "/nowhere/key.pem", clientAuthority: nil)
        let error = #expect(throws: DoorProblem.self) { try DoorServers.check(settings) }
        #expect(
            error?.description.hasPrefix(
                "the TLS file `/nowhere/chain.pem`: its certificate cannot be read: no such file") == true,
            "\(String(describing: error))")
    }
}

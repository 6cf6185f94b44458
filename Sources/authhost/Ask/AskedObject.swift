import ArgumentParser
import AuthCore

/// What a command that asks about an object asks; one of the three.
struct AskedObject: ParsableArguments {
    @Option(help: "The object to read.")
    var read: String?

    @Option(help: "The object to write.")
    var write: String?

    @Option(help: "The object to create.")
    var create: String?

    @Option(help: "A field that is written, as NAME=VALUE; may be repeated.")
    var field: [String] = []

    func validate() throws {
        for text in field where !text.contains("=") || text.hasPrefix("=") {
            throw ValidationError("--field: `\(text)` is not of the form NAME=VALUE")
        }
        guard [read, write, create].compactMap({ $0 }).count == 1 else {
            throw ValidationError("one of --read, --write and --create is expected, with an object such as /FX/EURUSD")
        }
    }

    func check() throws(Failure) -> Check {
        let action: Check.Action = read != nil ? .read : write != nil ? .write : .create
        return Check(action, try objectName(read ?? write ?? create ?? ""), fields: field.map(Self.fieldOf))
    }

    private static func fieldOf(_ text: String) -> Field {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return Field(String(parts[0]), String(parts.dropFirst().first ?? ""))
    }
}

/// Reads an object's name; one that no module may see ends the command.
func objectName(_ text: String) throws(Failure) -> ObjectName {
    do {
        return try ObjectName(text)
    } catch {
        throw Failure(.denied, "`\(text)`: \(error)")
    }
}

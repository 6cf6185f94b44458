import ArgumentParser
import AuthCore
import ModuleHost
import Runtime
import Synchronization

/// Shows what decides a check.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Show why a user may or may not read, write or create an object.",
        discussion: """
            With --trusted no password is needed, but a module that has auth_resume_user. The name is mapped as for a check: by \
            the configuration's object-map, then by the module. The module then says what decides, and what was considered \
            and lost; one without auth_explain only answers. Ends with the status that `check` ends with.
            """)

    @Option(help: "The user who would ask.")
    var user: String

    @OptionGroup var admission: AskingSession

    @Option(help: "The object to read.")
    var read: String?

    @Option(help: "The object to write.")
    var write: String?

    @Option(help: "The object to create.")
    var create: String?

    @Option(help: "A field that is written, as NAME=VALUE; may be repeated.")
    var field: [String] = []

    @Option(help: "The client's address, for modules that decide by it.")
    var address = ""

    @Option(name: [.customLong("application"), .customLong("application-id")], help: "The client's application id.")
    var application = ""

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func validate() throws {
        guard [read, write, create].compactMap({ $0 }).count == 1 else {
            throw ValidationError("one of --read, --write and --create is expected, with an object such as /FX/EURUSD")
        }
        for text in field where !text.contains("=") || text.hasPrefix("=") {
            throw ValidationError("--field: `\(text)` is not of the form NAME=VALUE")
        }
    }

    func run() throws {
        let action: Check.Action = read != nil ? .read : write != nil ? .write : .create
        let check = Check(action, try objectName(read ?? write ?? create ?? ""), fields: field.map(Self.fieldOf))
        let host = try HostSetup(quiet: true).makeHost()
        let session = try admission.open(on: host, user, json: json, login)
        let explained = host.explained(check, session)
        json ? printJSON(explained, check) : printText(explained, check, host)
        host.stop()
        let status = ExitStatus(explained.answer.verdict)
        if status != .ok { throw Failure(status, "") }
    }

    private func login(_ password: Secret) throws(Failure) -> Login {
        do {
            return try Login(
                user: user, password: password, address: address, applicationID: application, door: "command")
        } catch {
            throw Failure(.denied, "\(error)")
        }
    }

    private func printText(_ explained: ExplainedAnswer, _ check: Check, _ host: Host) {
        let answer = explained.answer
        var lines = ["\(answer.verdict.rawValue): \(answer.reason.rawValue)"]
        if let object = answer.mappedName {
            let asked = object == check.name ? "" : ", asked for as \(check.name.text)"
            lines.append("object \(object.text)\(asked)")
        }
        if let explanation = explained.explanation {
            lines += explanation.split(separator: "\n").map(String.init)
        } else {
            if let text = answer.logText { lines.append(text) }
            lines.append("module `\(host.module?.identity.name ?? "-")` does not explain its answers")
        }
        Terminal.write(lines.joined(separator: "\n"))
    }

    private func printJSON(_ explained: ExplainedAnswer, _ check: Check) {
        let answer = explained.answer
        Terminal.write(
            JSONText.object([
                ("verdict", answer.verdict.rawValue), ("reason", answer.reason.rawValue), ("user", answer.user),
                ("requested", check.name.text), ("object", answer.mappedName?.text), ("detail", answer.logText),
                ("explanation", explained.explanation),
            ]))
    }

    private static func fieldOf(_ text: String) -> Field {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return Field(String(parts[0]), String(parts.dropFirst().first ?? ""))
    }
}

extension Host {
    /// Asks and waits; for commands, which have a thread to spare.
    fileprivate func explained(_ check: Check, _ session: SessionID) -> ExplainedAnswer {
        let cell = Mutex<ExplainedAnswer?>(nil)
        let ready = Semaphore()
        operators.explain(check, session: session) { answer in
            cell.withLock { $0 = answer }
            ready.signal()
        }
        // The deadline of the question answers it at the latest.
        while true {
            if let answer = cell.withLock({ $0 }) { return answer }
            _ = ready.wait(for: .seconds(1))
        }
    }
}

import ArgumentParser
import AuthCore
import ModuleHost
import Runtime
import Synchronization

/// Shows what decides a check, without the user's password.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Show why a user may or may not read, write or create an object.",
        discussion: """
            The user is taken without a password, so the module needs auth_resume_user. The name is mapped as for a check: by \
            the configuration's object-map, then by the module. The module then says what decides, and what was considered \
            and lost; one without auth_explain only answers. Ends with the status that `check` ends with.
            """)

    @Option(help: "The user who would ask.")
    var user: String

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
        let session = try session(on: host)
        let explained = host.explained(check, session)
        json ? printJSON(explained, check) : printText(explained, check, host)
        host.stop()
        let status = ExitStatus(explained.answer.verdict)
        if status != .ok { throw Failure(status, "") }
    }

    /// Opens a session by `auth_resume_user`.
    private func session(on host: Host) throws(Failure) -> SessionID {
        guard let module = host.module, module.entryNames.contains("auth_resume_user") else {
            throw Failure(
                .moduleUnusable,
                "module `\(host.module?.identity.name ?? "-")` has no `auth_resume_user`, so nothing can be asked for a user "
                    + "without the password; `authhost check` asks with it")
        }
        let login: Login
        do {
            login = try Login(
                user: user, password: Secret(""), address: address, applicationID: application, door: "command")
        } catch {
            throw Failure(.denied, "\(error)")
        }
        let answer = host.answer(to: .resume(login))
        guard answer.verdict == .allow, let session = answer.session else {
            AnswerPrinter(json: json).print(answer)
            throw Failure(ExitStatus(answer.verdict), "")
        }
        return session
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
        explain(check, session: session) { answer in
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

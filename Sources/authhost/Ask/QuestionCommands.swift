import ArgumentParser
import AuthCore
import Basics
import Glibc
import ModuleHost
import Runtime

/// Who asks; shared by the commands that ask one question without a server.
struct AskingUser: ParsableArguments {
    @Option(help: "The user who asks.")
    var user: String

    @Option(help: "The client's address, for modules that decide by it.")
    var address = ""

    @Option(name: [.customLong("application-id"), .customLong("application")], help: "The client's application id.")
    var applicationID = ""

    @Option(help: "The client's machine id.")
    var machineID = ""

    @Flag(help: "Print the answer as JSON.")
    var json = false

    @OptionGroup var common: ConfigurationFileOption

    func login(password: Secret) throws(Failure) -> Login {
        do {
            return try Login(
                user: user, password: password, address: address, applicationID: applicationID, machineID: machineID,
                door: "command")
        } catch {
            throw Failure(.denied, "\(error)")
        }
    }
}

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

/// How a command that asks one question gets its session. The caller must say it: an answer about a user whose password was
/// wrong, or never looked at, would read like a yes to the right password.
struct AskingSession: ParsableArguments {
    @Flag(help: "Log the user in with a password from standard input.")
    var passwordStdin = false

    @Flag(help: "Ask without a password, of a module that takes users back (auth_resume_user).")
    var trusted = false

    func validate() throws {
        guard passwordStdin != trusted else {
            throw ValidationError(
                "one of --password-stdin (the password is the first line of standard input) and --trusted (no password is "
                    + "looked at) is expected")
        }
    }

    /// Opens a session, or prints the answer and ends.
    ///
    /// - Parameter login: the log-in with a password.
    func open(
        on host: Host, _ user: String, json: Bool, _ login: (Secret) throws(Failure) -> Login
    ) throws(Failure) -> SessionID {
        let lacksEntry = Failure(
            .moduleUnusable,
            "module `\(host.module?.identity.name ?? "-")` has no `auth_resume_user`, so it cannot be asked for a user "
                + "without the password: `--password-stdin` is accepted")
        if trusted, host.module?.entryNames.contains("auth_resume_user") != true { throw lacksEntry }
        let password = trusted ? Secret("") : Terminal.readSecret(prompt: "Password of \(user): ")
        let login = try login(password)
        let answer = host.ask(trusted ? .resume(login) : .login(login)).waited()
        // A kit exports every entry, and says so where the module has none behind it.
        if trusted, answer.reason == .noEntry { throw lacksEntry }
        guard answer.verdict == .allow, let session = answer.session else {
            AnswerPrinter(json: json, typed: user).print(answer)
            throw Failure(ExitStatus(answer.verdict), "")
        }
        return session
    }
}

/// Prints an answer, and ends the command with its status.
struct AnswerPrinter {
    let json: Bool
    /// The name that was typed; the user that the module has named is told where that is another one.
    let typed: String

    func print(_ answer: Answer) {
        json ? Terminal.write(JSONText.object(texts: members(answer))) : Terminal.write(line(answer))
    }

    func finish(_ answer: Answer, _ host: Host) throws(Failure) {
        print(answer)
        host.stop(awaitsLateCalls: false)
        let status = ExitStatus(answer.verdict)
        if status != .ok { throw Failure(status, "") }
    }

    private func line(_ answer: Answer) -> String {
        var text = "\(answer.verdict.rawValue): \(answer.reason.rawValue)"
        if let user = answer.user, !user.hasBytes(of: typed) { text += ", user \(user.controlsEscaped)" }
        if let name = answer.mappedName { text += ", object \(name.text)" }
        if let detail = detail(answer) { text += ", \(detail)" }
        return text
    }

    /// Why it is not a yes; `explain` tells what decides for a yes.
    private func detail(_ answer: Answer) -> String? { answer.verdict == .allow ? nil : answer.logText }

    private func members(_ answer: Answer) -> [(String, String?)] {
        [
            ("verdict", answer.verdict.rawValue), ("reason", answer.reason.rawValue), ("user", answer.user),
            ("object", answer.mappedName?.text), ("detail", detail(answer)), ("message", answer.clientText),
        ]
    }
}

struct LoginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Ask whether a user may log in; the password comes from standard input.")

    @OptionGroup var asking: AskingUser

    func run() throws {
        let host = try HostSetup.hostForQuestions()
        let login = try asking.login(password: Terminal.readSecret(prompt: "Password of \(asking.user): "))
        try AnswerPrinter(json: asking.json, typed: asking.user).finish(host.ask(.login(login)).waited(), host)
    }
}

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Ask whether a user may read, write or create an object.")

    @OptionGroup var asking: AskingUser

    @OptionGroup var admission: AskingSession

    @OptionGroup var object: AskedObject

    func run() throws {
        let check = try object.check()
        let host = try HostSetup.hostForQuestions()
        let session = try admission.open(on: host, asking.user, json: asking.json, asking.login)
        try AnswerPrinter(json: asking.json, typed: asking.user).finish(host.ask(.check(session, check)).waited(), host)
    }
}

struct MapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map", abstract: "Ask what an object is called inside, for a user.")

    @OptionGroup var asking: AskingUser

    @OptionGroup var admission: AskingSession

    @Argument(help: "The object, such as /FX/EURUSD.")
    var object: String

    func run() throws {
        let name = try objectName(object)
        let host = try HostSetup.hostForQuestions()
        let session = try admission.open(on: host, asking.user, json: asking.json, asking.login)
        try AnswerPrinter(json: asking.json, typed: asking.user).finish(host.ask(.map(session, name)).waited(), host)
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

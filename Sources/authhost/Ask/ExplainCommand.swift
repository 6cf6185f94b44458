import ArgumentParser
import AuthCore
import Basics
import ModuleHost
import Runtime

/// Shows what decides a check.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Show why a user may or may not read, write or create an object.",
        usage: """
            authhost explain --user <user> (--trusted | --password-stdin) \
            (--read | --write | --create) <object> [<options>]
            \(DecisionCommand.usage)
            """,
        discussion: """
            --trusted needs no password, but a module that has auth_resume_user. The name is mapped as for a check: by \
            the configuration's object-map, then by the module. The module then says which rule decides, and which rules \
            that one beat; a module without auth_explain only answers. The exit status is that of `check`.

            --decision ID shows what the running host has decided, and by which rule; the id stands in the replies of its \
            doors, in the event of a refusal and in its audit log. It goes with --socket, --json and --config, and takes no user.
            """)

    // With it `DecisionCommand` runs in place of this one: it is here for the help.
    @Option(help: ArgumentHelp("Show a decision of the running host, by its 32 digits.", valueName: "id"))
    var decision: String?

    @Option(
        help: ArgumentHelp(
            "With --decision: the control socket of the host, in place of control-socket.", valueName: "path"))
    var socket: String?

    @OptionGroup var asking: AskingUser

    @OptionGroup var admission: AskingSession

    @OptionGroup var object: AskedObject

    func run() throws {
        guard socket == nil else {
            throw Failure(
                .badConfiguration, "`--socket` goes with `--decision`: a check is put to the configured module here")
        }
        let check = try object.check()
        let host = try HostSetup.hostForQuestions()
        let session = try admission.open(on: host, asking.user, json: asking.json, asking.login)
        let explained = host.explained(check, session)
        asking.json ? printJSON(explained, check) : printText(explained, check, host)
        host.stop(awaitsLateCalls: false)
        let status = ExitStatus(explained.answer.verdict)
        if status != .ok { throw Failure(status, "") }
    }

    private func printText(_ explained: ExplainedAnswer, _ check: Check, _ host: Host) {
        let answer = explained.answer
        var lines = ["\(answer.verdict.rawValue): \(answer.reason.rawValue)"]
        if let user = answer.user, !user.hasBytes(of: asking.user) { lines.append("user \(user.controlsEscaped)") }
        if let object = answer.mappedName {
            let asked = object == check.name ? "" : ", asked for as \(check.name.text)"
            lines.append("object \(object.text)\(asked)")
        }
        lines += says(explained, "module `\(host.module?.identity.name ?? "-")`")
        Terminal.write(lines.joined(separator: "\n"))
    }

    /// What the module says: its own lines are set in, so that none is taken for the host's.
    private func says(_ explained: ExplainedAnswer, _ module: String) -> [String] {
        let detail = explained.answer.logText.map { ["detail \($0)"] } ?? []
        guard let explanation = explained.explanation else {
            return detail + ["\(module) does not explain its answers"]
        }
        let otherwise = explained.otherwise.map { ", but as \($0.rawValue), which the check is not" } ?? ""
        let lines = explanation.split(separator: "\n")
        if lines.isEmpty { return detail + ["\(module) explains this with no word\(otherwise)"] }
        return ["\(module) explains\(otherwise):"] + lines.map { "    \($0)" }
    }

    private func printJSON(_ explained: ExplainedAnswer, _ check: Check) {
        let answer = explained.answer
        Terminal.write(
            JSONText.object(texts: [
                ("verdict", answer.verdict.rawValue), ("reason", answer.reason.rawValue), ("user", answer.user),
                ("requested", check.name.text), ("object", answer.mappedName?.text), ("detail", answer.logText),
                ("explanation", explained.explanation), ("explains", explained.otherwise?.rawValue),
            ]))
    }
}

extension Host {
    /// Asks and waits; for commands, which have a thread to spare. What is explained is asked as well.
    func explained(_ check: Check, _ session: SessionID) -> ExplainedAnswer {
        let explained = Awaited<ExplainedAnswer>()
        operators.explain(check, session: session, explained.put)
        // The deadline of the question answers it at the latest.
        let answer = explained.wait()
        return answer.explanation == nil ? answer : answer.held(to: ask(.check(session, check)).waited())
    }
}

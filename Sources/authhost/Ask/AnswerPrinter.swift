import AuthCore
import Basics
import Runtime

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

import AuthCore
import Logging

/// A log-in that stands for another user than was typed (`AUTH_NAMES_USER`), at a door whose protocol has no place for another
/// name: the program behind the door would take its client for the user that was typed, so the log-in is denied.
extension Answer {
    /// Whether it is about another user than was typed.
    func isAbout(otherThan typed: String) -> Bool { user.map { !$0.hasBytes(of: typed) } ?? false }

    /// The refusal of such a log-in.
    func refusedAsOther(than typed: String) -> Answer {
        Answer(
            .deny, .changedUser,
            logText: "the log-in of <\(typed)> stands for <\(user ?? "")>; the protocol has no place for that name",
            clientText: "the log-in stands for another user, whose name has no place in the answer", user: user)
    }
}

extension DoorClient {
    /// Tells operators of a log-in that the door has refused because it stands for another user; nothing of other answers.
    func noteOtherUser(_ answer: Answer, at door: String) {
        guard answer.verdict == .deny, answer.reason == .changedUser, let text = answer.logText else { return }
        countFault("other-user")
        log.warning("door \(door): \(text), so it is denied")
    }
}

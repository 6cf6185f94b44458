/// Answers a log-in.
package enum LoginOutcome: Sendable, Hashable {
    /// The user is who it says, and may have a session on these terms.
    case accepted(Acceptance)
    /// There is no such user; a client must not see that it was this.
    case unknownUser
    /// The password or token is not the user's; `reason` is for the log.
    case wrongCredentials(reason: String)
    /// The credentials are right, but the log-in is not permitted.
    case notPermitted(LoginRefusal)
    /// No answer can be given; `reason` is for the log.
    case couldNotDecide(reason: String)
}

/// A group that a user is in, or a role that it has.
package struct Membership: Sendable, Hashable {
    package let isRole: Bool
    /// UTF-8, as the file has it.
    package let name: [UInt8]
}

/// Answers whether a name is called otherwise inside.
package enum MapOutcome: Sendable, Hashable {
    /// No mapping applies.
    case unmapped
    /// There is no mapping at all, and none comes into force without a word before it.
    case nothingIsMapped
    /// The name inside, UTF-8, 1...4095 bytes.
    case mapped([UInt8])
    /// A mapping applies and cannot be carried out, or the user is not known; `reason` is for the log.
    case refused(reason: String)
}

/// Answers a check.
package enum CheckOutcome: Sendable, Hashable {
    /// A rule allows; `reason` names it, if that was asked for.
    case allowed(reason: String?)
    /// A rule denies; `reason` names it, if that was asked for.
    case denied(reason: String?)
    /// No rule matches, which denies.
    case noMatch
    /// The user is not known, which denies.
    case unknownUser
    /// What the object's values are will decide; `reason` names the rule that waits for them, if that was asked for.
    case undetermined(reason: String?)
}

/// Says why a check is answered as it is.
package struct CheckExplanation: Sendable, Hashable {
    /// The answer, the same as the check gives.
    package let outcome: CheckOutcome
    /// For people: first what decided, then each rule that was considered and lost.
    package let lines: [String]
}

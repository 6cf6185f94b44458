/// Says whether a rule grants or refuses.
public enum RuleEffect: UInt8, Sendable, BitwiseCopyable {
    /// Grants the rule's actions.
    case allow = 0
    /// Refuses the rule's actions; beats an allow of equal specificity.
    case deny = 1
}

/// Numbers a group or role of one rule set, in order of first mention; valid for that set alone.
public struct GroupID: Sendable, Hashable {
    let index: UInt32
}

/// Numbers a user of one rule set, in order of addition; valid for that set alone.
public struct UserID: Sendable, Hashable {
    let index: UInt32

    /// The position in order of addition, 0-based, for arrays kept beside the rule set.
    public var position: Int { Int(index) }

    /// Makes the id of the user added at `position`.
    public init(position: Int) { index = UInt32(truncatingIfNeeded: position) }

    init(index: UInt32) { self.index = index }
}

/// Names the users that a rule binds.
public enum RuleSubject: Sendable, Hashable {
    /// Every user of the set.
    case everybody
    /// The members of one group or role, those of its member groups included.
    case group(GroupID)
    /// One user.
    case user(UserID)
}

/// Describes one rule of a set, as `explain` and audit lines show it.
public struct Rule: Sendable, Hashable {
    /// Position in order of addition, 0-based.
    public let index: Int
    /// Grants or refuses.
    public let effect: RuleEffect
    /// What is granted or refused.
    public let actions: ObjectActions
    /// The object pattern as it was written, UTF-8.
    public let pattern: [UInt8]
    /// The users that the rule binds.
    public let subject: RuleSubject
    /// What must hold for the rule to apply; nil when it always does.
    public let condition: ConditionID?
    /// The number of the file it was read from, as it was added, 0...255.
    public let source: Int
    /// The line of the source it was read from, 1-based; 0 when it has none.
    public let line: Int
}

/// Answers one question, and says which rule did.
public struct Decision: Sendable, Hashable {
    /// True when the deciding rule allows; false when it denies, when nothing matched, and when the answer is
    /// undetermined.
    public let allowed: Bool
    /// The index of the rule that decided; nil when no rule matched. When the answer is undetermined: the weightiest
    /// rule that would decide otherwise than the rules known to apply, were its condition to hold.
    public let rule: Int?
    /// True when conditions that are unknown can change the answer.
    public let isUndetermined: Bool

    init(allowed: Bool, rule: Int?, isUndetermined: Bool = false) {
        self.allowed = allowed
        self.rule = rule
        self.isUndetermined = isUndetermined
    }

    /// The answer when nothing matches.
    public static let noMatch = Decision(allowed: false, rule: nil)
}

/// Carries the user a question is about: an id of one rule set, two words, nothing to retain.
public struct Principal: Sendable, Hashable {
    /// The user's id in the rule set that made the principal.
    public let user: UserID
}

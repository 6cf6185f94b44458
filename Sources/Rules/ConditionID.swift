/// Numbers a condition of rules; what it means is its caller's business.
///
/// Conditions of one number are one condition: they hold or fail together.
public struct ConditionID: Sendable, Hashable, BitwiseCopyable {
    /// The number the caller gave, in 0 ..< 2^30.
    public let rawValue: UInt32

    /// Wraps the caller's number, in 0 ..< 2^30.
    public init(rawValue: UInt32) {
        precondition(rawValue < 1 << 30, "conditions are numbered below 2^30")
        self.rawValue = rawValue
    }

    /// The form kept with a rule: the number + 1; 0 is no condition.
    init?(stored: UInt32) {
        if stored == 0 { return nil }
        rawValue = stored - 1
    }

    static func stored(_ condition: ConditionID?) -> UInt32 { condition.map { $0.rawValue + 1 } ?? 0 }
}

/// Says what is known about a condition when a question is asked.
public enum ConditionTruth: UInt8, Sendable, BitwiseCopyable {
    /// The rule applies.
    case holds
    /// The rule does not apply.
    case fails
    /// What the condition speaks about is not known yet.
    case unknown
}

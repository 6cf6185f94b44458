/// Says how a question was decided, and which rules were considered and lost.
public struct Explanation: Sendable, Hashable {
    /// Why a rule whose pattern matches did not decide. The first of these that is true counts.
    public enum Loss: Sendable, Hashable {
        /// The rule does not speak about the asked action.
        case otherAction
        /// A more specific pattern decides.
        case lessSpecific
        /// A deny of equal specificity beats this allow.
        case denied
        /// An earlier rule of equal weight says the same.
        case later
        /// The rule would have decided, but its condition fails.
        case conditionFails
        /// The rule might have decided, but its condition cannot be known.
        case conditionUnknown
    }

    /// The answer, the same as `decide` gives.
    public let decision: Decision
    /// The rules for this user whose pattern matches, without the deciding one, in order of addition.
    public let lost: [(rule: Rule, why: Loss)]

    /// Compares what was decided and why.
    public static func == (left: Explanation, right: Explanation) -> Bool {
        left.decision == right.decision && left.lost.elementsEqual(right.lost, by: ==)
    }

    /// Hashes what was decided and why.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(decision)
        for (rule, why) in lost {
            hasher.combine(rule)
            hasher.combine(why)
        }
    }
}

extension RuleSet {
    /// Decides like `decide`, and lists the rules that lost. The cost grows with the number of rules: for people.
    public func explain(
        _ principal: Principal, _ action: ObjectAction, _ name: Span<UInt8>,
        conditions: (ConditionID) -> ConditionTruth = { _ in .unknown }
    ) -> Explanation {
        let decision = decide(principal, action, name, conditions: conditions)
        guard name.count <= ObjectPattern.maximumLength, principal.user.position < users.count else {
            return Explanation(decision: decision, lost: [])
        }
        var sink = MatchSink()
        name.withBytes { walk($0, principal, &sink) }
        let matched = sink.patterns
        let subjects = Set(
            [SubjectKey(.everybody).raw, SubjectKey(.user(principal.user)).raw]
                + (groups(of: principal) + roles(of: principal)).map { SubjectKey(.group($0)).raw })
        let winner = decision.rule.map(weight) ?? RuleWeight()
        let lost = (0..<rules.count).compactMap { index -> (rule: Rule, why: Explanation.Loss)? in
            let rule = rules[index]
            guard index != decision.rule, subjects.contains(rule.subject), matched.contains(rule.pattern) else {
                return nil
            }
            let speaks = rule.actions & action.asSet.rawValue != 0
            return (self.rule(index), speaks ? loss(index, to: winner, conditions) : .otherAction)
        }
        return Explanation(decision: decision, lost: lost)
    }

    func weight(_ rule: Int) -> RuleWeight {
        let base = patterns[Int(rules[rule].pattern)].priority
        return RuleWeight(priority: base | UInt32(rules[rule].effect.rawValue), rule: UInt32(rule))
    }

    private func loss(
        _ rule: Int, to winner: RuleWeight, _ conditions: (ConditionID) -> ConditionTruth
    ) -> Explanation.Loss {
        let weight = weight(rule)
        if winner > weight {
            if winner.priority | 1 != weight.priority | 1 { return .lessSpecific }
            return winner.priority == weight.priority ? .later : .denied
        }
        // A heavier rule that applied would have decided.
        let truth = ConditionID(stored: rules[rule].condition).map(conditions)
        return truth == .fails ? .conditionFails : .conditionUnknown
    }
}

/// Collects every matching pattern.
struct MatchSink: PatternSink {
    var patterns: Set<UInt32> = []

    mutating func hit(_ pattern: UInt32) { patterns.insert(pattern) }

    mutating func reset() { patterns = [] }
}

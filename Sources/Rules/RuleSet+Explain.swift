/// Says how a question was decided, and which rules were considered and lost.
public struct Explanation: Sendable, Hashable {
    /// Why a rule whose pattern matches did not decide.
    public enum Loss: Sendable, Hashable {
        /// A more specific pattern matches.
        case lessSpecific
        /// A deny of equal specificity beats this allow.
        case denied
        /// An earlier rule of equal weight says the same.
        case later
        /// The rule does not speak about the asked action.
        case otherAction
    }

    /// The answer, the same as `decide` gives.
    public let decision: Decision
    /// The rules for this user whose pattern matches, without the deciding one, in order of addition.
    public let lost: [(rule: Rule, why: Loss)]

    public static func == (left: Explanation, right: Explanation) -> Bool {
        left.decision == right.decision && left.lost.elementsEqual(right.lost, by: ==)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(decision)
        for (rule, why) in lost {
            hasher.combine(rule)
            hasher.combine(why)
        }
    }
}

extension RuleSet {
    /// Decides like `decide`, and lists the rules that lost. Costs in proportion to the number of rules: for people.
    public func explain(_ principal: Principal, _ action: ObjectAction, _ name: Span<UInt8>) -> Explanation {
        let decision = decide(principal, action, name)
        guard name.count <= ObjectPattern.maximumLength, principal.user.position < users.count else {
            return Explanation(decision: decision, lost: [])
        }
        let matched = name.withBytes { walk($0, principal, MatchSink()) }.patterns
        let subjects = Set(
            [SubjectKey(.everybody).raw, SubjectKey(.user(principal.user)).raw]
                + groups(of: principal).map { SubjectKey(.group($0)).raw })
        let lost = (0..<rules.count).compactMap { index -> (rule: Rule, why: Explanation.Loss)? in
            let rule = rules[index]
            guard index != decision.rule, subjects.contains(rule.subject), matched.contains(rule.pattern) else {
                return nil
            }
            return (self.rule(index), loss(rule, to: decision, action))
        }
        return Explanation(decision: decision, lost: lost)
    }

    private func loss(_ rule: CompiledRule, to decision: Decision, _ action: ObjectAction) -> Explanation.Loss {
        guard rule.actions & action.asSet.rawValue != 0, let winner = decision.rule else { return .otherAction }
        let won = rules[winner]
        if priorities[Int(rule.pattern)] < priorities[Int(won.pattern)] { return .lessSpecific }
        return rule.effect == won.effect ? .later : .denied
    }
}

/// Collects every matching pattern.
struct MatchSink: PatternSink {
    var patterns: Set<UInt32> = []

    mutating func hit(_ pattern: UInt32) { patterns.insert(pattern) }
}

/// Weighs a rule that matches: the more specific pattern, then deny, then the earlier rule.
struct RuleWeight: BitwiseCopyable {
    /// Twice the rank of the pattern's specificity, plus one for deny; 0 when there is no rule.
    var priority: UInt32 = 0
    var rule: UInt32 = 0

    @inline(__always)
    static func > (left: RuleWeight, right: RuleWeight) -> Bool {
        left.priority > right.priority || (left.priority == right.priority && left.rule < right.rule)
    }

    /// What the rule answers; without a rule, no.
    var allows: Bool { priority > 0 && priority & 1 == 0 }
}

/// Picks among the rules that match.
protocol RuleJudge {
    /// The weightiest rule known to apply.
    var best: RuleWeight { get }
    /// Takes a rule heavier than `best`.
    mutating func consider(_ weight: RuleWeight, _ rule: CompiledRule)
}

/// Judges rules that have no conditions.
struct UnconditionalJudge: RuleJudge, BitwiseCopyable {
    var best = RuleWeight()

    @inline(__always)
    mutating func consider(_ weight: RuleWeight, _ rule: CompiledRule) { best = weight }
}

/// Judges rules some of whose conditions may be unknown.
struct ConditionalJudge: RuleJudge {
    let truth: (ConditionID) -> ConditionTruth
    var best = RuleWeight()
    /// For each unknown condition, the weightiest rule with it.
    private var unknown: [ConditionID: RuleWeight] = [:]

    init(truth: @escaping (ConditionID) -> ConditionTruth) { self.truth = truth }

    mutating func consider(_ weight: RuleWeight, _ rule: CompiledRule) {
        guard let condition = ConditionID(stored: rule.condition) else {
            best = weight
            return
        }
        switch truth(condition) {
        case .holds: best = weight
        case .fails: break
        case .unknown: if weight > unknown[condition, default: RuleWeight()] { unknown[condition] = weight }
        }
    }

    /// See ``RuleSet/decide(_:_:_:conditions:)`` for why the weightiest rule of each condition is enough.
    var decision: Decision {
        var turning = best
        for weight in unknown.values where weight.allows != best.allows && weight > turning { turning = weight }
        if turning > best { return Decision(allowed: false, rule: Int(turning.rule), isUndetermined: true) }
        return best.priority == 0 ? .noMatch : Decision(allowed: best.allows, rule: Int(best.rule))
    }
}

/// Looks up the rules of one user for the patterns that match, and hands them to a judge.
struct RuleSink<Judge: RuleJudge>: PatternSink {
    let priorities: UnsafePointer<UInt32>
    let entries: UnsafePointer<RuleEntry>
    let rules: UnsafePointer<CompiledRule>
    let own: Section
    let sections: UnsafePointer<Section>
    let sectionCount: Int
    let action: UInt8
    var judge: Judge

    @inline(__always)
    mutating func hit(_ pattern: UInt32) {
        // SAFETY: patterns of the trie are numbered below the count of priorities.
        let base = priorities[Int(pattern)]
        if base | 1 < judge.best.priority { return }
        if own.size != 0 { look(own, pattern, base) }
        var index = 0
        while index < sectionCount {
            // SAFETY: below the count that came with the pointer.
            look(sections[index], pattern, base)
            index &+= 1
        }
    }

    @inline(__always)
    private mutating func look(_ section: Section, _ pattern: UInt32, _ base: UInt32) {
        guard let slot = section.slot(of: pattern &+ 1, in: entries) else { return }
        // SAFETY: a slot of a section lies inside the entries.
        let entry = entries[slot]
        if entry.pattern == 0 { return }
        var index = entry.rule
        while true {
            // SAFETY: entries and chains hold indices of rules.
            let candidate = rules[Int(index)]
            if candidate.actions & action != 0 {
                let weight = RuleWeight(priority: base | UInt32(candidate.effect.rawValue), rule: index)
                if weight > judge.best { judge.consider(weight, candidate) }
            }
            if candidate.next == 0 { return }
            index = candidate.next &- 1
        }
    }
}

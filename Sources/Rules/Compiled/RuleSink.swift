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
    /// Takes a rule heavier than `best`; condition: as `ConditionID.stored`.
    mutating func consider(_ weight: RuleWeight, condition: UInt32)
    /// Forgets every rule.
    mutating func reset()
}

/// Judges rules that have no conditions.
struct UnconditionalJudge: RuleJudge, BitwiseCopyable {
    var best = RuleWeight()

    @inline(__always)
    mutating func consider(_ weight: RuleWeight, condition: UInt32) { best = weight }

    mutating func reset() { best = RuleWeight() }
}

/// Judges rules some of whose conditions may be unknown.
struct ConditionalJudge: RuleJudge {
    let truth: (ConditionID) -> ConditionTruth
    var best = RuleWeight()
    /// For each unknown condition, the weightiest rule with it.
    private var unknown: [ConditionID: RuleWeight] = [:]

    init(truth: @escaping (ConditionID) -> ConditionTruth) { self.truth = truth }

    mutating func consider(_ weight: RuleWeight, condition: UInt32) {
        guard let condition = ConditionID(stored: condition) else {
            best = weight
            return
        }
        switch truth(condition) {
        case .holds: best = weight
        case .fails: break
        case .unknown: if weight > unknown[condition, default: RuleWeight()] { unknown[condition] = weight }
        }
    }

    mutating func reset() {
        best = RuleWeight()
        unknown = [:]
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
    let patterns: UnsafePointer<PatternEntry>
    let subjects: UnsafePointer<SubjectEntry>
    let entries: UnsafePointer<RuleEntry>
    let rules: UnsafePointer<CompiledRule>
    /// The user, as in `SubjectKey`.
    let user: UInt32
    let own: Section
    let groups: UnsafePointer<UInt32>
    let groupCount: Int
    let sections: UnsafePointer<Section>
    let sectionCount: Int
    let action: UInt8
    var judge: Judge

    @inline(__always)
    mutating func hit(_ pattern: UInt32) {
        // SAFETY: patterns of the trie are numbered below the count of entries.
        let entry = patterns[Int(pattern)]
        if entry.priority | 1 < judge.best.priority { return }
        if entry.count == 1 {
            if binds(entry.first.subject) { weigh(entry.first.rule, entry.priority) }
            return
        }
        if entry.count <= PatternEntry.longestList { return lookThroughList(entry) }
        if own.size != 0 { look(own, pattern, entry.priority) }
        var index = 0
        while index < sectionCount {
            // SAFETY: below the count that came with the pointer.
            look(sections[index], pattern, entry.priority)
            index &+= 1
        }
    }

    @inline(__always)
    private mutating func lookThroughList(_ entry: PatternEntry) {
        var index = Int(entry.first.subject)
        let end = index &+ Int(entry.count)
        while index < end {
            // SAFETY: a list lies inside the subjects.
            let subject = subjects[index]
            if binds(subject.subject) { weigh(subject.rule, entry.priority) }
            index &+= 1
        }
    }

    mutating func reset() { judge.reset() }

    /// Says whether a subject is everybody, the user or a group of the user.
    @inline(__always)
    private func binds(_ subject: UInt32) -> Bool {
        if subject == 0 || subject == user { return true }
        var index = 0
        while index < groupCount {
            // SAFETY: below the count that came with the pointer.
            if SubjectKey.group(groups[index]) == subject { return true }
            index &+= 1
        }
        return false
    }

    @inline(__always)
    private mutating func look(_ section: Section, _ pattern: UInt32, _ priority: UInt32) {
        guard let slot = section.slot(of: pattern &+ 1, in: entries) else { return }
        // SAFETY: a slot of a section lies inside the entries.
        let entry = entries[slot]
        if entry.pattern != 0 { weigh(entry.rule, priority) }
    }

    @inline(__always)
    private mutating func weigh(_ rule: RuleWord, _ priority: UInt32) {
        if !rule.isPlain { return weighChain(rule.index, priority) }
        guard rule.actions & action != 0 else { return }
        let weight = RuleWeight(priority: priority | rule.effect, rule: rule.index)
        if weight > judge.best { judge.consider(weight, condition: 0) }
    }

    private mutating func weighChain(_ first: UInt32, _ priority: UInt32) {
        var index = first
        while true {
            // SAFETY: entries and chains hold indices of rules.
            let rule = rules[Int(index)]
            let weight = RuleWeight(priority: priority | UInt32(rule.effect.rawValue), rule: index)
            if rule.actions & action != 0, weight > judge.best { judge.consider(weight, condition: rule.condition) }
            if rule.next == 0 { return }
            index = rule.next &- 1
        }
    }
}

/// Stores one rule.
struct CompiledRule: BitwiseCopyable {
    /// The pattern's number in the trie.
    let pattern: UInt32
    /// The pattern as written.
    let text: UInt32
    let subject: UInt32
    let line: UInt32
    /// The condition, as `ConditionID.stored`.
    var condition: UInt32
    /// The next rule of the same subject and pattern that matters, as index + 1; 0 ends the chain.
    var next: UInt32
    let actions: UInt8
    let effect: RuleEffect
    /// The number of the file the rule was read from.
    let source: UInt8
}

/// Packs a rule's subject into one word: the kind in the upper two bits.
struct SubjectKey {
    let raw: UInt32

    init(_ subject: RuleSubject) {
        switch subject {
        case .everybody: raw = 0
        case .group(let id): raw = Self.group(id.index)
        case .user(let id): raw = 2 << 30 | id.index
        }
    }

    init(raw: UInt32) { self.raw = raw }

    @inline(__always)
    static func group(_ index: UInt32) -> UInt32 { 1 &<< 30 | index }

    var subject: RuleSubject {
        let index = raw & (1 << 30 - 1)
        switch raw >> 30 {
        case 1: return .group(GroupID(index: index))
        case 2: return .user(UserID(index: index))
        default: return .everybody
        }
    }

    /// The position in the order everybody, groups, users.
    func position(groups: Int) -> Int {
        switch subject {
        case .everybody: 0
        case .group(let id): 1 + Int(id.index)
        case .user(let id): 1 + groups + Int(id.index)
        }
    }
}

/// Holds what a check needs of a rule in one word, and the rule's index, below 2^27.
struct RuleWord: BitwiseCopyable {
    private let raw: UInt32

    static let maximumCount = 1 << 27

    init(_ rule: CompiledRule, at index: UInt32) {
        let isPlain = rule.next == 0 && rule.condition == 0
        raw = index << 5 | (isPlain ? 0 : 16) | UInt32(rule.effect.rawValue) << 3 | UInt32(rule.actions & 7)
    }

    init() { raw = 0 }

    var index: UInt32 { raw &>> 5 }
    /// True when the rule has neither a condition nor a successor.
    var isPlain: Bool { raw & 16 == 0 }
    /// 1 for deny.
    var effect: UInt32 { raw &>> 3 & 1 }
    var actions: UInt8 { UInt8(truncatingIfNeeded: raw & 7) }
}

/// Leads from a pattern to the first rule of one subject for it.
struct RuleEntry: BitwiseCopyable {
    /// The pattern's number + 1; 0 marks a free slot.
    var pattern: UInt32 = 0
    var rule = RuleWord()
}

/// Leads from one of the few subjects of a pattern to its first rule.
struct SubjectEntry: BitwiseCopyable {
    /// As in `SubjectKey`.
    var subject: UInt32
    var rule: RuleWord
}

/// Leads from a pattern to its rules: four fill a cache line.
struct PatternEntry: BitwiseCopyable {
    /// Twice the rank of the pattern's specificity, at least 2.
    var priority: UInt32 = 0
    /// How many subjects the pattern's rules bind, up to `longestList`; more are found by way of the sections.
    var count: UInt32 = 0
    /// The subject when it is one; else where the list of subjects begins.
    var first = SubjectEntry(subject: 0, rule: RuleWord())

    /// As many as fill a cache line.
    static let longestList = 8
}

/// Says where one subject's entries lie: up to eight as a list, more as a hash table of a power of two.
struct Section: BitwiseCopyable {
    var start: UInt32 = 0
    var size: UInt32 = 0

    static let longestList = 8

    static func size(entries: Int) -> Int {
        if entries <= longestList { return entries }
        var size = 16
        while size < entries * 2 { size *= 2 }
        return size
    }

    /// Finds the slot of a pattern's entry: the entry itself, or the free slot it would take; nil when a list is full.
    @inline(__always)
    func slot(of pattern: UInt32, in entries: UnsafePointer<RuleEntry>) -> Int? {
        let size = Int(self.size)
        let first = Int(start)
        if size <= Self.longestList {
            var index = first
            while index < first &+ size {
                // SAFETY: a section lies inside the entries.
                let found = entries[index].pattern
                if found == pattern || found == 0 { return index }
                index &+= 1
            }
            return nil
        }
        var slot = Int((pattern &* 0x9E37_79B1) &>> 7) & (size &- 1)
        while true {
            // SAFETY: as above; the mask keeps the slot inside, and a table is at most half full.
            let found = entries[first &+ slot].pattern
            if found == pattern || found == 0 { return first &+ slot }
            slot = (slot &+ 1) & (size &- 1)
        }
    }
}

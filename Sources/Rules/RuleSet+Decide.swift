extension RuleSet {
    /// Decides whether the user may do `action` to the object `name`.
    ///
    /// principal: made by this rule set. name: absolute, UTF-8, 1...4095 bytes; a malformed one is denied.
    public func decide(_ principal: Principal, _ action: ObjectAction, _ name: Span<UInt8>) -> Decision {
        guard name.count <= ObjectPattern.maximumLength, principal.user.position < users.count else { return .noMatch }
        let list = lists[Int(userLists[principal.user.position])]
        let sink = DecideSink(
            priorities: UnsafePointer(priorities.base), entries: UnsafePointer(entries.base),
            rules: UnsafePointer(rules.base), own: userSections[principal.user.position],
            // SAFETY: the list's sections lie inside `listSections`; the set outlives the call.
            sections: UnsafePointer(listSections.base + Int(list.firstSection)),
            sectionCount: Int(list.sectionCount), action: action.asSet.rawValue)
        let found = name.withBytes { walk($0, principal, sink) }
        guard found.priority > 0 else { return .noMatch }
        return Decision(allowed: found.priority & 1 == 0, rule: Int(found.rule))
    }

    /// Walks a name for a user, with more room each time that there was too little.
    func walk<Sink: PatternSink>(_ name: Bytes, _ principal: Principal, _ sink: Sink) -> Sink {
        let list = lists[Int(userLists[principal.user.position])]
        let subject = WalkSubject(
            user: users.view(principal.user.position),
            // SAFETY: the list's groups lie inside `listGroups`; the set outlives the walk.
            groups: UnsafePointer(listGroups.base + Int(list.firstGroup)), groupCount: Int(list.groupCount))
        var capacity = 40
        while true {
            if let found = attempt(name, subject, sink, capacity: capacity) { return found }
            capacity *= 4
        }
    }

    @inline(__always)
    private func attempt<Sink: PatternSink>(
        _ name: Bytes, _ subject: WalkSubject, _ sink: Sink, capacity: Int
    ) -> Sink? {
        // 960 bytes at first: on the stack.
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: capacity * 3) { scratch in
            guard let base = scratch.baseAddress else { return nil }
            // SAFETY: three lists of `capacity` words; written before they are read; gone with the walk.
            var walk = PatternWalk(
                automaton: PatternAutomaton(trie), subject: subject, groupName: { self.groups.view(Int($0)) },
                name: name, capacity: capacity, current: base, next: base + capacity, deeps: base + capacity * 2,
                sink: sink)
            switch walk.run() {
            case .complete: return walk.sink
            case .malformed: return sink
            case .overflow: return nil
            }
        }
    }
}

/// Keeps the rule of highest priority: the more specific pattern, then deny, then the earlier rule.
struct DecideSink: PatternSink, BitwiseCopyable {
    let priorities: UnsafePointer<UInt32>
    let entries: UnsafePointer<RuleEntry>
    let rules: UnsafePointer<CompiledRule>
    let own: Section
    let sections: UnsafePointer<Section>
    let sectionCount: Int
    let action: UInt8
    /// Twice the rank, plus one for deny; 0 when nothing matched yet.
    var priority: UInt32 = 0
    var rule: UInt32 = 0

    @inline(__always)
    mutating func hit(_ pattern: UInt32) {
        // SAFETY: patterns of the trie are numbered below the count of priorities.
        let base = priorities[Int(pattern)]
        if base | 1 < priority { return }
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
            if candidate.actions & action != 0 { consider(index, base | UInt32(candidate.effect.rawValue)) }
            if candidate.next == 0 { return }
            index = candidate.next &- 1
        }
    }

    @inline(__always)
    private mutating func consider(_ index: UInt32, _ candidate: UInt32) {
        if candidate > priority || (candidate == priority && index < rule) {
            priority = candidate
            rule = index
        }
    }
}

extension RuleSet {
    /// Decides whether the user may do `action` to the object `name`, as if no condition were known.
    ///
    /// principal: made by this rule set. name: absolute, UTF-8, 1...4095 bytes; a malformed one is denied.
    public func decide(_ principal: Principal, _ action: ObjectAction, _ name: Span<UInt8>) -> Decision {
        if hasConditions { return decide(principal, action, name) { _ in .unknown } }
        let found = judge(principal, action, name, UnconditionalJudge()).best
        guard found.priority > 0 else { return .noMatch }
        return Decision(allowed: found.allows, rule: Int(found.rule))
    }

    /// Decides with conditions: a rule whose condition fails does not match.
    ///
    /// The answer is undetermined exactly when some conditions are unknown, and at least two of the ways in which these
    /// can hold or fail (each on its own, but one for all the rules it is given for) lead to different answers. That is
    /// so when there is an unknown condition such that the weightiest rule with it, more specific than the deciding
    /// rule of those known to apply or as specific and a deny, answers otherwise than that; other unknown conditions
    /// need not be regarded, since they may fail. A determined answer may still have been given by a rule other than
    /// the one named, one whose condition is unknown and which answers the same.
    ///
    /// principal, name: as above. conditions: what is known; asked only about rules that could decide, any number of
    /// times, and must say the same each time. Allocates nothing unless a condition is unknown.
    public func decide(
        _ principal: Principal, _ action: ObjectAction, _ name: Span<UInt8>,
        conditions: (ConditionID) -> ConditionTruth
    ) -> Decision {
        guard hasConditions else { return decide(principal, action, name) }
        return withoutActuallyEscaping(conditions) { truth in
            judge(principal, action, name, ConditionalJudge(truth: truth)).decision
        }
    }

    @inline(__always)
    private func judge<Judge: RuleJudge>(
        _ principal: Principal, _ action: ObjectAction, _ name: Span<UInt8>, _ judge: Judge
    ) -> Judge {
        guard name.count <= ObjectPattern.maximumLength, principal.user.position < users.count else { return judge }
        let user = userRules[principal.user.position]
        let list = lists[Int(user.list)]
        var sink = RuleSink(
            patterns: UnsafePointer(patterns.base), subjects: UnsafePointer(tables.lists.base),
            entries: UnsafePointer(tables.entries.base),
            rules: UnsafePointer(rules.base), user: SubjectKey(.user(principal.user)).raw,
            own: user.own,
            // SAFETY: the list's groups and sections lie inside their tables; the set outlives the call.
            groups: UnsafePointer(listGroups.base + Int(list.firstGroup)),
            groupCount: Int(list.groupCount &+ list.roleCount),
            sections: UnsafePointer(listSections.base + Int(list.firstSection)),
            sectionCount: Int(list.sectionCount), action: action.asSet.rawValue, judge: judge)
        name.withBytes { walk($0, principal, &sink) }
        return sink.judge
    }

    /// Walks a name for a user, with more room each time that there was too little.
    @inline(__always)
    func walk<Sink: PatternSink>(_ name: Bytes, _ principal: Principal, _ sink: inout Sink) {
        let list = lists[Int(userRules[principal.user.position].list)]
        let subject = WalkSubject(
            user: users.view(principal.user.position),
            // SAFETY: the list's groups lie inside `listGroups`; the set outlives the walk.
            groups: UnsafePointer(listGroups.base + Int(list.firstGroup)), groupCount: Int(list.groupCount),
            groupNames: groups.lent)
        var capacity = 40
        while attempt(name, subject, &sink, capacity: capacity) == .overflow {
            sink.reset()
            capacity *= 4
        }
    }

    @inline(__always)
    private func attempt<Sink: PatternSink>(
        _ name: Bytes, _ subject: WalkSubject, _ sink: inout Sink, capacity: Int
    ) -> PatternWalk<Sink>.Ending {
        // 960 bytes at first: on the stack.
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: capacity * 3) { scratch in
            guard let base = scratch.baseAddress else { return .malformed }
            // SAFETY: three lists of `capacity` words; written before they are read; gone with the walk.
            var walk = PatternWalk<Sink>(
                automaton: PatternAutomaton(trie), subject: subject,
                name: name, capacity: capacity, current: base, next: base + capacity, deeps: base + capacity * 2)
            let ending = walk.run(&sink)
            if ending == .malformed { sink.reset() }
            return ending
        }
    }
}

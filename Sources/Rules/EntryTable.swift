/// Sorts the rules by subject and pattern into the sections that checks look into.
struct EntryTable: ~Copyable {
    /// In the order everybody, groups, users.
    private(set) var sections: Flat<Section>
    private var entries: Flat<RuleEntry>
    private let groupCount: Int

    init(builder: borrowing RuleSetBuilder) {
        groupCount = builder.groups.count
        let subjects = 1 + groupCount + builder.users.count
        sections = Flat(repeating: Section(), count: subjects)
        for index in 0..<builder.rules.count {
            sections[SubjectKey(raw: builder.rules[index].subject).position(groups: groupCount)].size += 1
        }
        var total = 0
        for subject in 0..<subjects {
            let size = Section.size(rules: Int(sections[subject].size))
            sections[subject] = Section(start: UInt32(total), size: UInt32(size))
            total += size
        }
        entries = Flat(repeating: RuleEntry(), count: total)
    }

    /// Enters every rule, in order, and chains those of one subject and pattern.
    mutating func fill(_ rules: inout Flat<CompiledRule>) {
        for index in 0..<rules.count {
            let rule = rules[index]
            guard rule.actions != 0 else { continue }
            let section = sections[SubjectKey(raw: rule.subject).position(groups: groupCount)]
            guard let slot = section.slot(of: rule.pattern + 1, in: UnsafePointer(entries.base)) else { continue }
            let head = entries[slot].pattern == 0 ? 0 : entries[slot].rule + 1
            let first = Self.chain(UInt32(index), into: head, &rules)
            entries[slot] = RuleEntry(pattern: rule.pattern + 1, rule: first - 1)
        }
    }

    /// Hands the entries over; the table is empty afterwards.
    mutating func takeEntries() -> Flat<RuleEntry> {
        var taken = Flat<RuleEntry>()
        swap(&taken, &entries)
        return taken
    }

    /// Puts a rule into a chain unless earlier rules that have no condition say the same already; returns the head.
    ///
    /// Rules without a condition come first, six at most, so that a long chain of conditions costs no time to extend.
    private static func chain(_ index: UInt32, into head: UInt32, _ rules: inout Flat<CompiledRule>) -> UInt32 {
        let rule = rules[Int(index)]
        var last: Int?
        var covered: UInt8 = 0
        var link = head
        while link != 0, rules[Int(link) - 1].condition == 0 {
            let earlier = Int(link) - 1
            if rules[earlier].effect == rule.effect { covered |= rules[earlier].actions }
            last = earlier
            link = rules[earlier].next
        }
        guard rule.actions & ~covered != 0 else { return head }
        rules[Int(index)].next = link
        guard let last else { return index + 1 }
        rules[last].next = index + 1
        return head
    }
}

/// Follows nested groups up to all that a member belongs to.
struct GroupClosure {
    let parents: [[UInt32]]

    /// Returns the groups and all they are members of, directly or not, sorted. Cycles end.
    func ancestors(of groups: [UInt32]) -> [UInt32] {
        var found = Set(groups)
        var open = groups
        while let group = open.popLast() {
            for parent in parents[Int(group)] where found.insert(parent).inserted { open.append(parent) }
        }
        return found.sorted()
    }
}

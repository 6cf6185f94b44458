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
            let section = sections[SubjectKey(raw: rule.subject).position(groups: groupCount)]
            guard let slot = section.slot(of: rule.pattern + 1, in: UnsafePointer(entries.base)) else { continue }
            if entries[slot].pattern == 0 {
                entries[slot] = RuleEntry(pattern: rule.pattern + 1, rule: UInt32(index))
            } else {
                Self.chain(UInt32(index), after: entries[slot].rule, &rules)
            }
        }
    }

    /// Hands the entries over; the table is empty afterwards.
    mutating func takeEntries() -> Flat<RuleEntry> {
        var taken = Flat<RuleEntry>()
        swap(&taken, &entries)
        return taken
    }

    /// Appends a rule to a chain unless earlier rules of the same effect cover its actions already: a chain has six at
    /// most.
    private static func chain(_ index: UInt32, after head: UInt32, _ rules: inout Flat<CompiledRule>) {
        let rule = rules[Int(index)]
        var last = Int(head)
        var covered: UInt8 = 0
        while true {
            if rules[last].effect == rule.effect { covered |= rules[last].actions }
            if rules[last].next == 0 { break }
            last = Int(rules[last].next) - 1
        }
        if rule.actions & ~covered != 0 { rules[last].next = index + 1 }
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

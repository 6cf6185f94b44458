/// Sorts the rules by pattern and subject into the entries that checks look into.
///
/// Patterns that bind one subject, as most of many do, name it themselves, and those that bind a few have a list; only
/// entries of the others are in sections.
struct EntryTable: ~Copyable {
    private(set) var lists = Flat<SubjectEntry>()
    /// In the order everybody, groups, users.
    private(set) var sections: Flat<Section>
    private var entries = Flat<RuleEntry>()

    /// Chains the rules of one subject and pattern, and completes the entries of `patterns`.
    init(
        _ rules: inout Flat<CompiledRule>, patterns: inout Flat<PatternEntry>, groups: Int, users: Int
    ) {
        sections = Flat(repeating: Section(), count: 1 + groups + users)
        // The entries of patterns that bind many subjects, with the positions of these.
        var pending = Flat<RuleEntry>()
        var positions = Flat<UInt32>()
        var found = Flat<SubjectEntry>()
        var order = Self.orderedByPattern(rules, patternCount: patterns.count)
        var start = 0
        while start < order.count {
            let pattern = rules[Int(order[start])].pattern
            start = Self.collect(pattern, from: start, &order, &rules, into: &found)
            if found.count <= PatternEntry.longestList {
                patterns[Int(pattern)].count = UInt32(found.count)
                patterns[Int(pattern)].first = found.count == 1 ? found[0] : list(found)
                continue
            }
            patterns[Int(pattern)].count = UInt32.max
            for index in 0..<found.count {
                let position = SubjectKey(raw: found[index].subject).position(groups: groups)
                pending.append(RuleEntry(pattern: pattern + 1, rule: found[index].rule))
                positions.append(UInt32(position))
                sections[position].size += 1
            }
        }
        layOut()
        for index in 0..<pending.count { place(pending[index], in: sections[Int(positions[index])]) }
    }

    /// Chains the rules of one pattern, which begin at `start`, and puts one entry for each subject into `found`;
    /// returns where the next pattern's begin.
    private static func collect(
        _ pattern: UInt32, from start: Int, _ order: inout Flat<UInt32>, _ rules: inout Flat<CompiledRule>,
        into found: inout Flat<SubjectEntry>
    ) -> Int {
        var end = start
        while end < order.count, rules[Int(order[end])].pattern == pattern { end += 1 }
        order.sort(start..<end) { (rules[Int($0)].subject, $0) < (rules[Int($1)].subject, $1) }
        found.removeAll()
        var next = start
        while next < end {
            let subject = rules[Int(order[next])].subject
            var head: UInt32 = 0
            while next < end, rules[Int(order[next])].subject == subject {
                head = chain(order[next], into: head, &rules)
                next += 1
            }
            found.append(SubjectEntry(subject: subject, rule: RuleWord(rules[Int(head) - 1], at: head - 1)))
        }
        return end
    }

    /// Appends a list, within one cache line; returns where it begins.
    private mutating func list(_ found: borrowing Flat<SubjectEntry>) -> SubjectEntry {
        let free = SubjectEntry(subject: UInt32.max, rule: RuleWord())
        let line = PatternEntry.longestList
        if lists.count % line + found.count > line {
            while lists.count % line != 0 { lists.append(free) }
        }
        let start = lists.count
        for index in 0..<found.count { lists.append(found[index]) }
        return SubjectEntry(subject: UInt32(start), rule: RuleWord())
    }

    /// Makes room for as many entries as the sections have for sizes.
    private mutating func layOut() {
        var total = 0
        for subject in 0..<sections.count {
            let size = Section.size(entries: Int(sections[subject].size))
            sections[subject] = Section(start: UInt32(total), size: UInt32(size))
            total += size
        }
        entries = Flat(repeating: RuleEntry(), count: total)
    }

    private mutating func place(_ entry: RuleEntry, in section: Section) {
        if let slot = section.slot(of: entry.pattern, in: UnsafePointer(entries.base)) { entries[slot] = entry }
    }

    /// Returns the rules that speak about any action, those of one pattern together.
    private static func orderedByPattern(_ rules: borrowing Flat<CompiledRule>, patternCount: Int) -> Flat<UInt32> {
        var ends = Flat<UInt32>(repeating: 0, count: patternCount + 1)
        var total = 0
        for index in 0..<rules.count where rules[index].actions != 0 {
            ends[Int(rules[index].pattern) + 1] += 1
            total += 1
        }
        for pattern in 0..<patternCount { ends[pattern + 1] += ends[pattern] }
        var order = Flat<UInt32>(repeating: 0, count: total)
        for index in 0..<rules.count where rules[index].actions != 0 {
            let pattern = Int(rules[index].pattern)
            order[Int(ends[pattern])] = UInt32(index)
            ends[pattern] += 1
        }
        return order
    }

    /// Hands the tables over; they are empty afterwards.
    mutating func take() -> EntryTables {
        var tables = EntryTables(lists: Flat(), entries: Flat())
        // A list that has grown lies where `realloc` put it; the copy begins with a cache line.
        tables.lists = Flat(repeating: SubjectEntry(subject: 0, rule: RuleWord()), count: lists.count)
        for index in 0..<lists.count { tables.lists[index] = lists[index] }
        swap(&tables.entries, &entries)
        return tables
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

/// What a check reads of an `EntryTable`.
struct EntryTables: ~Copyable {
    /// The subjects of patterns that bind a few.
    var lists: Flat<SubjectEntry>
    /// Those of patterns that bind many, by section.
    var entries: Flat<RuleEntry>
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

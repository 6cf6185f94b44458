/// Decides who may do what to which object, from rules compiled once; never changes, so any thread may ask at any time.
///
/// A check costs in proportion to the length of the name, the groups and roles of the user, and the few places a
/// name can be in the automaton at once; not to the number of rules, users or patterns. It allocates nothing and
/// touches no reference count. Deciding: among the rules for the user, the user's groups and everybody whose actions
/// hold the asked one and whose pattern matches, the most specific pattern wins (``ObjectPattern``); at equal
/// specificity deny beats allow; nothing matching denies. Whether a rule binds a user, a group or everybody makes no
/// difference.
public final class RuleSet: @unchecked Sendable {
    // Sendable: everything below is written in init alone; afterwards it is only read.
    struct GroupList: BitwiseCopyable {
        var firstSection: UInt32
        var sectionCount: UInt32
        var firstGroup: UInt32
        var groupCount: UInt32
        /// Roles follow the groups.
        var roleCount: UInt32
    }

    struct UserRules: BitwiseCopyable {
        /// The user's own entries.
        let own: Section
        /// The number of the user's list of groups.
        let list: UInt32
    }

    let users: NameTable
    let groups: GroupNames
    let patternTexts: NameTable
    let trie: PatternTrie
    /// What groups and roles are members of; no check needs it.
    let closure: GroupClosure
    let rules: Flat<CompiledRule>
    /// Whether any rule has a condition.
    let hasConditions: Bool
    let patterns: Flat<PatternEntry>
    let tables: EntryTables
    let userRules: Flat<UserRules>
    let lists: Flat<GroupList>
    /// For each list, the entries of everybody and of its groups, those without rules left out.
    let listSections: Flat<Section>
    /// For each list, its groups with all they are members of, sorted, and then its roles, sorted.
    let listGroups: Flat<UInt32>

    init(_ builder: consuming RuleSetBuilder) throws(TooManyMemberships) {
        let closure = GroupClosure(parents: builder.parents)
        let tooMany = TooManyMemberships(written: builder.writtenMemberships)
        var memberships = 0
        let groupCount = builder.groups.count
        var patterns = Self.patterns(shapes: builder.shapes, patterns: builder.patternShapes)
        var table = EntryTable(&builder.rules, patterns: &patterns, groups: groupCount, users: builder.users.count)
        var lists = Flat<GroupList>()
        var sections = Flat<Section>()
        var groups = Flat<UInt32>()
        for list in builder.groupLists {
            let all = closure.ancestors(of: list)
            memberships += all.count
            if memberships > tooMany.limit { throw tooMany }
            let bound = ([0] + all.map { 1 + Int($0) }).map { table.sections[$0] }.filter { $0.size > 0 }
            let roles = all.filter { builder.groups.isRole(Int($0)) }
            lists.append(
                GroupList(
                    firstSection: UInt32(sections.count), sectionCount: UInt32(bound.count),
                    firstGroup: UInt32(groups.count), groupCount: UInt32(all.count - roles.count),
                    roleCount: UInt32(roles.count)))
            for section in bound { sections.append(section) }
            for group in all where !builder.groups.isRole(Int(group)) { groups.append(group) }
            for role in roles { groups.append(role) }
        }
        var userRules = Flat<UserRules>()
        for user in 0..<builder.users.count {
            userRules.append(
                UserRules(own: table.sections[1 + groupCount + user], list: builder.userGroupLists[user]))
        }
        self.closure = closure
        self.patterns = patterns
        self.userRules = userRules
        self.lists = lists
        listSections = sections
        listGroups = groups
        tables = table.take()
        users = builder.users
        self.groups = builder.groups
        patternTexts = builder.patternTexts
        builder.trie.seal()
        trie = builder.trie
        rules = builder.rules
        hasConditions = builder.hasConditions
    }

    private static func patterns(shapes: [[UInt8]], patterns: borrowing Flat<UInt32>) -> Flat<PatternEntry> {
        let order = shapes.indices.sorted { shapes[$0].lexicographicallyPrecedes(shapes[$1]) }
        var rank = [UInt32](repeating: 0, count: shapes.count)
        for (position, shape) in order.enumerated() { rank[shape] = UInt32(position + 1) }
        var entries = Flat(repeating: PatternEntry(), count: patterns.count)
        for pattern in 0..<patterns.count { entries[pattern].priority = rank[Int(patterns[pattern])] * 2 }
        return entries
    }

    /// How many users the set knows.
    public var userCount: Int { users.count }

    /// How many rules it was made from.
    public var ruleCount: Int { rules.count }

    /// Finds a user; nil when the set does not know the name. Allocates nothing.
    @inline(__always)
    public func principal(user name: Span<UInt8>) -> Principal? {
        name.withBytes { users.find($0) }.map { Principal(user: UserID(index: UInt32($0))) }
    }

    /// Copies out a user's name.
    public func name(of user: UserID) -> [UInt8] { users.name(user.position) }

    /// Copies out the name of a group or role.
    public func name(of group: GroupID) -> [UInt8] { groups.view(Int(group.index)).array }

    /// Tells a role from a group.
    public func isRole(_ group: GroupID) -> Bool { groups.isRole(Int(group.index)) }

    /// Lists the groups of a user, those that these are members of included, in order of their numbers.
    public func groups(of principal: Principal) -> [GroupID] {
        let list = lists[Int(userRules[principal.user.position].list)]
        return (0..<Int(list.groupCount)).map { GroupID(index: listGroups[Int(list.firstGroup) + $0]) }
    }

    /// Lists the roles of a user, those of the user's groups and those that these include, in order of their numbers.
    public func roles(of principal: Principal) -> [GroupID] {
        let list = lists[Int(userRules[principal.user.position].list)]
        let first = Int(list.firstGroup + list.groupCount)
        return (0..<Int(list.roleCount)).map { GroupID(index: listGroups[first + $0]) }
    }

    /// Describes a rule. `index` is below ``ruleCount``.
    public func rule(_ index: Int) -> Rule {
        let rule = rules[index]
        return Rule(
            index: index, effect: rule.effect, actions: ObjectActions(rawValue: rule.actions),
            pattern: patternTexts.name(Int(rule.text)), subject: SubjectKey(raw: rule.subject).subject,
            condition: ConditionID(stored: rule.condition), source: Int(rule.source), line: Int(rule.line))
    }

    /// The source line of a rule, 1-based; 0 when it has none. `index` is below ``ruleCount``.
    public func line(ofRule index: Int) -> Int { Int(rules[index].line) }

    /// The number of the file that a rule was read from. `index` is below ``ruleCount``.
    public func source(ofRule index: Int) -> Int { Int(rules[index].source) }
}

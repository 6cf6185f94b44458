/// Collects users, groups and rules, and compiles them once into a ``RuleSet``.
///
/// Bounds: 2^30 users, groups and patterns each; 2^27 rules; 4 GiB of names and patterns each.
public struct RuleSetBuilder: ~Copyable {
    var users = NameTable()
    var userGroupLists = Flat<UInt32>()
    /// Groups and roles.
    var groups = GroupNames()
    /// For each group, the groups whose member it is.
    var parents: [[UInt32]] = []
    /// The distinct lists of groups that users have, sorted.
    var groupLists: [[UInt32]] = [[]]
    private var groupListIndex: [[UInt32]: Int] = [[]: 0]
    /// The patterns as written, numbered; and for each the number in the trie.
    var patternTexts = NameTable()
    private var patternIDs = Flat<UInt32>()
    var shapes: [[UInt8]] = []
    private var shapeIndex: [[UInt8]: Int] = [:]
    /// For each pattern of the trie, its shape.
    var patternShapes = Flat<UInt32>()
    var trie = PatternTrie()
    var rules = Flat<CompiledRule>()
    private(set) var hasConditions = false
    /// The memberships of groups and of the distinct lists, as they were added.
    private(set) var writtenMemberships = 0

    /// Makes an empty builder.
    public init() {}

    /// Numbers a group, which need not have been mentioned before.
    public mutating func group(_ name: Span<UInt8>) -> GroupID { number(name, .group) }

    /// Numbers a role, which need not have been mentioned before.
    ///
    /// Roles have a name space of their own. A role takes part wherever a group does, but `%g` never stands for it.
    public mutating func role(_ name: Span<UInt8>) -> GroupID { number(name, .role) }

    private mutating func number(_ name: Span<UInt8>, _ kind: GroupNames.Kind) -> GroupID {
        let (index, isNew) = groups.insert(name, kind)
        if isNew { parents.append([]) }
        return GroupID(index: UInt32(index))
    }

    /// Makes every member of `group` a member of `parent` too; either may be a role. Cycles make all groups of the
    /// cycle equal.
    public mutating func nest(_ group: GroupID, in parent: GroupID) {
        writtenMemberships += 1
        parents[Int(group.index)].append(parent.index)
    }

    /// Numbers a list of groups that users may have in common; a name may occur twice.
    public mutating func groupList(_ members: [GroupID]) -> GroupListID {
        let key = Array(Set(members.map(\.index))).sorted()
        if let index = groupListIndex[key] { return GroupListID(index: UInt32(index)) }
        writtenMemberships += key.count
        groupLists.append(key)
        groupListIndex[key] = groupLists.count - 1
        return GroupListID(index: UInt32(groupLists.count - 1))
    }

    /// Adds a user; nil when there is one of that name already.
    public mutating func user(_ name: Span<UInt8>, groups: GroupListID) -> UserID? {
        let (index, isNew) = users.insert(name)
        guard isNew else { return nil }
        userGroupLists.append(groups.index)
        return UserID(index: UInt32(index))
    }

    /// Adds a rule; order of addition breaks ties in what is reported, never in what is decided.
    ///
    /// condition: what must hold for the rule to apply. source, line: number of the file, 0...255, and line in it, for
    /// reports. Throws: ``PatternError`` when the pattern cannot be read; nothing is added then.
    @discardableResult
    public mutating func add(
        _ effect: RuleEffect, _ actions: ObjectActions, _ pattern: Span<UInt8>, to subject: RuleSubject,
        when condition: ConditionID? = nil, source: Int = 0, line: Int = 0
    ) throws(PatternError) -> Int {
        precondition(rules.count < RuleWord.maximumCount, "a rule set holds 2^27 rules at most")
        let text = try patternNumber(pattern)
        rules.append(
            CompiledRule(
                pattern: patternIDs[text], text: UInt32(text), subject: SubjectKey(subject).raw,
                line: UInt32(truncatingIfNeeded: line), condition: ConditionID.stored(condition), next: 0,
                actions: actions.rawValue, effect: effect, source: UInt8(truncatingIfNeeded: source)))
        hasConditions = hasConditions || condition != nil
        return rules.count - 1
    }

    /// Puts a rule that was added under a condition, for readers that meet the condition after the rule.
    ///
    /// rule: what ``add(_:_:_:to:when:source:line:)`` returned.
    public mutating func setCondition(_ condition: ConditionID, ofRule rule: Int) {
        rules[rule].condition = ConditionID.stored(condition)
        hasConditions = true
    }

    private mutating func patternNumber(_ pattern: Span<UInt8>) throws(PatternError) -> Int {
        if let known = patternTexts.find(pattern) { return known }
        // Read before it is numbered, so that a pattern that cannot be read leaves no trace.
        let parsed = try ObjectPattern(pattern.withBytes { $0.array })
        patternIDs.append(register(parsed))
        return patternTexts.insert(pattern).index
    }

    private mutating func register(_ pattern: ObjectPattern) -> UInt32 {
        let id = trie.insert(pattern, id: patternShapes.count)
        guard id == patternShapes.count else { return UInt32(id) }
        let shape = pattern.shape
        if shapeIndex[shape] == nil {
            shapes.append(shape)
            shapeIndex[shape] = shapes.count - 1
        }
        patternShapes.append(UInt32(shapeIndex[shape] ?? 0))
        return UInt32(id)
    }

    /// Compiles what was collected.
    ///
    /// Throws: ``TooManyMemberships`` where groups inside one another make far more memberships than were added.
    public consuming func build() throws(TooManyMemberships) -> RuleSet { try RuleSet(self) }
}

/// Groups and roles inside one another would put users into far more of them than were written: the memory that a few of them in a
/// chain would take grows with the square of their number.
public struct TooManyMemberships: Error, Sendable, Hashable {
    /// Most memberships of the distinct lists of groups and roles, those by nesting among them.
    public let limit: Int

    /// 64 for each that was written, and a million.
    init(written: Int) { limit = 1_000_000 + 64 * written }
}

/// Numbers a list of groups of one builder.
public struct GroupListID: Sendable, Hashable {
    let index: UInt32

    /// The empty list, the same in every builder.
    public static let none = GroupListID(index: 0)
}

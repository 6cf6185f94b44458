import Rules

/// Collects who is a member of which groups and has which roles.
struct MembershipBuilder: ~Copyable {
    private var groups = DeclaredNames(kind: "group")
    private var roles = DeclaredNames(kind: "role")
    /// A nameless role that every user has, and that includes the roles of everybody; made when it is first needed.
    private var everybodyRole: GroupID?
    /// The distinct lists of groups and roles as they are written.
    private var texts = NameTable()
    private var lists: [GroupListID] = []
    private var scratch: [UInt8] = []

    mutating func declareGroup(
        _ name: LentText, groups parents: LentText?, roles included: LentText?, _ place: Place,
        _ rules: inout RuleSetBuilder
    ) throws(EntryFault) -> GroupID {
        let id = try groups.declare(name, place) { rules.group(name.span) }
        for parent in members(groups: parents, roles: included, place, &rules) { rules.nest(id, in: parent) }
        return id
    }

    mutating func declareRole(
        _ name: LentText, roles included: LentText?, _ place: Place, _ rules: inout RuleSetBuilder
    ) throws(EntryFault) -> GroupID {
        let id = try roles.declare(name, place) { rules.role(name.span) }
        for parent in members(groups: nil, roles: included, place, &rules) { rules.nest(id, in: parent) }
        return id
    }

    mutating func giveEverybody(roles given: LentText?, _ place: Place, _ rules: inout RuleSetBuilder) {
        let id = everybody(&rules)
        for parent in members(groups: nil, roles: given, place, &rules) { rules.nest(id, in: parent) }
    }

    /// Numbers the list of a user's groups and roles.
    mutating func list(
        groups: LentText?, roles: LentText?, _ place: Place, _ rules: inout RuleSetBuilder
    ) -> GroupListID {
        // Taken out, so that it can be lent while the builder changes.
        var key: [UInt8] = []
        swap(&key, &scratch)
        defer { swap(&key, &scratch) }
        key.removeAll(keepingCapacity: true)
        if let groups { key.append(contentsOf: groups) }
        key.append(0)
        if let roles { key.append(contentsOf: roles) }
        let (index, isNew) = texts.insert(key.span)
        if isNew {
            let given = members(groups: groups, roles: roles, place, &rules)
            lists.append(rules.groupList(given + [everybody(&rules)]))
        }
        return lists[index]
    }

    /// What to throw when a group or a role is declared nowhere.
    func undeclared() -> EntryFault? { groups.undeclared() ?? roles.undeclared() }

    private mutating func everybody(_ rules: inout RuleSetBuilder) -> GroupID {
        if let everybodyRole { return everybodyRole }
        let nameless: [UInt8] = []
        let id = rules.role(nameless.span)
        everybodyRole = id
        return id
    }

    private mutating func members(
        groups: LentText?, roles: LentText?, _ place: Place, _ rules: inout RuleSetBuilder
    ) -> [GroupID] {
        var members: [GroupID] = []
        for word in groups?.split(separator: 0x20) ?? [] {
            let name = LentText(rebasing: word)
            members.append(self.groups.id(name, place) { rules.group(name.span) })
        }
        for word in roles?.split(separator: 0x20) ?? [] {
            let name = LentText(rebasing: word)
            members.append(self.roles.id(name, place) { rules.role(name.span) })
        }
        return members
    }
}

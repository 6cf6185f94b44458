import Rules

/// Takes the entries of users files one by one, and makes a directory of them.
///
/// A user, a group, a role and what everybody is given is begun, filled with rules, mappings and limits, and ended. A
/// rule is begun, given its conditions, and ended. After a fault the builder is of no further use.
package struct DirectoryBuilder: ~Copyable {
    private var rules = RuleSetBuilder()
    private var accounts = AccountTable()
    private var mappings = Mappings()
    private var groups = DeclaredNames(kind: "group")
    private var groupLists = NameTable()
    private var groupListIDs: [GroupListID] = []
    private var files: [String] = []
    private var hasEverybody = false
    private var subject = RuleSubject.everybody
    private var common = Hasher()
    private var own = Hasher()
    private let allowsPlain: Bool

    /// Makes an empty builder. allowsPlain: whether `{PLAIN}` passwords are accepted.
    package init(allowsPlain: Bool) { self.allowsPlain = allowsPlain }

    /// Numbers a file that entries come from; at most 256.
    package mutating func addFile(_ name: String) throws(DirectoryFault) -> Int {
        guard files.count < 256 else { throw DirectoryFault(.badValue, nil, "more than 256 files") }
        files.append(name)
        return files.count - 1
    }

    /// Begins a user. Throws when the name is taken or a part cannot be read.
    package mutating func beginUser(_ entry: UserEntry, at place: Place) throws(DirectoryFault) {
        try EntryCheck.name(entry.name, "user")
        if let password = entry.password { try checkPassword(password) }
        let list = groupList(entry.groups, place)
        guard let id = rules.user(entry.name.span, groups: list) else {
            throw DirectoryFault(.duplicate, .name, "the user \(shown(entry.name)) is declared twice")
        }
        accounts.append(password: entry.password ?? LentText(start: nil, count: 0))
        own = Hasher()
        Self.feed(&own, entry.password)
        Self.feed(&own, entry.groups)
        subject = .user(id)
    }

    /// Begins a group. Throws when the name is taken or a part cannot be read.
    package mutating func beginGroup(_ entry: GroupEntry, at place: Place) throws(DirectoryFault) {
        try EntryCheck.listName(entry.name, "group")
        let group = groupNumber(entry.name, place)
        guard groups.declare(group) else {
            throw DirectoryFault(.duplicate, .name, "the group \(shown(entry.name)) is declared twice")
        }
        Self.feed(&common, entry.name)
        Self.feed(&common, entry.groups)
        for word in (entry.groups ?? LentText(start: nil, count: 0)).split(separator: 0x20) {
            let parent = groupNumber(LentText(rebasing: word), place)
            rules.nest(groups.ids[group], in: groups.ids[parent])
        }
        subject = .group(groups.ids[group])
    }

    /// Begins what everybody is given. Throws when that is there already or a part cannot be read.
    package mutating func beginEverybody(_ entry: EverybodyEntry, at place: Place) throws(DirectoryFault) {
        if hasEverybody { throw DirectoryFault(.duplicate, nil, "`everybody` is there twice") }
        hasEverybody = true
        common.combine("everybody")
        subject = .everybody
    }

    /// Begins a role. Throws when the name is taken or a part cannot be read.
    package mutating func beginRole(_ entry: RoleEntry, at place: Place) throws(DirectoryFault) {
        try EntryCheck.listName(entry.name, "role")
        throw Self.unsupported("roles")
    }

    /// Sets the key whose tokens users without password and key log in with. Throws when it cannot be a key's id.
    package mutating func setDefaultKey(_ keyID: LentText) throws(DirectoryFault) {
        throw Self.unsupported("keys")
    }

    /// Ends what was begun last: a user, a group, a role or what everybody is given.
    package mutating func end() {
        if case .user = subject { accounts.setFingerprint(own.finalize()) }
    }

    /// Begins a rule of what was begun last. Throws when a part cannot be read.
    package mutating func beginRule(_ entry: RuleEntry, at place: Place) throws(DirectoryFault) {
        let effect = entry.isAllow ? RuleEffect.allow : .deny
        let set = try EntryCheck.actions(entry.actions)
        do {
            try rules.add(effect, set, entry.object.span, to: subject, line: place.line)
        } catch {
            throw DirectoryFault(.badValue, .object, offset: error.offset, error.description)
        }
        fingerprint(Int(effect.rawValue) << 8 | Int(set.rawValue), entry.object)
    }

    /// Adds a condition to the rule that was begun; all must hold. Throws when a part cannot be read.
    package mutating func addCondition(_ entry: ConditionEntry, at place: Place) throws(DirectoryFault) {
        throw Self.unsupported("conditions")
    }

    /// Ends the rule.
    package mutating func endRule() throws(DirectoryFault) {}

    /// Adds a mapping to what was begun last. Throws when a part cannot be read.
    package mutating func addMapping(_ entry: MappingEntry, at place: Place) throws(DirectoryFault) {
        do {
            mappings.append(try ObjectMapping(from: Array(entry.from), to: Array(entry.to)), for: subject)
        } catch {
            throw DirectoryFault(
                .badValue, error.isReplacement ? .to : .from, offset: error.error.offset, error.error.description)
        }
        fingerprint(-1, entry.from)
        fingerprint(-2, entry.to)
    }

    /// Adds a limit of the sessions from one application. Throws when a part cannot be read.
    package mutating func addLimit(_ entry: LimitEntry, at place: Place) throws(DirectoryFault) {
        throw Self.unsupported("limits")
    }

    /// Makes the directory. Throws the place of the first use of a group that is declared nowhere.
    package consuming func build() throws(DirectoryFault) -> Directory {
        if let unknown = groups.undeclared() { throw unknown }
        accounts.finish()
        return Directory(
            rules: rules.build(), accounts: accounts, mappings: mappings, commonFingerprint: common.finalize())
    }

    private static func unsupported(_ what: String) -> DirectoryFault {
        DirectoryFault(.badValue, nil, "\(what) are not supported yet")
    }

    private mutating func fingerprint(_ tag: Int, _ text: LentText) {
        if case .user = subject {
            own.combine(tag)
            Self.feed(&own, text)
        } else {
            common.combine(tag)
            Self.feed(&common, text)
        }
    }

    private static func feed(_ hasher: inout Hasher, _ text: LentText?) {
        hasher.combine(text?.count ?? -1)
        if let text { hasher.combine(bytes: UnsafeRawBufferPointer(text)) }
    }

    private mutating func groupList(_ text: LentText?, _ place: Place) -> GroupListID {
        guard let text, !text.isEmpty else { return .none }
        let (index, isNew) = groupLists.insert(text.span)
        if !isNew { return groupListIDs[index] }
        var members: [GroupID] = []
        for word in text.split(separator: 0x20) {
            members.append(groups.ids[groupNumber(LentText(rebasing: word), place)])
        }
        groupListIDs.append(rules.groupList(members))
        return groupListIDs[index]
    }

    private mutating func groupNumber(_ name: LentText, _ place: Place) -> Int {
        if let known = groups.find(name) { return known }
        return groups.add(name, id: rules.group(name.span), place)
    }

    private func checkPassword(_ password: LentText) throws(DirectoryFault) {
        switch PasswordHash.scheme(of: password) {
        case .failure(let refusal): throw DirectoryFault(.badValue, .password, refusal.message)
        case .success(.plain) where !allowsPlain:
            throw DirectoryFault(
                .badValue, .password,
                "`{PLAIN}` is refused unless the option `allow-plain-passwords` is set")
        case .success: return
        }
    }
}

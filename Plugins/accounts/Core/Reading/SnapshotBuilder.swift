import Rules

/// Takes the entries of users files one by one, and makes a snapshot of them.
///
/// A user, a group, a role and what everybody is given is begun, filled with rules, mappings and limits, and ended. A
/// rule is begun, given its conditions, and ended. After a fault the builder is of no further use.
package struct SnapshotBuilder: ~Copyable {
    var rules = RuleSetBuilder()
    var accounts = AccountTable()
    var conditions = ConditionTable()
    var mappings = Mappings()
    /// The subject that rules and mappings bind: what was begun last.
    var subject = RuleSubject.everybody
    /// Of the user, or of everybody, that was begun last.
    var terms = AccountTerms()
    /// Over the user that was begun last.
    var own = Fingerprint()
    /// Over everything but users.
    var common = Fingerprint()
    var openRule = OpenRule()
    private var restrictions = RestrictionTable()
    private var everybody: AccountTerms?
    private var groupRestrictions: [(group: GroupID, restriction: UInt32)] = []
    private var names = MembershipBuilder()
    private var defaultKey: UInt32 = 0
    private var files: [String] = []
    private let allowsPlain: Bool

    /// Makes an empty builder. allowsPlain: whether `{PLAIN}` passwords are accepted.
    package init(allowsPlain: Bool) { self.allowsPlain = allowsPlain }

    /// Numbers a file that entries come from, in order: the first is 0. At most 256.
    @discardableResult
    package mutating func addFile(_ name: String) throws(EntryFault) -> Int {
        guard files.count < 256 else { throw EntryFault(.badValue, nil, "more than 256 files") }
        files.append(name)
        return files.count - 1
    }

    /// Sets the key whose tokens users without password and key log in with. Throws when it cannot be a key's id.
    package mutating func setDefaultKey(_ keyID: LentText) throws(EntryFault) {
        try EntryCheck.keyID(keyID)
        defaultKey = accounts.key(keyID)
        common.add(keyID)
    }

    /// Begins a user. Throws when the name is taken or a part cannot be read.
    package mutating func beginUser(_ entry: UserEntry, at place: Place) throws(EntryFault) {
        try EntryCheck.name(entry.name, "user")
        if let password = entry.password {
            if entry.keyID != nil {
                throw EntryFault(
                    .badValue, .keyID, "the user \(shown(entry.name)) has a password and a key, one of them is accepted"
                )
            }
            try EntryCheck.password(password, allowsPlain: allowsPlain)
        }
        terms = try userTerms(entry)
        let list = names.list(groups: entry.groups, roles: entry.roles, place, &rules)
        guard let id = rules.user(entry.name.span, groups: list) else {
            throw EntryFault(.duplicate, .name, "the user \(shown(entry.name)) is declared twice")
        }
        accounts.append(password: entry.password ?? LentText(start: nil, count: 0))
        own = Fingerprint()
        own.add(entry)
        subject = .user(id)
    }

    /// Begins a group. Throws when the name is taken or a part cannot be read.
    package mutating func beginGroup(_ entry: GroupEntry, at place: Place) throws(EntryFault) {
        try EntryCheck.listName(entry.name, "group")
        let group = try names.declareGroup(entry.name, groups: entry.groups, roles: entry.roles, place, &rules)
        let restriction = try restrictions.add(entry.restrictions)
        if restriction != 0 { groupRestrictions.append((group, restriction)) }
        common.add(entry.name)
        common.add(entry.groups)
        common.add(entry.roles)
        common.add(entry.restrictions)
        subject = .group(group)
    }

    /// Begins a role. Throws when the name is taken or a part cannot be read.
    package mutating func beginRole(_ entry: RoleEntry, at place: Place) throws(EntryFault) {
        try EntryCheck.listName(entry.name, "role")
        subject = .group(try names.declareRole(entry.name, roles: entry.roles, place, &rules))
        common.add(entry.name)
        common.add(entry.roles)
    }

    /// Begins what everybody is given. Throws when that is there already or a part cannot be read.
    package mutating func beginEverybody(_ entry: EverybodyEntry, at place: Place) throws(EntryFault) {
        if everybody != nil { throw EntryFault(.duplicate, nil, "`everybody` is there twice") }
        names.giveEverybody(roles: entry.roles, place, &rules)
        terms = AccountTerms()
        terms.restriction = try restrictions.add(entry.restrictions)
        terms.maxSessions = try entry.maxSessions.map(EntryCheck.sessions) ?? 0
        everybody = terms
        common.add(entry.roles)
        common.add(entry.restrictions)
        common.add(entry.maxSessions)
        subject = .everybody
    }

    /// Ends what was begun last: a user, a group, a role or what everybody is given.
    package mutating func end() {
        switch subject {
        case .user: accounts.setLast(terms, fingerprint: own.value)
        case .everybody: everybody = terms
        case .group: break
        }
    }

    /// Makes the snapshot. Throws the place of the first use of a group or role that is declared nowhere, or of a
    /// mapping that leads back to where it begins; and a fault without a place where nested groups make too many memberships.
    package consuming func build() throws(EntryFault) -> AccountSnapshot {
        if let unknown = names.undeclared() { throw unknown }
        let rules: RuleSet
        do throws(TooManyMemberships) {
            rules = try self.rules.build()
        } catch {
            throw EntryFault(
                .limit, nil,
                "groups and roles inside one another make more than \(error.limit) memberships, which is 64 for each that is written "
                    + "and a million")
        }
        if let loop = mappings.loop(in: rules) { throw Self.fault(of: loop) }
        return AccountSnapshot(
            rules: rules, accounts: accounts, restrictions: restrictions, conditions: conditions, mappings: mappings,
            common: CommonTerms(
                everybody: everybody ?? AccountTerms(), groupRestrictions: groupRestrictions, defaultKey: defaultKey,
                files: files, fingerprint: common.value))
    }

    private static func fault(of loop: [PlacedMapping]) -> EntryFault {
        let others = loop.dropFirst().map { "line \($0.line)" }.joined(separator: ", ")
        let how = others.isEmpty ? "" : " by way of \(others)"
        return EntryFault(
            .loop, .from, at: loop.first?.place, "the mapping leads back to the name it begins with\(how)")
    }

    private mutating func userTerms(_ entry: UserEntry) throws(EntryFault) -> AccountTerms {
        var terms = AccountTerms()
        if let text = entry.notBefore { terms.notBefore = try EntryCheck.time(text, .notBefore) }
        if let text = entry.expires { terms.expires = try EntryCheck.time(text, .expires) }
        if entry.notBefore != nil, entry.expires != nil, terms.notBefore >= terms.expires {
            throw EntryFault(.badValue, .expires, "the account expires before it is valid")
        }
        if let keyID = entry.keyID {
            try EntryCheck.keyID(keyID)
            terms.key = accounts.key(keyID)
        }
        if let text = entry.maxSessions { terms.maxSessions = try EntryCheck.sessions(text) }
        terms.restriction = try restrictions.add(entry.restrictions)
        return terms
    }
}

extension Fingerprint {
    mutating func add(_ entry: RestrictionEntry) {
        add(entry.addresses)
        add(entry.hours)
        add(entry.applications)
    }

    mutating func add(_ entry: UserEntry) {
        add(entry.password)
        add(entry.keyID)
        add(entry.groups)
        add(entry.roles)
        add(entry.notBefore)
        add(entry.expires)
        add(entry.maxSessions)
        add(entry.restrictions)
    }
}

import Rules

extension AccountSnapshot {
    /// How a user proves who it is.
    func credential(of principal: Principal) -> Credential {
        let stored = storedPassword(of: principal)
        if !stored.isEmpty { return .password(stored) }
        let own = accounts.terms(principal.user.position).key
        let key = own == 0 ? common.defaultKey : own
        return key == 0 ? .missing : .key(accounts.keyID(key))
    }

    /// Says on what terms a user whose credentials are right may have a session: everything that restricts the user,
    /// the user's groups and everybody must hold. Throws the first of them that does not.
    func admit(_ principal: Principal, _ client: LoginClient, _ clock: WallClock) throws(LoginRefusal) -> Acceptance {
        let terms = accounts.terms(principal.user.position)
        let now = clock.now()
        if now < terms.notBefore { throw LoginRefusal(cause: .expired, reason: "the account is not valid yet") }
        if now >= terms.expires { throw LoginRefusal(cause: .expired, reason: "the account has expired") }
        var end = terms.expires
        func restrict(_ number: UInt32, _ owner: () -> String) throws(LoginRefusal) {
            if number == 0 { return }
            end = min(end, try restrictions[number].end(for: client, at: now, zone: clock.local, owner: owner))
        }
        try restrict(terms.restriction) { "the user" }
        if !common.groupRestrictions.isEmpty {
            let memberships = Set(rules.groups(of: principal))
            for (group, restriction) in common.groupRestrictions where memberships.contains(group) {
                try restrict(restriction) { "the group \(shown(rules.name(of: group)))" }
            }
        }
        let everybody = common.everybody
        try restrict(everybody.restriction) { "everybody" }
        return Acceptance(
            expiry: end == .max ? nil : end,
            sessionLimit: terms.maxSessions == 0 ? everybody.maxSessions : terms.maxSessions,
            applicationSessionLimit: accounts.limit(for: client.application, in: terms)
                ?? accounts.limit(for: client.application, in: everybody) ?? 0)
    }

    /// Lists the users who might have a session before and may have none now: those who are gone, have lost password
    /// and key, have expired, are not valid yet, or whose hours are over.
    ///
    /// Addresses and applications are asked about at log-in alone: they are the client's.
    func ended(since old: AccountSnapshot, _ clock: WallClock) -> [[UInt8]] {
        let now = clock.now()
        let isCommonEqual = common.fingerprint == old.common.fingerprint
        return (0..<old.rules.userCount).compactMap { index in
            let name = old.rules.name(of: UserID(position: index))
            guard let principal = rules.principal(user: name.span) else { return name }
            let isEqual = accounts.fingerprint(principal.user.position) == old.accounts.fingerprint(index)
            if isCommonEqual && isEqual || sustains(principal, at: now, clock) { return nil }
            let before = old.rules.principal(user: name.span)
            return before.map { old.sustains($0, at: now, clock) } == true ? name : nil
        }
    }

    /// Says whether a user may have a session at a moment, wherever the client is.
    private func sustains(_ principal: Principal, at now: Int64, _ clock: WallClock) -> Bool {
        let terms = accounts.terms(principal.user.position)
        guard credential(of: principal) != .missing, now >= terms.notBefore, now < terms.expires else { return false }
        func isOpen(_ number: UInt32) -> Bool {
            number == 0 || restrictions[number].isOpen(at: now, zone: clock.local)
        }
        guard isOpen(terms.restriction), isOpen(common.everybody.restriction) else { return false }
        if common.groupRestrictions.isEmpty { return true }
        let memberships = Set(rules.groups(of: principal))
        return common.groupRestrictions.allSatisfy { !memberships.contains($0.group) || isOpen($0.restriction) }
    }
}

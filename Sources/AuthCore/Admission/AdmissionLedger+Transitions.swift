extension AdmissionLedger {
    /// Takes a place for a session if the limits allow it, and says which sessions that will eject.
    ///
    /// - Parameter session: a handle that no other session in the ledger has.
    public mutating func reserve(
        session: UInt64, user: String, application: String, limits userLimits: UserSessionLimits,
        rules: AdmissionRules
    ) -> AdmissionReply {
        let (userHash, applicationHash) = (AdmissionIndex.hash(user), AdmissionIndex.hash(application))
        let knownUser = findUser(user, userHash)
        let knownApplication = findApplication(application, applicationHash)
        let ruling = rules.rule(
            on: counts(knownUser, knownApplication), application: application, user: userLimits)
        let count: Int
        switch ruling {
        case .refuse(let limit): return .refused(limit)
        case .admit(let ejecting): count = ejecting
        }
        let userIndex = knownUser ?? addUser(user, userHash)
        let groupIndex = group(userIndex, knownApplication ?? addApplication(application, applicationHash))
        let index = nodes.insert(Node(session: session, user: userIndex, group: groupIndex))
        users[userIndex].nodes += 1
        groups[groupIndex].nodes += 1
        if count > 0 { claim(count, for: index) }
        holdReservation(index, +1)
        return .reserved(AdmissionPlace(session: session, index: index), ejecting: count)
    }

    /// Makes a reserved place the place of an open session.
    ///
    /// - Returns: the sessions that have lost their places to it, in the order in which they are to be ended: each stays in
    ///   the ledger until ``remove(_:)``. Those that have ended since the reservation are not among them. Nil when the place is
    ///   not reserved (any more).
    public mutating func commit(_ place: AdmissionPlace) -> [UInt64]? {
        guard state(of: place) == .reserved else { return nil }
        let node = nodes[place.index]
        holdReservation(place.index, -1)
        nodes[place.index].state = .open
        nodes[place.index].claim = Chain.none
        hold(place.index, +1)
        free(place.index, +1)
        byUser.append(place.index, to: &users[node.user].open)
        byGroup.append(place.index, to: &groups[node.group].open)
        byAge.append(place.index, to: &everybody)
        open += 1
        var ended: [UInt64] = []
        var claimed = node.claim
        while claimed != Chain.none {
            let next = nodes[claimed].nextClaimed
            leave(claimed)
            ended.append(nodes[claimed].session)
            claimed = next
        }
        return ended
    }

    /// Gives a reserved place back; no session is ejected for it. Does nothing when the place is not reserved (any more).
    public mutating func release(_ place: AdmissionPlace) {
        guard state(of: place) == .reserved else { return }
        holdReservation(place.index, -1)
        var claimed = nodes[place.index].claim
        while claimed != Chain.none {
            let next = nodes[claimed].nextClaimed
            nodes[claimed].state = .open
            forgetClaim(of: claimed)
            hold(claimed, +1)
            free(claimed, +1)
            claimed = next
        }
        drop(place.index)
    }

    /// Takes the place from a session that stays open a while for the questions that have it.
    public mutating func retire(_ place: AdmissionPlace) {
        guard state(of: place) == .open else { return }
        hold(place.index, -1)
        free(place.index, -1)
        leave(place.index)
    }

    /// Takes out a session that has ended; its place is free.
    public mutating func remove(_ place: AdmissionPlace) {
        guard let state = state(of: place) else { return }
        let node = nodes[place.index]
        switch state {
        case .reserved: return release(place)
        case .open:
            hold(place.index, -1)
            free(place.index, -1)
        case .claimed:
            holdReservation(node.claim, -1)
            unclaim(place.index, from: node.claim)
            holdReservation(node.claim, +1)
        case .leaving: break
        }
        if state == .leaving {
            byUser.remove(place.index, from: &users[node.user].leaving)
        } else {
            byUser.remove(place.index, from: &users[node.user].open)
            byGroup.remove(place.index, from: &groups[node.group].open)
        }
        byAge.remove(place.index, from: &everybody)
        open -= 1
        drop(place.index)
    }

    /// Whether the place is an open session's; not while that stays open without one.
    public func holds(_ place: AdmissionPlace) -> Bool {
        switch state(of: place) {
        case .open?, .claimed?: true
        case .reserved?, .leaving?, nil: false
        }
    }

    private func state(of place: AdmissionPlace) -> State? {
        guard nodes.indices.contains(place.index), nodes[place.index].session == place.session else { return nil }
        return nodes[place.index].state
    }

    /// Marks the oldest sessions of the user and application id, then the oldest of the user.
    private mutating func claim(_ count: Int, for claimant: UInt32) {
        let node = nodes[claimant]
        var missing = count
        var last = Chain.none
        var index = groups[node.group].open.first
        while missing > 0 && index != Chain.none {
            mark(index, for: claimant, behind: &last, &missing)
            index = byGroup.next(after: index)
        }
        index = users[node.user].open.first
        while missing > 0 && index != Chain.none {
            mark(index, for: claimant, behind: &last, &missing)
            index = byUser.next(after: index)
        }
    }

    /// Marks an open session, behind the last that was marked for the same reservation.
    private mutating func mark(
        _ index: UInt32, for claimant: UInt32, behind last: inout UInt32, _ missing: inout Int
    ) {
        guard nodes[index].state == .open else { return }
        nodes[index].state = .claimed
        nodes[index].claim = claimant
        if last == Chain.none { nodes[claimant].claim = index } else { nodes[last].nextClaimed = index }
        last = index
        missing -= 1
        hold(index, -1)
        free(index, -1)
    }

    private mutating func forgetClaim(of index: UInt32) {
        nodes[index].claim = Chain.none
        nodes[index].nextClaimed = Chain.none
    }

    /// Takes a session that has ended out of those that a reservation ejects.
    private mutating func unclaim(_ index: UInt32, from claimant: UInt32) {
        let next = nodes[index].nextClaimed
        forgetClaim(of: index)
        if nodes[claimant].claim == index { return nodes[claimant].claim = next }
        var before = nodes[claimant].claim
        while before != Chain.none && nodes[before].nextClaimed != index { before = nodes[before].nextClaimed }
        if before != Chain.none { nodes[before].nextClaimed = next }
    }

    /// Moves a session that has no place to where only a look-up finds it.
    private mutating func leave(_ index: UInt32) {
        let node = nodes[index]
        nodes[index].state = .leaving
        forgetClaim(of: index)
        byGroup.remove(index, from: &groups[node.group].open)
        byUser.remove(index, from: &users[node.user].open)
        byUser.append(index, to: &users[node.user].leaving)
    }

    /// Counts a reservation and what it will eject in or out: to each limit as many places as there are in the fuller of its
    /// two outcomes, the commit and the release.
    ///
    /// INVARIANT: the sessions with the reservation's own application id are the first of those that it will eject.
    private mutating func holdReservation(_ index: UInt32, _ change: Int32) {
        hold(index, change)
        let group = nodes[index].group
        let first = nodes[index].claim
        var claimed = first
        while claimed != Chain.none {
            // The reservation's own place stands for the first of them.
            if claimed != first { holdInUser(claimed, change) }
            if claimed != first || nodes[claimed].group != group { holdInGroup(claimed, change) }
            claimed = nodes[claimed].nextClaimed
        }
    }

    /// Lets a place be taken by a log-in that needs room, or not.
    private mutating func free(_ index: UInt32, _ change: Int32) {
        let node = nodes[index]
        users[node.user].free = users[node.user].free.advanced(by: Int(change))
        groups[node.group].free = groups[node.group].free.advanced(by: Int(change))
    }

    /// Counts a place in everything that it counts to, or out of it.
    private mutating func hold(_ index: UInt32, _ change: Int32) {
        holdInUser(index, change)
        holdInGroup(index, change)
    }

    private mutating func holdInUser(_ index: UInt32, _ change: Int32) {
        let user = nodes[index].user
        held += Int(change)
        users[user].held = users[user].held.advanced(by: Int(change))
    }

    private mutating func holdInGroup(_ index: UInt32, _ change: Int32) {
        let node = nodes[index]
        let before = groups[node.group].held
        groups[node.group].held = before.advanced(by: Int(change))
        if before == 0 && change > 0 { applications[groups[node.group].application].users += 1 }
        if before == 1 && change < 0 { applications[groups[node.group].application].users -= 1 }
    }

    private mutating func addUser(_ name: String, _ hash: UInt32) -> UInt32 {
        let index = users.insert(UserRecord(name: name, hash: hash))
        userIndex.insert(index, hash)
        return index
    }

    private mutating func addApplication(_ name: String, _ hash: UInt32) -> UInt32 {
        let index = applications.insert(ApplicationRecord(name: name, hash: hash))
        applicationIndex.insert(index, hash)
        return index
    }

    private mutating func group(_ user: UInt32, _ application: UInt32) -> UInt32 {
        let hash = AdmissionIndex.hash(user, application)
        if let known = findGroup(user, application, hash) { return known }
        let index = groups.insert(GroupRecord(user: user, application: application))
        groupIndex.insert(index, hash)
        applications[application].groups += 1
        return index
    }

    /// Forgets a node, and its user and application with the last of theirs.
    private mutating func drop(_ index: UInt32) {
        let node = nodes[index]
        nodes[index].session = 0
        nodes.remove(index)
        groups[node.group].nodes -= 1
        users[node.user].nodes -= 1
        if groups[node.group].nodes == 0 { dropGroup(node.group) }
        guard users[node.user].nodes == 0 else { return }
        userIndex.remove(node.user, users[node.user].hash)
        users[node.user].name = ""
        users.remove(node.user)
    }

    private mutating func dropGroup(_ group: UInt32) {
        let (user, application) = (groups[group].user, groups[group].application)
        groupIndex.remove(group, AdmissionIndex.hash(user, application))
        groups.remove(group)
        applications[application].groups -= 1
        guard applications[application].groups == 0 else { return }
        applicationIndex.remove(application, applications[application].hash)
        applications[application].name = ""
        applications.remove(application)
    }
}

/// A place that a session holds, or will hold when its log-in is committed.
public struct AdmissionPlace: Sendable, Hashable {
    /// The session's handle: a number that no two sessions share.
    public let session: UInt64
    /// Where the place is in its ledger.
    public let index: UInt32

    /// Makes a place as a ledger gave it; one that it did not give, or that is held no more, means nothing to it.
    public init(session: UInt64, index: UInt32) {
        self.session = session
        self.index = index
    }
}

/// Who holds the places: every session by user, by user and application id, and in the order of coming in.
///
/// A pure value; its owner brings the lock. Every change costs the same however many sessions there are, save for one
/// step for each session that a log-in ejects.
///
/// A place is *reserved*, and counts from then on, until it is committed or released. Which it will be is not known yet, so a
/// reservation and the sessions that it will eject count, to every limit, as the larger of two numbers: the one place of the
/// reservation, or the places that a release gives back. Thus no place is given away twice.
public struct AdmissionLedger: Sendable {
    enum State: UInt8 {
        case reserved, open
        /// To be ejected when a reservation is committed.
        case claimed
        /// Open without a place: ejected and about to end, or kept for questions that have it already.
        case leaving
    }

    struct Node: Sendable {
        var session: UInt64
        var user: UInt32
        var group: UInt32
        /// Of a claimed one the reservation that ejects it, of a reservation the first that it ejects.
        var claim = Chain.none
        /// Of a claimed one the next that the same reservation ejects.
        var nextClaimed = Chain.none
        var state = State.reserved
    }

    /// Sessions of one user; `held` counts places, `free` those of them that a log-in may take.
    struct UserRecord: Sendable {
        var name: String
        /// Of the name.
        var hash: UInt32
        var open = ListEnds()
        var leaving = ListEnds()
        var nodes: UInt32 = 0
        var held: UInt32 = 0
        var free: UInt32 = 0
    }

    /// Sessions of one user with one application id.
    struct GroupRecord: Sendable {
        var user: UInt32
        var application: UInt32
        var open = ListEnds()
        var nodes: UInt32 = 0
        var held: UInt32 = 0
        var free: UInt32 = 0
    }

    struct ApplicationRecord: Sendable {
        var name: String
        /// Of the name.
        var hash: UInt32
        var groups: UInt32 = 0
        /// Groups that hold places.
        var users: UInt32 = 0
    }

    var nodes = Slab<Node>()
    var users = Slab<UserRecord>()
    var groups = Slab<GroupRecord>()
    var applications = Slab<ApplicationRecord>()
    var userIndex = AdmissionIndex()
    var applicationIndex = AdmissionIndex()
    var groupIndex = AdmissionIndex()
    var byUser = Chain()
    var byGroup = Chain()
    var byAge = Chain()
    var everybody = ListEnds()

    /// Places held, the reserved ones with them.
    public internal(set) var held = 0
    /// Open sessions, those without a place with them.
    public internal(set) var open = 0

    /// Makes a ledger without sessions.
    public init() {}

    /// Counts what a log-in of this user with this application id would meet.
    public func counts(user: String, application: String) -> AdmissionCounts {
        counts(findUser(user), findApplication(application))
    }

    func counts(_ user: UInt32?, _ application: UInt32?) -> AdmissionCounts {
        var counts = AdmissionCounts()
        counts.sessions = held
        if let application { counts.applicationUsers = Int(applications[application].users) }
        guard let user else { return counts }
        counts.user = Int(users[user].held)
        counts.ejectableUser = Int(users[user].free)
        guard let application, let group = findGroup(user, application) else {
            return counts
        }
        counts.userApplication = Int(groups[group].held)
        counts.ejectableUserApplication = Int(groups[group].free)
        return counts
    }

    /// The open sessions of a user, or of everybody without one, the oldest first; all or those with an application id.
    public func sessions(user: String? = nil, application: String? = nil) -> [UInt64] {
        let wanted = application.map { findApplication($0) ?? Chain.none }
        guard let user else { return sessions(in: everybody, of: byAge, wanted) }
        guard let index = findUser(user) else { return [] }
        let leaving = sessions(in: users[index].leaving, of: byUser, wanted)
        guard let wanted else { return leaving + sessions(in: users[index].open, of: byUser, nil) }
        guard let group = findGroup(index, wanted) else { return leaving }
        return leaving + sessions(in: groups[group].open, of: byGroup, nil)
    }

    private func sessions(in list: ListEnds, of chain: Chain, _ application: UInt32?) -> [UInt64] {
        var found: [UInt64] = []
        var index = list.first
        while index != Chain.none {
            if application == nil || groups[nodes[index].group].application == application {
                found.append(nodes[index].session)
            }
            index = chain.next(after: index)
        }
        return found
    }

    func findUser(_ name: String) -> UInt32? { findUser(name, AdmissionIndex.hash(name)) }

    /// - Parameter hash: of the name, made once for all that needs it.
    func findUser(_ name: String, _ hash: UInt32) -> UInt32? {
        var search = userIndex.search(hash)
        while let index = userIndex.next(&search) { if users[index].name.hasBytes(of: name) { return index } }
        return nil
    }

    func findApplication(_ name: String) -> UInt32? { findApplication(name, AdmissionIndex.hash(name)) }

    func findApplication(_ name: String, _ hash: UInt32) -> UInt32? {
        var search = applicationIndex.search(hash)
        while let index = applicationIndex.next(&search) {
            if applications[index].name.hasBytes(of: name) { return index }
        }
        return nil
    }

    func findGroup(_ user: UInt32, _ application: UInt32) -> UInt32? {
        findGroup(user, application, AdmissionIndex.hash(user, application))
    }

    func findGroup(_ user: UInt32, _ application: UInt32, _ hash: UInt32) -> UInt32? {
        var search = groupIndex.search(hash)
        while let index = groupIndex.next(&search) {
            if groups[index].user == user && groups[index].application == application { return index }
        }
        return nil
    }
}

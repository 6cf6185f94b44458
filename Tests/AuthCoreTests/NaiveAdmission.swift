import AuthCore

/// The rules of admission in the plainest way there is: one array, searched from the start for everything.
struct NaiveAdmission {
    struct Entry {
        let session: UInt64
        let user: String
        let application: String
        var isOpen = false
        /// Whether it counts; the sessions that a reservation will eject count with it.
        var hasPlace = true
        /// The reservation that will eject it.
        var claimant: UInt64?
        /// When it was committed.
        var age = 0
    }

    enum Reply: Equatable {
        case reserved(ejecting: Int)
        case refused(ExceededLimit)
    }

    private(set) var entries: [Entry] = []
    private var commits = 0

    var held: Int { number(in: entries) { _ in true } }

    /// How many places there are at most, of those that match, whichever reservations are committed and whichever released.
    private func number(in entries: [Entry], _ matches: (Entry) -> Bool) -> Int {
        let reservations = entries.filter { !$0.isOpen }
        let certain = entries.count { $0.isOpen && $0.hasPlace && $0.claimant == nil && matches($0) }
        return reservations.reduce(certain) { sum, reservation in
            let released = entries.count { $0.claimant == reservation.session && matches($0) }
            return sum + max(released, matches(reservation) ? 1 : 0)
        }
    }

    /// Ejects one after the other until everything fits, unless even the last would not be enough.
    mutating func reserve(_ request: AdmissionRequest, _ limits: SessionLimits) -> Reply {
        let candidates = limits.ejects ? candidates(request) : []
        if let limit = exceeded(without: candidates, request, limits).first { return .refused(limit) }
        var victims: [UInt64] = []
        while !exceeded(without: victims, request, limits).isEmpty { victims.append(candidates[victims.count]) }
        for index in entries.indices where victims.contains(entries[index].session) {
            entries[index].claimant = request.session
        }
        entries.append(Entry(session: request.session, user: request.user, application: request.applicationID))
        return .reserved(ejecting: victims.count)
    }

    mutating func commit(_ session: UInt64) -> [UInt64] {
        commits += 1
        var ended: [Entry] = []
        for index in entries.indices {
            if entries[index].session == session {
                entries[index].isOpen = true
                entries[index].age = commits
            }
            if entries[index].claimant == session {
                ended.append(entries[index])
                entries[index].claimant = nil
                entries[index].hasPlace = false
            }
        }
        guard let own = entries.first(where: { $0.session == session }) else { return [] }
        let same = ended.filter { $0.application == own.application }.sorted { $0.age < $1.age }
        let others = ended.filter { $0.application != own.application }.sorted { $0.age < $1.age }
        return (same + others).map(\.session)
    }

    mutating func release(_ session: UInt64) {
        entries.removeAll { $0.session == session }
        for index in entries.indices where entries[index].claimant == session {
            entries[index].claimant = nil
        }
    }

    mutating func retire(_ session: UInt64) {
        for index in entries.indices where entries[index].session == session { entries[index].hasPlace = false }
    }

    mutating func remove(_ session: UInt64) { entries.removeAll { $0.session == session } }

    /// Who may be ejected for a log-in, in order.
    private func candidates(_ request: AdmissionRequest) -> [UInt64] {
        let mine = entries.filter {
            $0.isOpen && $0.hasPlace && $0.claimant == nil && $0.user == request.user
        }.sorted { $0.age < $1.age }
        let same = mine.filter { $0.application == request.applicationID }
        let others = mine.filter { $0.application != request.applicationID }
        return (same + others).map(\.session)
    }

    /// The limits that would not hold if some sessions were gone and the new one were in.
    private func exceeded(
        without gone: [UInt64], _ request: AdmissionRequest, _ limits: SessionLimits
    ) -> [ExceededLimit] {
        let left = entries.filter { !gone.contains($0.session) }
        let isHere: (Entry) -> Bool = { $0.application == request.applicationID }
        let mine = number(in: left) { $0.user == request.user } + 1
        let mineHere = number(in: left) { $0.user == request.user && isHere($0) } + 1
        let others = Set(left.map(\.user)).subtracting([request.user])
        let users = 1 + others.count { user in number(in: left) { $0.user == user && isHere($0) } > 0 }
        let licence = limits.applications[ExactText(request.applicationID)]
        let all: [(LimitKind, allowed: Int, number: Int)] = [
            (.userApplication, request.limits.userApplication, mineHere),
            (.applicationLogins, licence?.loginsPerUser ?? 0, mineHere),
            (.user, request.limits.user, mine),
            (.applicationUsers, licence?.users ?? 0, users),
            (.sessions, limits.sessions, number(in: left) { _ in true } + 1),
        ]
        return all.filter { $0.allowed > 0 && $0.number > $0.allowed }.map { ExceededLimit($0.0, allowed: $0.allowed) }
    }
}

/// Numbers from a seed, the same on every machine (SplitMix64), so that a failed run can be had again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    /// A seed from the environment's AUTHHOST_SEED, or a fresh one.
    static func seed(_ environment: String?) -> UInt64 {
        environment.flatMap { UInt64($0) } ?? .random(in: 0...9_999_999)
    }
}

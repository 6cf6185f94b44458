import AuthCore
import ModuleHost
import Synchronization

/// All sessions, found by id, by handle, by user, and by user and application id.
///
/// A check takes the lock of one shard of ids, and no other. Log-ins and ends also pass the ledger of places, whose one lock
/// makes an admission one step, for a fraction of a microsecond.
///
/// Dictionaries hash with SipHash under a key that Swift draws at random for each process, so ids cannot be probed by
/// collisions.
final class SessionTable: Sendable {
    private struct Shard: Sendable {
        var sessions: [SessionID: Session] = [:]
        var ejected = EjectedSessions(limit: rememberedEjections / shardCount)
    }

    private final class LockedShard: Sendable {
        let shard = Mutex(Shard())
    }

    private struct Roll: Sendable {
        var ledger = AdmissionLedger()
        var rules: AdmissionRules
        var warning: AdmissionWarning
        /// What the log has not been told yet.
        var events: [AdmissionWarning.Event] = []

        mutating func observe() { if let event = warning.observe(ledger.held) { events.append(event) } }
    }

    private static let shardCount = 64
    /// Seconds since 1970: the last second that nanoseconds can say, in the year 2262, less what rounding needs.
    private static let latestExpiry = Int64.max / 1_000_000_000 - 1
    /// Ids of ejected sessions that are remembered, in all shards together.
    static let rememberedEjections = 262_144
    /// Seconds for which they are remembered at most.
    static let ejectionMemory: Int64 = 3600

    private let shards = (0..<shardCount).map { _ in LockedShard() }
    private let handles = SessionHandles()
    private let roll: Mutex<Roll>
    private let expiries: SessionTimers
    private let idleness: SessionTimers
    private let texts = SessionTexts()
    private let opened = Atomic<Int>(0)
    private let telling = Mutex(())
    private let tell: @Sendable (AdmissionWarning.Event) -> Void

    /// - Parameter tell: told of every warning about the number of sessions, in order, on the thread that changed it.
    init(
        limits: SessionLimits = SessionLimits(), now: SessionTime,
        tell: @escaping @Sendable (AdmissionWarning.Event) -> Void = { _ in }
    ) {
        roll = Mutex(Roll(rules: AdmissionRules(limits), warning: AdmissionWarning(limits.warning)))
        expiries = SessionTimers(now: now.wall)
        idleness = SessionTimers(now: now.monotonic)
        self.tell = tell
    }

    /// The number of open sessions.
    var count: Int { opened.load(ordering: .relaxed) }

    /// Takes other limits; nobody is ejected before the next log-in.
    func setLimits(_ limits: SessionLimits) {
        roll.withLock { roll in
            roll.rules = AdmissionRules(limits)
            roll.warning.change(to: limits.warning)
            roll.observe()
        }
        speak()
    }

    /// Sets how long sessions of an application may be idle; for sessions that come in from now on.
    func setIdleLimits(_ limits: [ExactText: Duration]) { texts.setIdleLimits(limits.mapValues(\.nanoseconds)) }

    /// Makes a session that a login may become. It holds no place until one is reserved for it.
    func prepare(_ login: Login, at now: SessionTime) -> Session {
        let origin = texts.origin(applicationID: login.applicationID, door: login.door)
        let machineID = texts.shared(login.machineID)
        return handles.insert { handle, id in
            Session(id: id, handle: handle, login: login, origin: origin, machineID: machineID, now: now)
        }
    }

    /// Opens a session in a place that was committed for it; false, and the place is free, when it was ended meanwhile.
    ///
    /// - Parameter expiry: seconds since 1970, 0 for never.
    func open(_ session: Session, in place: AdmissionPlace, expiry: Int64, at monotonic: Int64) -> Bool {
        guard session.open(in: place, expiry: expiry, at: monotonic) else {
            vacate(place)
            return false
        }
        // A thread that ends it from now on either finds it in the shard, or has marked it before it gets there.
        withShard(of: session.id) { if session.isOpen { $0.sessions[session.id] = session } }
        if expiry != 0 { expiries.add(session.handle, due: min(expiry, Self.latestExpiry) * 1_000_000_000) }
        if session.origin.idleLimit != 0 { idleness.add(session.handle, due: monotonic + session.origin.idleLimit) }
        return true
    }

    /// Forgets a session that was never opened.
    func forget(_ session: Session) {
        _ = session.end(.refused)
        handles.remove(session.handle)
    }

    func session(_ id: SessionID) -> Session? { withShard(of: id) { $0.sessions[id] } }

    func session(handle: UInt64) -> Session? { handles[handle] }

    /// Whether the id belonged to a session that was ejected.
    func wasEjected(_ id: SessionID, at wall: Int64) -> Bool {
        withShard(of: id) { $0.ejected.contains(id, at: wall / 1_000_000_000) }
    }

    /// Ends a session. Nothing else is told.
    ///
    /// - Returns: what it was before; nil when it had ended already.
    func end(_ session: Session, _ reason: SessionEnd, at wall: Int64) -> Session.LiveStage? {
        guard let before = session.end(reason) else { return nil }
        withShard(of: session.id) { shard in
            shard.sessions[session.id] = nil
            guard reason == .ejected else { return }
            let longest = wall / 1_000_000_000 + Self.ejectionMemory
            shard.ejected.insert(session.id, until: session.expiry == 0 ? longest : min(session.expiry, longest))
        }
        handles.remove(session.handle)
        if let place = session.admissionPlace { vacate(place) }
        let isLive: @Sendable (UInt64) -> Bool = { [handles] in handles[$0] != nil }
        if session.expiry != 0 { expiries.noteEnd(isLive: isLive) }
        if session.origin.idleLimit != 0 { idleness.noteEnd(isLive: isLive) }
        return before
    }

    /// Takes the place from a session that stays open a while for the questions that have it.
    func retire(_ session: Session) {
        guard let place = session.admissionPlace else { return }
        change { $0.retire(place) }
    }

    /// The open sessions of a user, oldest first; of everybody without one. With an application id those that have it.
    func sessions(of user: String?, applicationID: String? = nil) -> [Session] {
        roll.withLock { $0.ledger.sessions(user: user, application: applicationID) }.compactMap { handles[$0] }
    }

    /// The sessions whose time has come, for the caller to end.
    func due(at now: SessionTime) -> [Session] {
        var over = expiries.due(at: now.wall).compactMap { handles[$0] }
        for handle in idleness.due(at: now.monotonic) {
            guard let session = handles[handle] else { continue }
            let end = session.lastUse + session.origin.idleLimit
            if end <= now.monotonic { over.append(session) } else { idleness.add(handle, due: end) }
        }
        return over
    }

    private func vacate(_ place: AdmissionPlace) { change { $0.remove(place) } }

    /// Changes the ledger, and then says what there is to say about the number of sessions, in order.
    private func change<Result: Sendable>(_ body: @Sendable (inout AdmissionLedger) -> Result) -> Result {
        let (result, speaks) = roll.withLock { roll in
            let result = body(&roll.ledger)
            roll.observe()
            opened.store(roll.ledger.open, ordering: .relaxed)
            return (result, !roll.events.isEmpty)
        }
        if speaks { speak() }
        return result
    }

    private func speak() {
        telling.withLock { _ in
            let events = roll.withLock { roll in
                defer { roll.events = [] }
                return roll.events
            }
            for event in events { tell(event) }
        }
    }

    private func withShard<Result: Sendable>(
        of id: SessionID, _ body: (inout sending Shard) -> sending Result
    ) -> Result {
        shards[Int(id.low & UInt64(Self.shardCount - 1))].shard.withLock(body)
    }
}

/// Places of this host alone: each step is done when the function returns.
extension SessionTable: Admission {
    func reserve(_ request: AdmissionRequest, _ done: @escaping @Sendable (AdmissionReply) -> Void) {
        let reply = roll.withLock { roll in
            roll.ledger.reserve(
                session: request.session, user: request.user, application: request.applicationID,
                limits: request.limits, rules: roll.rules)
        }
        done(reply)
    }

    func commit(_ place: AdmissionPlace, _ done: @escaping @Sendable ([UInt64]?) -> Void) {
        done(change { $0.commit(place) })
    }

    func release(_ place: AdmissionPlace, _ done: @escaping @Sendable () -> Void) {
        roll.withLock { $0.ledger.release(place) }
        done()
    }
}

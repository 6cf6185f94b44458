import AuthCore
import Basics
import Logging
import Metrics
import ModuleHost
import Synchronization

/// The sessions of a host: found by id and by handle, used by questions, and ended once; all that must know are told.
///
/// A check takes the lock of one shard of ids, and no other.
final class Sessions: Sendable {
    private struct Shard: Sendable {
        var sessions = SessionIndex()
        var ejected = EjectedSessions(limit: rememberedEjections / shardCount)
    }

    private final class LockedShard: Sendable {
        let shard = Mutex(Shard())
    }

    private static let shardCount = 1 << SessionIndex.shardBits
    /// Seconds since 1970: the last second that nanoseconds can say, in the year 2262, less what rounding needs.
    static let latestExpiry = Int64.max / 1_000_000_000 - 1
    /// Ids of ejected sessions that are remembered, in all shards together.
    static let rememberedEjections = 262_144
    /// Seconds for which they are remembered at most.
    static let ejectionMemory: Int64 = 3600

    let places: Places
    let admission: any Admission
    let cache: LoginCache
    let clock: any HostClock
    let observers = SessionObservers()
    let metrics: SessionMetrics
    /// What is counted of each door's decisions.
    let doors: DoorFigureTable
    let leaving = LeavingSessions()
    let decider: DeciderInForce
    private let log: Logger
    private let shards = (0..<shardCount).map { _ in LockedShard() }
    let handles = SessionHandles()
    let expiries: SessionTimers
    private let idleness: SessionTimers
    private let fence: (any SessionFence)?
    let texts: SessionTexts
    /// Log-ins that are being let in, and whether none is any more.
    let opening = SessionGate()
    private let closed = Atomic<Bool>(false)
    /// Held while a session goes from one instance of a module to another, and while it may be.
    let moving = Mutex(())

    /// - Parameters:
    ///   - places: those of this host, by user and age.
    ///   - admission: told of places that are free again.
    ///   - fence: whether sessions may be answered for.
    ///   - cache: told of sessions that it may hand out no more.
    ///   - decider: told of sessions that end, once there is one.
    ///   - factory: where sessions and the decisions of doors are counted.
    init(
        places: Places, admission: any Admission, fence: (any SessionFence)?, cache: LoginCache,
        decider: DeciderInForce, clock: any HostClock, log: Logger, metrics factory: any MetricsFactory
    ) {
        metrics = SessionMetrics(factory)
        doors = DoorFigureTable(factory)
        self.places = places
        self.admission = admission
        self.fence = fence
        texts = SessionTexts(fence: fence, doors: doors)
        self.cache = cache
        self.decider = decider
        self.clock = clock
        self.log = log
        expiries = SessionTimers(now: clock.wall)
        idleness = SessionTimers(now: clock.monotonic)
    }

    /// The number of open sessions.
    var count: Int { places.count }

    /// Whether every session ends as soon as it opens.
    var isClosed: Bool { closed.load(ordering: .acquiring) }

    /// Whether no session may be answered for.
    var isFenced: Bool { fence?.holds == false }

    // MARK: finding

    func session(_ id: SessionID) -> Session? { withShard(of: id) { $0.sessions[id] } }

    func session(handle: UInt64) -> Session? { handles[handle] }

    /// The session that a question is for; the question counts as a use of it.
    ///
    /// - Parameter now: on the monotonic clock.
    func use(_ id: SessionID, at now: Int64) -> Session? {
        guard let session = session(id) else { return nil }
        if session.isOver(clock, monotonic: now) { end(session, .expired) }
        guard session.isOpen, !isFenced else { return nil }
        session.touch(now)
        return session
    }

    /// The answer to a question whose session is not open.
    func refusal(of id: SessionID) -> Answer {
        let now = clock.wall / 1_000_000_000
        return (withShard(of: id) { $0.ejected.contains(id, at: now) } ? SessionEnd.ejected : .logout).answer
    }

    /// What may be told about an open session. Telling it does not count as a use of the session.
    func describe(_ id: SessionID) -> SessionDescription? {
        guard let session = session(id) else { return nil }
        let now = clock.now
        if session.isOver(clock, monotonic: now.monotonic) { end(session, .expired) }
        return session.isOpen ? session.description(at: now) : nil
    }

    /// The open sessions of a user, oldest first; of everybody without one. With an application id those that have it.
    func sessions(of user: String?, applicationID: String? = nil) -> [Session] {
        places.handles(of: user, applicationID: applicationID).compactMap { handles[$0] }
    }

    // MARK: beginning

    /// Sets how long sessions of an application may be idle; for sessions that come in from now on.
    func setIdleLimits(_ limits: [ExactText: Duration]) { texts.setIdleLimits(limits.mapValues(\.nanoseconds)) }

    /// Makes a session that a log-in may become. It holds no place until one is reserved for it.
    func prepare(_ login: Login, at now: SessionTime) -> Session {
        let origin = texts.origin(applicationID: login.applicationID, door: login.door)
        let machineID = texts.shared(login.machineID)
        return handles.insert { handle, id in
            Session(
                id: id, handle: handle, user: login.user, login: login, origin: origin, machineID: machineID, now: now)
        }
    }

    /// Keeps what the module has told of the user of a session, in the place of what another module has.
    func keep(_ attributes: [Field], for session: Session) {
        session.keep(attributes.isEmpty ? nil : texts.shared(attributes))
    }

    /// Puts a session of another user, named by the module, in the place of one that a log-in may become; nil when that has
    /// ended meanwhile.
    func rename(_ session: Session, to user: String, _ login: Login, at now: SessionTime) -> Session? {
        let renamed = renamed(session, to: user, login, at: now)
        // A thread that looks for the handle ends either of the two: the first before it was replaced, or the second.
        guard handles.replace(session.handle, with: renamed) else { return nil }
        return session.end(.refused) == nil ? nil : renamed
    }

    /// Makes the session of a log-in anew, as another user's; nothing finds it yet.
    func renamed(_ session: Session, to user: String, _ login: Login, at now: SessionTime) -> Session {
        Session(
            id: session.id, handle: session.handle, user: user, login: login, origin: session.origin,
            machineID: session.machineID, now: now)
    }

    /// Opens a session in a place that was committed for it; false, and the place is free, when it was ended meanwhile.
    ///
    /// - Parameter expiry: seconds since 1970, 0 for never.
    func open(_ session: Session, in place: AdmissionPlace, expiry: Int64, at monotonic: Int64) -> Bool {
        guard session.open(in: place, expiry: expiry, at: monotonic) else {
            admission.vacate(place)
            return false
        }
        // A thread that ends it from now on either finds it in the shard, or has marked it before it gets there.
        withShard(of: session.id) { if session.isOpen { $0.sessions.insert(session) } }
        if expiry != 0 { expiries.add(session.handle, due: min(expiry, Self.latestExpiry) * 1_000_000_000) }
        if session.origin.idleLimit != 0 { idleness.add(session.handle, due: monotonic + session.origin.idleLimit) }
        return true
    }

    /// Forgets a session that was never opened.
    func forget(_ session: Session) {
        _ = session.end(.refused)
        handles.remove(session.handle)
    }

    // MARK: ending

    /// Ends a session and tells the module, the metrics and the doors that watch it; false when it had ended before.
    ///
    /// Where its log-in is still under way, the log-in tells the module, once and only if the module believes in the session.
    @discardableResult
    func end(_ session: Session, _ reason: SessionEnd) -> Bool {
        guard let before = session.end(reason) else { return false }
        remove(session, reason)
        if before == .pending { return true }
        if reason == .ejected {
            cache.eject(session.id, at: clock.monotonic)
        } else {
            cache.forget(session.id)
        }
        if session.hasWaiting { for decider in decider.all { decider.cancelQuestions(of: session.handle) } }
        tellEnd(of: session, reason)
        metrics.count(reason)
        for body in observers.take(session.handle) { body(reason) }
        return true
    }

    /// Ends a session because its client asks for it.
    func logOut(_ id: SessionID, at now: Int64) -> Answer {
        guard let session = use(id, at: now), end(session, .logout) else { return refusal(of: id) }
        return Answer(.allow, .granted, user: session.user)
    }

    /// Ejects a session; false when it had ended before. Its client is told so at its next question.
    ///
    /// - Parameter note: what the line of the event log ends with.
    @discardableResult
    func eject(_ session: Session, note: String = "") -> Bool {
        guard end(session, .ejected) else { return false }
        log.notice("Ejected \(session.text)\(note)")
        return true
    }

    /// Ends every session because the host stops, and each that opens from now on.
    ///
    /// - Parameter reason: what the module is told.
    func close(_ reason: SessionEnd = .stop) {
        closed.store(true, ordering: .releasing)
        for session in sessions(of: nil) { end(session, reason) }
    }

    /// Takes out of the timers what has come up: the sessions whose time may be over.
    func takeDue(at now: SessionTime) -> [Session] {
        var over = expiries.due(at: now.wall).compactMap { handles[$0] }
        for handle in idleness.due(at: now.monotonic) {
            guard let session = handles[handle] else { continue }
            let end = session.lastUse + session.origin.idleLimit
            if end <= now.monotonic { over.append(session) } else { idleness.add(handle, due: end) }
        }
        return over
    }

    /// Removes a session that has been marked as ended. No other code is told.
    private func remove(_ session: Session, _ reason: SessionEnd) {
        let longest = reason == .ejected ? clock.wall / 1_000_000_000 + Self.ejectionMemory : 0
        withShard(of: session.id) { shard in
            shard.sessions.remove(session.id)
            guard reason == .ejected else { return }
            shard.ejected.insert(session.id, until: session.expiry == 0 ? longest : min(session.expiry, longest))
        }
        handles.remove(session.handle)
        if let place = session.admissionPlace { admission.vacate(place) }
        let isLive: @Sendable (UInt64) -> Bool = { [handles] in handles[$0] != nil }
        if session.expiry != 0 { expiries.noteEnd(isLive: isLive) }
        if session.origin.idleLimit != 0 { idleness.noteEnd(isLive: isLive) }
    }

    private func withShard<Result: Sendable>(
        of id: SessionID, _ body: (inout sending Shard) -> sending Result
    ) -> Result {
        shards[Int(id.low & UInt64(Self.shardCount - 1))].shard.withLock(body)
    }
}

// MARK: answers

extension Session {
    /// The answer to a question of the session. One for a session that has ended meanwhile does not count.
    func answer(to kind: QuestionKind, _ said: ModuleAnswer, about object: ObjectName?) -> Answer {
        if case .ended(let end) = state { return end.answer }
        if let fence = origin.fence, !fence.holds { return SessionEnd.expired.answer }
        return said.verdict(for: kind).about(user, object)
    }
}

extension SessionEnd {
    /// The answer to a question whose session has ended.
    var answer: Answer { self == .ejected ? Answer(.ejected, .ejectedSession) : Answer(.deny, .unknownSession) }
}

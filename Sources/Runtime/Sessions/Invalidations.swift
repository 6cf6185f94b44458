import AuthCore
import Basics
import ModuleHost
import Synchronization

/// The word that kept decisions are no longer good: what the host keeps is forgotten, and doors that push are told.
final class Invalidations: Sendable {
    private let sessions: Sessions
    private let cache: LoginCache
    private let penalties: Penalties?
    private let clock: any HostClock
    private let observers = InvalidationObservers()

    init(_ sessions: Sessions, _ cache: LoginCache, _ penalties: Penalties? = nil, clock: any HostClock) {
        self.sessions = sessions
        self.cache = cache
        self.penalties = penalties
        self.clock = clock
    }

    /// Forgets what is kept in a scope; the next question asks the module again.
    func invalidate(_ scope: InvalidationScope) {
        // First, so that an answer which is under way is not kept (INVARIANT of the cache).
        cache.noteInvalidation()
        let forgotten: [SessionID]
        switch scope {
        case .all:
            penalties?.askAnew()
            forgotten = cache.forgetAll()
        case .user(let user):
            penalties?.askAnew()
            forgotten = cache.forget(user: user)
        case .session(let handle): forgotten = sessions.session(handle: handle).map { cache.forget($0.id) } ?? []
        case .object: forgotten = []
        }
        for id in forgotten {
            if let session = sessions.session(id) { sessions.end(session, .expired) }
        }
        tell(scope)
    }

    /// Hands out nothing any more of what was kept before a module re-read its rules: they may be different now, and not
    /// every module says so. Questions that have a kept session go on with it.
    func askAnew() {
        cache.noteInvalidation()
        penalties?.askAnew()
        cache.retireAll(at: clock.monotonic)
        sessions.freeReplacedPlaces()
        observers.tell(.everything)
    }

    /// Notes that sessions were ejected: an answer that was under way is not kept.
    func noteEjection() { cache.noteInvalidation() }

    /// Calls `body` with every invalidation, until what is returned goes away. It must not block.
    func watch(_ body: @escaping @Sendable (Invalidation) -> Void) -> HostWatch { observers.add(body) }

    private func tell(_ scope: InvalidationScope) {
        if observers.isEmpty { return }
        switch scope {
        case .all: observers.tell(.everything)
        case .user(let user): observers.tell(.user(user))
        case .session(let handle):
            if let session = sessions.session(handle: handle) { observers.tell(.session(session.id)) }
        case .object(let name): observers.tell(.object(name))
        }
    }
}

/// The watchers of invalidations: the connections of doors that push.
private final class InvalidationObservers: Sendable {
    typealias Body = @Sendable (Invalidation) -> Void

    private struct State {
        var bodies: [UInt64: Body] = [:]
        var next: UInt64 = 0
    }

    private let state = Mutex(State())

    var isEmpty: Bool { state.withLock { $0.bodies.isEmpty } }

    func add(_ body: @escaping Body) -> HostWatch {
        let key = state.withLock { state in
            state.next += 1
            state.bodies[state.next] = body
            return state.next
        }
        return HostWatch { [weak self] in self?.remove(key) }
    }

    func tell(_ invalidation: Invalidation) {
        for body in state.withLock({ Array($0.bodies.values) }) { body(invalidation) }
    }

    private func remove(_ key: UInt64) { _ = state.withLock { $0.bodies.removeValue(forKey: key) } }
}

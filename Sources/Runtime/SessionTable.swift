import AuthCore
import ModuleHost
import Synchronization

/// All sessions, found by id, by handle and by user. Sharded: no lock is shared by all checks.
///
/// Dictionaries hash with a key that Swift draws at random for each process, so ids cannot be probed by collisions.
final class SessionTable: Sendable {
    private final class Shard<Key: Hashable & Sendable, Value: Sendable>: Sendable {
        let entries = Mutex<[Key: Value]>([:])
    }

    private static let shardCount = 64
    private static let rememberedEjections = 100_000
    private let byID = (0..<shardCount).map { _ in Shard<SessionID, Session>() }
    private let byHandle = (0..<shardCount).map { _ in Shard<UInt64, Session>() }
    private let byUser = (0..<shardCount).map { _ in Shard<String, [Session]>() }
    private let ejected = Mutex<(ids: Set<SessionID>, order: [SessionID], head: Int)>(([], [], 0))
    private let handles: Atomic<UInt64>
    private let opened = Atomic<Int>(0)

    init() {
        // A random start keeps a handle of an earlier run from meaning anything in this one.
        handles = Atomic(UInt64.random(in: 1...UInt64(1) << 40))
    }

    /// The number of open sessions.
    var count: Int { opened.load(ordering: .relaxed) }

    /// Makes a session that a login may become. It holds no place until ``open(_:expiry:limit:)``.
    func prepare(_ login: Login, at wall: Int64) -> Session {
        let handle = handles.wrappingAdd(1, ordering: .relaxed).newValue
        let session = Session(handle: handle, login: login, connected: wall)
        shard(byHandle, handle).entries.withLock { $0[handle] = session }
        return session
    }

    enum Admission: Equatable { case admitted, ended, overUserLimit }

    /// Admits a session whose module has said yes, in one step with the count of its user's sessions.
    ///
    /// - Parameter limit: most sessions of this user, 0 = no limit.
    func open(_ session: Session, expiry: Int64, limit: UInt32) -> Admission {
        let admission = shard(byUser, session.user).entries.withLock { users -> Admission in
            if limit > 0, users[session.user]?.count ?? 0 >= Int(limit) { return .overUserLimit }
            guard session.open(expiry: expiry) else { return .ended }
            users[session.user, default: []].append(session)
            return .admitted
        }
        guard admission == .admitted else {
            forget(session)
            return admission
        }
        shard(byID, session.id).entries.withLock { $0[session.id] = session }
        opened.wrappingAdd(1, ordering: .relaxed)
        // An ejection may have come between the two steps; it must not leave the id behind.
        if session.state != .open { remove(session) }
        return .admitted
    }

    /// Forgets a session that was never opened.
    func forget(_ session: Session) {
        _ = session.end(.refused)
        _ = shard(byHandle, session.handle).entries.withLock { $0.removeValue(forKey: session.handle) }
    }

    func session(_ id: SessionID) -> Session? { shard(byID, id).entries.withLock { $0[id] } }

    func session(handle: UInt64) -> Session? { shard(byHandle, handle).entries.withLock { $0[handle] } }

    /// Whether the id belonged to a session that was ejected.
    func wasEjected(_ id: SessionID) -> Bool { ejected.withLock { $0.ids.contains(id) } }

    /// Ends a session; false when it had ended before. Nothing else is told.
    func end(_ session: Session, _ reason: SessionEnd) -> Bool {
        guard session.end(reason) else { return false }
        if reason == .ejected { remember(session.id) }
        remove(session)
        return true
    }

    /// The open sessions of a user, oldest first; of everybody without one.
    func sessions(of user: String?) -> [Session] {
        if let user { return shard(byUser, user).entries.withLock { $0[user] ?? [] } }
        return byUser.flatMap { $0.entries.withLock { $0.values.flatMap(\.self) } }.sorted { $0.handle < $1.handle }
    }

    private func remove(_ session: Session) {
        let removed = shard(byID, session.id).entries.withLock { $0.removeValue(forKey: session.id) }
        if removed != nil { opened.wrappingSubtract(1, ordering: .relaxed) }
        _ = shard(byHandle, session.handle).entries.withLock { $0.removeValue(forKey: session.handle) }
        shard(byUser, session.user).entries.withLock { users in
            users[session.user]?.removeAll { $0 === session }
            if users[session.user]?.isEmpty ?? false { users[session.user] = nil }
        }
    }

    /// Remembers an ejected id, so that its client is told "ejected"; the oldest are forgotten first.
    private func remember(_ id: SessionID) {
        ejected.withLock { memory in
            memory.ids.insert(id)
            memory.order.append(id)
            if memory.order.count - memory.head > Self.rememberedEjections {
                memory.ids.remove(memory.order[memory.head])
                memory.head += 1
            }
            if memory.head > Self.rememberedEjections {
                memory.order.removeFirst(memory.head)
                memory.head = 0
            }
        }
    }

    private func shard<Key: Hashable, Value>(_ shards: [Shard<Key, Value>], _ key: Key) -> Shard<Key, Value> {
        shards[key.hashValue & (Self.shardCount - 1)]
    }
}

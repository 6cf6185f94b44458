import AuthCore
import Synchronization

/// Who wants to know when a session ends: doors that push. Only sessions that are watched cost anything.
final class SessionObservers: Sendable {
    typealias Body = @Sendable (SessionEnd) -> Void

    private final class Shard: Sendable {
        let bodies = Mutex<[UInt64: [Body]]>([:])
    }

    private let shards = (0..<16).map { _ in Shard() }

    func add(_ body: @escaping Body, to handle: UInt64) {
        shard(handle).bodies.withLock { $0[handle, default: []].append(body) }
    }

    /// Takes out all who watch a session.
    func take(_ handle: UInt64) -> [Body] { shard(handle).bodies.withLock { $0.removeValue(forKey: handle) } ?? [] }

    private func shard(_ handle: UInt64) -> Shard { shards[Int(handle & 15)] }
}

/// Who wants to know of invalidations: the connections of doors that push.
final class InvalidationObservers: Sendable {
    typealias Body = @Sendable (Invalidation) -> Void

    private struct State {
        var bodies: [UInt64: Body] = [:]
        var next: UInt64 = 0
    }

    private let state = Mutex(State())

    var isEmpty: Bool { state.withLock { $0.bodies.isEmpty } }

    func add(_ body: @escaping Body) -> InvalidationWatch {
        let key = state.withLock { state in
            state.next += 1
            state.bodies[state.next] = body
            return state.next
        }
        return InvalidationWatch { [weak self] in self?.remove(key) }
    }

    func tell(_ invalidation: Invalidation) {
        for body in state.withLock({ Array($0.bodies.values) }) { body(invalidation) }
    }

    private func remove(_ key: UInt64) { _ = state.withLock { $0.bodies.removeValue(forKey: key) } }
}

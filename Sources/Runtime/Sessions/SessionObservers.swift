import AuthCore
import Synchronization

/// The watchers of the ends of sessions: doors that push. Only sessions that are watched cost anything, and a watch that
/// its holder lets go costs nothing any more.
final class SessionObservers: Sendable {
    typealias Body = @Sendable (SessionEnd) -> Void

    private final class Shard: Sendable {
        let bodies = Mutex<[UInt64: [(key: UInt64, body: Body)]]>([:])
    }

    private let shards = (0..<16).map { _ in Shard() }
    private let last = Atomic<UInt64>(0)

    /// How many watches there are, for tests.
    var count: Int {
        shards.reduce(0) { sum, shard in sum + shard.bodies.withLock { $0.values.reduce(0) { $0 + $1.count } } }
    }

    /// - Returns: what ``remove(_:of:)`` takes.
    @discardableResult
    func add(_ body: @escaping Body, to handle: UInt64) -> UInt64 {
        let key = last.wrappingAdd(1, ordering: .relaxed).newValue
        shard(handle).bodies.withLock { $0[handle, default: []].append((key, body)) }
        return key
    }

    func remove(_ key: UInt64, of handle: UInt64) {
        shard(handle).bodies.withLock { bodies in
            bodies[handle]?.removeAll { $0.key == key }
            if bodies[handle]?.isEmpty == true { bodies[handle] = nil }
        }
    }

    /// Takes out all watches of a session, in the order in which they began.
    func take(_ handle: UInt64) -> [Body] {
        shard(handle).bodies.withLock { $0.removeValue(forKey: handle) }?.map(\.body) ?? []
    }

    private func shard(_ handle: UInt64) -> Shard { shards[Int(handle & 15)] }
}

import ModuleHost
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

import Synchronization

/// Sessions that have ended and whose module has not heard of it yet: it may still ask whose they were.
final class LeavingSessions: Sendable {
    private let sessions = Mutex<[UInt64: Session]>([:])

    func add(_ session: Session) { sessions.withLock { $0[session.handle] = session } }

    func remove(_ session: Session) { sessions.withLock { _ = $0.removeValue(forKey: session.handle) } }

    subscript(handle: UInt64) -> Session? { sessions.withLock { $0[handle] } }
}

import Glibc
import Synchronization

/// Connections of a door on which nothing is under way, for the process that serves them next.
final class PassedConnections: Sendable {
    /// A connection, which is the holder's.
    struct Passed: Sendable {
        let descriptor: CInt
        let isUnixSocket: Bool
    }

    /// nil once they were taken.
    private let passed = Mutex<[Passed]?>([])

    deinit { for one in take() { close(one.descriptor) } }

    /// Adds one, which is the caller's no more; false where they were taken already.
    func add(_ descriptor: CInt, isUnixSocket: Bool) -> Bool {
        passed.withLock { passed in
            guard passed != nil else { return false }
            passed?.append(Passed(descriptor: descriptor, isUnixSocket: isUnixSocket))
            return true
        }
    }

    /// Those that were added, which are the caller's; none is added any more.
    func take() -> [Passed] { passed.withLock { $0.take() } ?? [] }
}

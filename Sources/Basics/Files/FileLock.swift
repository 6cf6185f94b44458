import Glibc
import Synchronization

/// Takes files for this process with flock(2).
public enum FileLock {
    /// What became of a try to take the lock.
    public enum Outcome: Sendable {
        case taken
        /// Another process has it.
        case held
        /// The file system has no locks, or the call failed; with the error number.
        case failed(Int32)
    }

    private struct Locks {
        /// Descriptors that have a lock, as far as they are still open.
        var taken: [(descriptor: Int32, file: FileIdentity)] = []
        /// Those of the process before, which share its locks: flock(2) has them "associated with an open file description".
        var inherited: [(descriptor: Int32, file: FileIdentity)] = []
    }

    private static let locks = Mutex(Locks())
    /// Steps of ten milliseconds.
    private static let patience = 100

    /// Takes the lock of an open file.
    ///
    /// Waits for at most a second: a lock that was given up a moment ago is still held by a child that was forked and has
    /// not come to its execve(2) yet, for "locks are associated with an open file description" (flock(2)).
    public static func take(_ descriptor: Int32) -> Outcome {
        for _ in 0..<patience {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 || isInherited(descriptor) {
                note(descriptor)
                return .taken
            }
            if errno != EWOULDBLOCK { return .failed(errno) }
            usleep(10_000)
        }
        return .held
    }

    private static func note(_ descriptor: Int32) {
        guard let file = FileIdentity(descriptor) else { return }
        locks.withLock { locks in
            locks.taken.removeAll { $0.descriptor == descriptor }
            locks.taken.append((descriptor, file))
        }
    }

    // MARK: - From one process to the next

    /// The descriptors whose locks are this process's, for the process that takes over from it; they stay this one's.
    public static var descriptors: [Int32] {
        locks.withLock { locks in
            locks.taken.removeAll { FileIdentity($0.descriptor) != $0.file }
            return locks.taken.map(\.descriptor)
        }
    }

    /// Shares the lock of a descriptor that the process before has sent: ``take(_:)`` takes it to be this process's own. The
    /// descriptor is closed by ``settle()``.
    public static func inherit(_ descriptor: Int32) {
        guard let file = FileIdentity(descriptor) else {
            close(descriptor)
            return
        }
        locks.withLock { $0.inherited.append((descriptor, file)) }
    }

    /// Makes shared locks this process's alone, once the process before does not need them any more.
    public static func settle() {
        locks.withLock { locks in
            for (descriptor, file) in locks.inherited {
                // The two descriptors exclude each other, so the one gives its lock up to the other.
                _ = flock(descriptor, LOCK_UN)
                for own in locks.taken where own.file == file && FileIdentity(own.descriptor) == file {
                    _ = flock(own.descriptor, LOCK_EX | LOCK_NB)
                }
                close(descriptor)
            }
            locks.inherited = []
        }
    }

    private static func isInherited(_ descriptor: Int32) -> Bool {
        let reason = errno
        defer { errno = reason }
        guard let file = FileIdentity(descriptor) else { return false }
        return locks.withLock { locks in locks.inherited.contains { $0.file == file } }
    }
}

import Glibc

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

    /// Steps of ten milliseconds.
    private static let patience = 100

    /// Takes the lock of an open file.
    ///
    /// Waits for at most a second: a lock that was given up a moment ago is still held by a child that was forked and has
    /// not come to its execve(2) yet, for "locks are associated with an open file description" (flock(2)).
    public static func take(_ descriptor: Int32) -> Outcome {
        for _ in 0..<patience {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return .taken }
            if errno != EWOULDBLOCK { return .failed(errno) }
            usleep(10_000)
        }
        return .held
    }
}

import Basics
import ModuleHost
import Synchronization

/// Counts the log-ins between the exchange of places and their answer, so that a list of sessions can be made while there is none: a
/// session in it is one whose client knows it, or will.
final class SessionGate: Sendable {
    private let inside = Atomic<Int>(0)
    private let closed = Atomic<Bool>(false)

    /// Lets a log-in begin; false where none may.
    func enter() -> Bool {
        // In this order: one that closes the gate sees this log-in, or this log-in sees that it is closed.
        inside.add(1, ordering: .sequentiallyConsistent)
        if !closed.load(ordering: .sequentiallyConsistent) { return true }
        leave()
        return false
    }

    /// Notes that a log-in has its answer.
    func leave() { inside.subtract(1, ordering: .sequentiallyConsistent) }

    /// Lets no log-in begin from now on, and waits for those that have; false where they do not end in time.
    func close(within limit: Duration) -> Bool {
        closed.store(true, ordering: .sequentiallyConsistent)
        let (pause, due) = (ThreadSemaphore(), SystemTime.monotonic + limit.nanoseconds)
        while inside.load(ordering: .sequentiallyConsistent) > 0 {
            guard SystemTime.monotonic < due else { return false }
            _ = pause.wait(for: .milliseconds(1))
        }
        return true
    }

    /// Lets log-ins begin again.
    func open() { closed.store(false, ordering: .sequentiallyConsistent) }
}

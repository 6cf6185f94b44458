import CThreads
import Glibc

/// What a thread waits for, with or without an end: a counting semaphore of the system, whose C library has a type of the shorter name.
package final class ThreadSemaphore: @unchecked Sendable {
    // sem_t is made for many threads; it stands at one address from init to deinit.
    private let pointer: UnsafeMutablePointer<sem_t>

    /// Makes a semaphore that has not been signalled.
    package init() {
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: sem_t())
        sem_init(pointer, 0, 0)
    }

    deinit {
        sem_destroy(pointer)
        pointer.deallocate()
    }

    /// Lets one waiting thread go on, or the next that waits. Safe in signal handlers, sem_post(3).
    package func signal() { sem_post(pointer) }

    /// Waits without an end.
    package func wait() {
        while sem_wait(pointer) != 0 {
            // Anything else says that this is no semaphore: the thread would go on as if it had been signalled.
            precondition(errno == EINTR, "sem_wait: \(SystemError())")
        }
    }

    /// Waits at most so long, on the monotonic clock; returns whether it was signalled.
    package func wait(for timeout: Duration) -> Bool { cthreads_wait(pointer, timeout.nanoseconds) == 0 }
}

import Basics
import Glibc
import Testing

@testable import ModuleHost

@Suite struct `What a module changes outside of auth_init` {
    @Test func `is the signals that a thread of the host's blocks, named with the thread`() throws {
        let (began, changing) = (ThreadSemaphore(), ThreadSemaphore())
        let (changed, end) = (ThreadSemaphore(), ThreadSemaphore())
        let isStarted = PosixThread.start(name: "auth-serial") {
            began.signal()
            changing.wait()
            var set = sigset_t()
            sigemptyset(&set)
            sigaddset(&set, SIGUSR1)
            pthread_sigmask(SIG_UNBLOCK, &set, nil)
            changed.signal()
            end.wait()
        }
        try #require(isStarted)
        began.wait()
        let watch = ProcessWatch()
        #expect(!watch.changes().contains { $0.contains("blocks other signals") })
        changing.signal()
        changed.wait()
        // The C library changes masks for moments: what stays is told.
        #expect(!watch.changes().contains { $0.contains("blocks other signals") })
        let found = watch.changes().filter { $0.contains("blocks other signals") }
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("thread auth-serial/") == true, "\(found)")
        // It is told once.
        #expect(!watch.changes().contains { $0.contains("blocks other signals") })
        end.signal()
    }
}

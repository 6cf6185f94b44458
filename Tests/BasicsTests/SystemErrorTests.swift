import Basics
import Glibc
import Synchronization
import Testing

@Suite struct SystemErrorTests {
    @Test func `says what was tried, and what the system says in the middle of a sentence`() {
        #expect(SystemError(ENOENT).description == "no such file or directory")
        #expect(SystemError(EACCES, "cannot read it").description == "cannot read it: permission denied")
        #expect(SystemError(ENOENT, "a") != SystemError(ENOENT, "b"))
        errno = ENOSPC
        #expect(SystemError().code == ENOSPC)
    }
}

@Suite struct WorkerThreadTests {
    @Test func `blocks every signal but those of a crash, and leaves the starter's mask as it was`() throws {
        var before = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &before)
        let seen = Mutex<[Int32: Bool]>([:])
        let thread = try WorkerThread.start {
            var mask = sigset_t()
            pthread_sigmask(SIG_BLOCK, nil, &mask)
            for signal in [SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGPIPE, SIGSEGV, SIGBUS, SIGABRT] {
                let isBlocked = sigismember(&mask, signal) == 1
                seen.withLock { $0[signal] = isBlocked }
            }
        }
        pthread_join(thread, nil)
        #expect(
            seen.withLock { $0 } == [
                SIGTERM: true, SIGINT: true, SIGHUP: true, SIGCHLD: true, SIGPIPE: true, SIGSEGV: false, SIGBUS: false,
                SIGABRT: false,
            ])
        var after = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &after)
        #expect(sigismember(&after, SIGTERM) == sigismember(&before, SIGTERM))
    }
}

@Suite struct WipingTests {
    @Test func `forgets what it overwrote`() {
        var secret = Array("hush".utf8)
        secret.wipe()
        #expect(secret.isEmpty)
        secret.wipe()
        #expect(secret.isEmpty)
    }
}

@Suite struct SystemTimeTests {
    @Test func `reads the clocks of the system in nanoseconds`() {
        let (before, wall) = (SystemTime.monotonic, SystemTime.wall)
        #expect(SystemTime.monotonic >= before)
        #expect((946_684_800...253_402_300_799).contains(wall / 1_000_000_000))
    }
}

import Glibc

/// Starts threads that no signal of the process interrupts.
package enum WorkerThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Runs `body` on a new thread, which the caller joins or detaches.
    package static func start(_ body: @escaping @Sendable () -> Void) throws(SystemError) -> pthread_t {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        // A fault whose signal is blocked ends the process without a word.
        for fault in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS] { sigdelset(&all, fault) }
        // Signals are the host's business: the thread inherits a mask that blocks them.
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Body(body))
        let code = pthread_create(&thread, nil, run, context.toOpaque())
        guard code == 0 else {
            context.release()
            throw SystemError(code, "cannot start a thread")
        }
        return thread
    }

    private static let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context else { return nil }
        // SAFETY: the reference was retained for this thread in `start`.
        Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        return nil
    }
}

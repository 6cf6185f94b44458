import Glibc

/// Starts threads of the module's own, which no signal of the host interrupts.
enum WorkerThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Runs `body` on a new thread, to be joined by the caller.
    static func start(_ body: @escaping @Sendable () -> Void) throws(ThreadError) -> pthread_t {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        // Signals are the host's business: the thread inherits a mask that blocks them.
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Body(body))
        let code = pthread_create(&thread, nil, run, context.toOpaque())
        guard code == 0 else {
            context.release()
            throw ThreadError(description: "cannot start a thread: errno \(code)")
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

/// Says why a thread cannot start.
struct ThreadError: Error, CustomStringConvertible {
    let description: String
}

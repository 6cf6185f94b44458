import CFFI

/// What the calling thread is doing: inside an entry point of a module, and what must wait until it has returned.
///
/// A host function called from inside an entry never calls a module; see `include/authhost/host.h`.
public final class CallContext {
    private var depth = 0
    private var waiting: [() -> Void] = []
    private var isKeptFree = false
    /// The session, token and deadline of the question this thread is in; for generations 6 and 7, which are not told.
    var question: (session: UInt64, token: UInt64, deadline: Int64)?
    /// Which life of a helper process knows the session that this thread asks about; 0 for any.
    var life: UInt32 = 0

    /// The session that the log-in may become about which this thread is asking.
    private var loggingIn: UInt64?

    private static func existing() -> CallContext? {
        // SAFETY: the value is set by `current()` alone, to a retained reference that is never released before the thread ends.
        cffi_thread_value().map { Unmanaged<CallContext>.fromOpaque($0).takeUnretainedValue() }
    }

    static func current() -> CallContext {
        if let context = existing() { return context }
        let context = CallContext()
        // NOTE: one small object for each thread that ever asked a module; threads are few and live long.
        cffi_set_thread_value(Unmanaged.passRetained(context).toOpaque())
        return context
    }

    func enter() { depth &+= 1 }

    func leave() {
        depth &-= 1
        if depth == 0 && !waiting.isEmpty { runWaiting() }
    }

    private func runWaiting() {
        let work = waiting
        waiting = []
        for body in work { body() }
    }

    /// Keeps the calling thread free of module code from now on: questions that it asks are put to a module on other threads.
    public static func keepThreadFree() { current().isKeptFree = true }

    /// Whether no entry point may run on the calling thread.
    public static var isThreadKeptFree: Bool { existing()?.isKeptFree ?? false }

    /// The session that the log-in may become about which the calling thread is asking a module; nil where it asks about none.
    public static var session: UInt64? { existing()?.loggingIn }

    /// Asks a module about a log-in.
    static func loggingIn<Result>(_ session: UInt64, _ body: () -> Result) -> Result {
        let context = current()
        let outer = context.loggingIn
        context.loggingIn = session
        defer { context.loggingIn = outer }
        return body()
    }

    /// Runs `body` now, or, inside an entry point, when the outermost one has returned, on this thread.
    public static func afterCall(_ body: @escaping () -> Void) {
        if let context = existing(), context.depth > 0 { context.waiting.append(body) } else { body() }
    }
}

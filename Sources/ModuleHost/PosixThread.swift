import CFFI
import Glibc
import Synchronization

/// A detached thread with all signals blocked but those of a crash: module code never runs on Swift's cooperative pool.
public enum PosixThread {
    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a thread.
    ///
    /// - Parameter name: shown by ps(1) and debuggers, at most 15 bytes are kept.
    /// - Returns: whether the system had a thread to give.
    public static func start(name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let shortName = String(name.prefix(15))
        let box = Unmanaged.passRetained(
            Box {
                cffi_name_thread(shortName)
                body()
            })
        var thread = pthread_t()
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        // A fault whose signal is blocked ends the process without a word.
        for fault in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS] { sigdelset(&all, fault) }
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let code = pthread_create(&thread, &attributes, { PosixThread.enter($0) }, box.toOpaque())
        if code != 0 {
            box.release()
            return false
        }
        return true
    }

    /// The kernel's number of the calling thread.
    public static var number: Int32 { cffi_thread_number() }

    /// What a thread of this process is called, with its number, such as `auth-serial/4711`.
    public static func describe(_ number: Int32) -> String {
        guard let file = fopen("/proc/self/task/\(number)/comm", "re") else { return "\(number)" }
        defer { fclose(file) }
        var name = [CChar](repeating: 0, count: 32)
        guard fgets(&name, Int32(name.count), file) != nil else { return "\(number)" }
        let bytes = name.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
        return "\(String(decoding: bytes, as: UTF8.self))/\(number)"
    }

    private static func enter(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument else { return nil }
        // SAFETY: `start` passed a retained box, which is taken over here exactly once.
        Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
        return nil
    }
}

/// A counting semaphore of the system, with a deadline on the monotonic clock.
public final class Semaphore: @unchecked Sendable {
    // sem_t is made for many threads; it stands at one address from init to deinit.
    private let semaphore: UnsafeMutablePointer<sem_t>

    /// Makes a semaphore that nobody has signalled.
    public init() {
        semaphore = .allocate(capacity: 1)
        semaphore.initialize(to: sem_t())
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    /// Lets one waiting thread go on, or the next that waits. Safe in signal handlers, sem_post(3).
    public func signal() { sem_post(semaphore) }

    /// Waits without an end.
    public func wait() {
        while sem_wait(semaphore) != 0 && errno == EINTR {}
    }

    /// Waits at most so long; returns whether it was signalled.
    public func wait(for timeout: Duration) -> Bool {
        let (seconds, attoseconds) = timeout.components
        return cffi_semaphore_wait(semaphore, seconds * 1_000_000_000 + attoseconds / 1_000_000_000) == 0
    }
}

import Basics
import CFFI
import Glibc

/// A detached thread with all signals blocked but those of a crash: module code never runs on Swift's cooperative pool.
public enum PosixThread {
    /// Starts a thread.
    ///
    /// - Parameter name: shown by ps(1) and debuggers, at most 15 bytes are kept.
    /// - Returns: whether the system had a thread to give.
    public static func start(name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        let shortName = String(name.prefix(15))
        let thread = try? WorkerThread.start {
            cffi_name_thread(shortName)
            body()
        }
        guard let thread else { return false }
        pthread_detach(thread)
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
}

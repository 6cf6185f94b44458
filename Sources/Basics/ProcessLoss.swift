import Glibc
import Synchronization

/// What becomes of a process that has lost what it cannot go on without, such as a descriptor that other code has closed.
package enum ProcessLoss {
    private static let handler = Mutex<(@Sendable (String) -> Never)?>(nil)

    /// Names what is called then; to be called once, when the program starts.
    package static func handle(_ body: @escaping @Sendable (String) -> Never) { handler.withLock { $0 = body } }

    /// Ends the process where the program has named a way; returns where it has not.
    ///
    /// - Parameter what: what was lost, as a sentence without its end.
    package static func report(_ what: String) { handler.withLock { $0 }?(what) }
}

import AuthCore
import Basics
import Logging
import ModuleHost
import Synchronization

/// Writes penalties to their file as they change, on a thread of its own.
final class PenaltyKeeper: Sendable {
    private struct State {
        /// When the file was written last, on the monotonic clock, and how long that took.
        var last: Int64 = 0
        var took: Int64 = 0
        var isWriting = false
        var isFailing = false
        /// Whether the file is another process's, or the host has stopped.
        var isStopped = false
    }

    /// The part of the time that writing may take: one of so many.
    private static let share: Int64 = 20

    private let file: PenaltyFile
    private let writer = Mutex(PenaltyKeeper.lane())
    private let state = Mutex(State())
    private let clock: any HostClock
    private let log: Logger

    init(_ file: PenaltyFile, clock: any HostClock, log: Logger) {
        self.file = file
        self.clock = clock
        self.log = log
    }

    /// Reads what the file has kept. A damaged one is put aside: a host that did not start for it would let no user in, and one that
    /// starts gives a guesser one more count.
    func restore(_ table: inout PenaltyTable) {
        guard let text = file.text else { return }
        do throws(PenaltyTextError) {
            try table.restore(text, wall: clock.wall, at: clock.monotonic)
        } catch {
            log.error(
                """
                penalties: `\(file.path)` is damaged at line \(error.line): \(error.description): nothing is known of wrong \
                passwords before this start; what was found is kept as `\(file.putAside())`
                """)
        }
    }

    /// Writes what has changed, unless it was written a moment ago.
    func keep(_ table: borrowing Mutex<PenaltyTable>, waits: Bool) {
        let now = clock.monotonic
        let (isDue, isFailing) = state.withLock { state in
            let isFree = !state.isWriting && !state.isStopped
            return (isFree && (state.last == 0 || now - state.last >= Self.share * state.took), state.isFailing)
        }
        guard isDue, let changed = table.withLock({ $0.takeChanged() ?? (isFailing ? $0 : nil) }) else { return }
        state.withLock { $0.isWriting = true }
        if waits { writer.withLock { $0 }.tell { [self] in write(changed) } } else { write(changed) }
    }

    /// Writes what has changed, and ends.
    func stop(_ table: borrowing Mutex<PenaltyTable>) {
        writer.withLock { $0 }.drain()
        state.withLock { ($0.isWriting, $0.last) = (false, 0) }
        keep(table, waits: false)
        state.withLock { $0.isStopped = true }
    }

    /// Writes again after ``stop(_:)``.
    func resume() {
        writer.withLock { $0 = Self.lane() }
        state.withLock { $0.isStopped = false }
    }

    private static func lane() -> WorkLane { WorkLane(name: "auth-penalty-f", threads: 1, limit: 1) }

    private func write(_ table: PenaltyTable) {
        let began = clock.monotonic
        var fault: SystemError?
        do throws(SystemError) {
            try file.write(table.text(wall: clock.wall, at: began))
        } catch {
            fault = error
        }
        let now = clock.monotonic
        let isNews = state.withLock { state in
            defer { state.isFailing = fault != nil }
            (state.last, state.took, state.isWriting) = (now, now - began, false)
            return state.isFailing != (fault != nil)
        }
        guard isNews else { return }
        if let fault {
            log.error("penalties: `\(file.path)` cannot be written: \(fault); a restart forgets what has changed since")
        } else {
            log.notice("penalties: `\(file.path)` is written again")
        }
    }
}

import ModuleHost
import Synchronization

/// Checks of a session that wait for a helper process: what comes while a round waits is asked with it, in one call.
///
/// A round is of one session, so that sessions have their turns as before, and a process is asked about its own ones alone.
final class LaneRounds: Sendable {
    /// A check that waits.
    struct Row: Sendable {
        let slot: PendingSlot
        let token: UInt64
        let check: BatchedCheck
        let asker: WorkLane.Asker?
        /// When it was asked and when its answer is due, on the monotonic clock.
        let asked, due: Int64
        /// Asks it without the others.
        let alone: @Sendable () -> Void

        /// Whether no deadline and no cancellation has answered it.
        var waits: Bool { slot.isQueued(token) }
    }

    enum Place {
        /// It is asked with those that wait.
        case joined
        /// It is the first one of a round that is to be asked.
        case began
        /// It has to be asked alone.
        case full
    }

    /// Most checks of a round. A session has one that waits, so its share of the queue grows by these at most.
    private static let limit = 64

    private let waiting = Mutex<[UInt64: [Row]]>([:])

    /// Adds a check to the round of its session.
    func add(_ row: Row, of session: UInt64) -> Place {
        waiting.withLock { waiting in
            guard let count = waiting[session]?.count else {
                waiting[session] = [row]
                return .began
            }
            if count == Self.limit { return .full }
            waiting[session]?.append(row)
            return .joined
        }
    }

    /// Takes the round of a session, which is to be asked now.
    func take(of session: UInt64) -> [Row] { waiting.withLock { $0.removeValue(forKey: session) ?? [] } }
}

import AuthCore
import Synchronization

/// How far a log-in has come. It moves forward only, and is settled once.
struct LoginProgress: ~Copyable, Sendable {
    enum Stage: Sendable {
        /// The module is asked; the token of its delayed answer, once there is one.
        case asking(token: UInt64?)
        /// The module has said yes, and a place is asked for.
        case reserving
        /// The place is being exchanged; nothing is undone from here on.
        case committing
        case over
    }

    private let state = Mutex<(stage: Stage, ticket: Ticket?)>((.asking(token: nil), nil))
    /// When a place must have been found, on the monotonic clock.
    let due: Int64

    init(due: Int64) { self.due = due }

    var stage: Stage { state.withLock { $0.stage } }

    var isWaiting: Bool {
        if case .over = stage { false } else { true }
    }

    func begin(_ ticket: Ticket) { state.withLock { $0.ticket = ticket } }

    func wait(for token: UInt64) {
        state.withLock { state in
            if case .asking = state.stage { state.stage = .asking(token: token) }
        }
    }

    /// Moves on by one stage; false when other code has settled it.
    func advance(to next: Stage) -> Bool {
        state.withLock { state in
            switch (state.stage, next) {
            case (.asking, .reserving), (.reserving, .committing):
                state.stage = next
                return true
            default: return false
            }
        }
    }

    /// Ends it; returns the ticket for the answer, nil when it has ended before.
    func settle() -> Ticket? {
        state.withLock { state in
            if case .over = state.stage { return nil }
            // The ticket knows its log-in, and the log-in its ticket, only as long as it waits.
            defer { state = (.over, nil) }
            return state.ticket
        }
    }
}

/// Log-ins that wait for a place, by the time they may wait at most.
final class AdmissionDeadlines: Sendable {
    private let wheel: Mutex<TimerWheel<@Sendable () -> Void>>

    init(now: Int64) { wheel = Mutex(TimerWheel(tick: 100_000_000, slots: 512, now: now)) }

    func add(_ due: Int64, _ body: @escaping @Sendable () -> Void) { wheel.withLock { $0.add(body, due: due) } }

    func expire(at now: Int64) {
        for body in wheel.withLock({ $0.advance(to: now) }) { body() }
    }
}

import Synchronization

/// Waits for one sink to have lines that must be somewhere before an answer goes out.
final class AuditReceipt: Sendable {
    private struct State {
        /// Sinks that have not said yet.
        var open: Int
        var isRefused = false
        var body: (@Sendable (Bool) -> Void)?
    }

    /// When it is too late, on the monotonic clock.
    let due: Int64
    private let state: Mutex<State>

    /// - Parameter body: called once with whether a sink has the lines, on the thread that knows.
    init(sinks: Int, due: Int64, _ body: @escaping @Sendable (Bool) -> Void) {
        self.due = due
        state = Mutex(State(open: sinks, body: body))
    }

    /// Whether the answer still waits for a sink.
    var isWaiting: Bool { state.withLock { $0.body != nil } }

    /// Whether the answer was denied in their place: no answer waits any more for what is not written yet.
    var isRefused: Bool { state.withLock { $0.isRefused } }

    /// Notes what one sink says.
    func settle(_ isWritten: Bool) {
        end(isWritten) { state in
            state.open -= 1
            return isWritten || state.open <= 0
        }
    }

    /// Ends the wait: what is written later is too late.
    func expire() { end(false) { _ in true } }

    private func end(_ isWritten: Bool, when isOver: (inout State) -> Bool) {
        let body = state.withLock { state -> (@Sendable (Bool) -> Void)? in
            guard isOver(&state), let body = state.body.take() else { return nil }
            state.isRefused = !isWritten
            return body
        }
        body?(isWritten)
    }
}

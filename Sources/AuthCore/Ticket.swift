import Synchronization

/// A question that waits for its answer.
public final class Ticket: Sendable {
    private enum State {
        case waiting
        case listening(@Sendable (Answer) -> Void)
        case decided(Answer)
        case delivered
    }

    private let state = Mutex(State.waiting)
    private let observers = Mutex<[@Sendable (Answer) -> Void]>([])
    private let onAbandon: @Sendable () -> Void

    /// - Parameter onAbandon: what to do when the client has gone; called at most once for each ``abandon()``, on its thread.
    public init(onAbandon: @escaping @Sendable () -> Void) { self.onAbandon = onAbandon }

    /// Calls `body` with the answer, exactly once, on the thread that decides: at once on the caller's if it is there already.
    ///
    /// A ticket has one listener; a second one replaces the first.
    public func whenDecided(_ body: @escaping @Sendable (Answer) -> Void) {
        let ready = state.withLock { state -> Answer? in
            switch state {
            case .waiting, .listening:
                state = .listening(body)
                return nil
            case .decided(let answer):
                state = .delivered
                return answer
            case .delivered: return nil
            }
        }
        if let ready { body(ready) }
    }

    /// Gives the answer. The first one counts; returns whether this was it.
    @discardableResult
    public func decide(_ answer: Answer) -> Bool {
        let (first, listener) = state.withLock { state -> (Bool, (@Sendable (Answer) -> Void)?) in
            switch state {
            case .waiting:
                state = .decided(answer)
                return (true, nil)
            case .listening(let body):
                state = .delivered
                return (true, body)
            case .decided, .delivered: return (false, nil)
            }
        }
        guard first else { return false }
        for observer in observers.withLock({ $0 }) { observer(answer) }
        listener?(answer)
        return true
    }

    /// Decides as an outcome does, now or later.
    public func follow(_ outcome: Outcome) { outcome.then { self.decide($0) } }

    /// Takes the answer if it is there already and nobody listens; the listener is then never called.
    public func takeAnswer() -> Answer? {
        state.withLock { state in
            guard case .decided(let answer) = state else { return nil }
            state = .delivered
            return answer
        }
    }

    /// Calls `body` with the answer before the listener is told; for counting and keeping, by the maker of the ticket, before
    /// anybody else has it.
    public func observe(_ body: @escaping @Sendable (Answer) -> Void) {
        let answer = state.withLock { state -> Answer? in
            if case .decided(let answer) = state { return answer }
            observers.withLock { $0.append(body) }
            return nil
        }
        if let answer { body(answer) }
    }

    /// Says that nobody waits any more: the module is told to cancel, and a login that succeeds later holds no place.
    public func abandon() { onAbandon() }
}

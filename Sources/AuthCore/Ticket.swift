import Synchronization

/// A question that waits for its answer.
public final class Ticket: Sendable {
    private enum State {
        case waiting
        case listening(@Sendable (Answer) -> Void)
        case decided(Answer)
        case delivered
    }

    /// How far it is, and which decision its answer is.
    private struct Progress {
        var state = State.waiting
        var decision = DecisionID.none

        func named(_ answer: Answer) -> Answer {
            if decision.isNone { return answer }
            var answer = answer
            answer.decision = decision
            return answer
        }
    }

    private let progress = Mutex(Progress())
    private let observers = Mutex<[@Sendable (Answer) -> Void]>([])
    private let onAbandon: @Sendable () -> Void

    /// - Parameter onAbandon: what to do when the client has gone; called at most once for each ``abandon()``, on its thread.
    public init(onAbandon: @escaping @Sendable () -> Void) { self.onAbandon = onAbandon }

    /// Calls `body` with the answer, exactly once, on the thread that answers: at once on the caller's if it is there already.
    ///
    /// A ticket has one listener; a second one replaces the first.
    public func whenDecided(_ body: @escaping @Sendable (Answer) -> Void) {
        let ready = progress.withLock { progress -> Answer? in
            switch progress.state {
            case .waiting, .listening:
                progress.state = .listening(body)
                return nil
            case .decided(let answer):
                progress.state = .delivered
                return progress.named(answer)
            case .delivered: return nil
            }
        }
        if let ready { body(ready) }
    }

    /// Gives the answer. The first one counts; returns whether this was it.
    @discardableResult
    public func answer(_ answer: Answer) -> Bool {
        let (first, listener, answer) = progress.withLock {
            progress -> (Bool, (@Sendable (Answer) -> Void)?, Answer) in
            switch progress.state {
            case .waiting:
                progress.state = .decided(answer)
                return (true, nil, progress.named(answer))
            case .listening(let body):
                progress.state = .delivered
                return (true, body, progress.named(answer))
            case .decided, .delivered: return (false, nil, answer)
            }
        }
        guard first else { return false }
        for observer in observers.withLock({ $0 }) { observer(answer) }
        listener?(answer)
        return true
    }

    /// Answers as an outcome does, now or later.
    public func follow(_ outcome: Outcome) { outcome.then { self.answer($0) } }

    /// Takes the answer if it is there already and there is no listener; a listener is then never called.
    public func takeAnswer() -> Answer? {
        progress.withLock { progress in
            guard case .decided(let answer) = progress.state else { return nil }
            progress.state = .delivered
            return progress.named(answer)
        }
    }

    /// Calls `body` with the answer before the listener is told; for counting and keeping, by the maker of the ticket, before
    /// any other code has it.
    public func observe(_ body: @escaping @Sendable (Answer) -> Void) {
        let answer = progress.withLock { progress -> Answer? in
            if case .decided(let answer) = progress.state { return progress.named(answer) }
            observers.withLock { $0.append(body) }
            return nil
        }
        if let answer { body(answer) }
    }

    /// Says which decision its answer is, to all that take the answer from here on.
    public func name(_ decision: DecisionID) { progress.withLock { $0.decision = decision } }

    /// Gives the question up: the module is told to cancel, and a log-in that succeeds later holds no place.
    public func abandon() { onAbandon() }
}

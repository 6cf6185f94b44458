/// How a question was received.
public enum Outcome: Sendable {
    /// The answer, at once and on the caller's thread.
    case decided(Answer)
    /// The answer comes later: from the module, the deadline or the session's end, exactly once.
    case delayed(Ticket)
}

extension Outcome {
    /// Whether the answer is there.
    public var isDecided: Bool { if case .decided = self { true } else { false } }

    /// Goes on with the answer, at once or when it is there.
    ///
    /// - Parameter body: called exactly once: before the return where the answer is there, else on the thread that answers.
    public func then(_ body: @escaping @Sendable (Answer) -> Void) {
        switch self {
        case .decided(let answer): body(answer)
        case .delayed(let ticket): ticket.whenDecided(body)
        }
    }

    /// Changes the answer, when it is there.
    ///
    /// - Parameters:
    ///   - abandons: whether a client that goes away takes the question with it; not where others wait for it too.
    ///   - body: called exactly once, on the thread that answers.
    public func map(abandons: Bool = true, _ body: @escaping @Sendable (Answer) -> Answer) -> Outcome {
        switch self {
        case .decided(let answer): return .decided(body(answer))
        case .delayed(let inner):
            let ticket = Ticket { if abandons { inner.abandon() } }
            inner.whenDecided { ticket.answer(body($0)) }
            return .delayed(ticket)
        }
    }

    /// Puts something between the answer and the client that may take a while, such as a write to a disk.
    ///
    /// - Parameter body: called exactly once, on the thread that answers, with the answer and with what takes the one that the client
    ///   gets; that is to be called once, on any thread.
    public func passing(
        _ body: @escaping @Sendable (Answer, _ give: @escaping @Sendable (Answer) -> Void) -> Void
    ) -> Outcome {
        switch self {
        case .decided(let answer):
            let ticket = Ticket {}
            body(answer) { ticket.answer($0) }
            return ticket.takeAnswer().map(Outcome.decided) ?? .delayed(ticket)
        case .delayed(let inner):
            let ticket = Ticket { inner.abandon() }
            inner.whenDecided { body($0) { ticket.answer($0) } }
            return .delayed(ticket)
        }
    }

    /// Says which decision the answer is, now or when it is there.
    public consuming func named(_ decision: DecisionID) -> Outcome {
        switch consume self {
        case .decided(var answer):
            answer.decision = decision
            return .decided(answer)
        case .delayed(let ticket):
            ticket.name(decision)
            return .delayed(ticket)
        }
    }

    /// Tells of the answer before any other code has it; for counting and keeping.
    ///
    /// - Parameter body: called exactly once, on the thread that answers.
    public func observe(_ body: @escaping @Sendable (Answer) -> Void) {
        switch self {
        case .decided(let answer): body(answer)
        case .delayed(let ticket): ticket.observe(body)
        }
    }
}

import AuthCore
import ModuleHost
import Synchronization

/// What follows an answer of a module.
enum NextStep: Sendable {
    case answer(Answer)
    /// The module is asked further.
    case ask(@Sendable () -> Outcome)
}

extension Decider {
    /// The one way from a question of one entry point to what follows its answer, at once or later.
    ///
    /// - Parameters:
    ///   - now: on the monotonic clock; the deadline counts from it.
    ///   - resumes: whether an answer that comes later is taken on a thread where the decider may be asked further; else on the
    ///     one that brings it.
    ///   - opened: told the token of a question that was left open, before its answer is taken.
    ///   - body: called with the answer, exactly once; before the return where the question is answered at once.
    func ask(
        _ question: EntryQuestion, at now: Int64, resumes: Bool = false, opened: (_ token: UInt64) -> Void = { _ in },
        then body: @escaping @Sendable (ModuleAnswer) -> Void
    ) {
        var question = question
        switch ask(&question, at: now) {
        case .answered(let said): body(said)
        case .open(let open):
            opened(open.token)
            open.whenAnswered { [self] said, _ in
                if resumes { resume { body(said) } } else { body(said) }
            }
        }
    }

    /// The one way from a question that was left open to the client's ticket.
    ///
    /// - Parameters:
    ///   - session: the one that asks; its end answers the question.
    ///   - step: what follows the answer. It is never asked further on the thread that brought the answer.
    func outcome<Question>(
        of open: OpenQuestion<Question>, for session: Session,
        _ step: @escaping @Sendable (ModuleAnswer, Question) -> NextStep
    ) -> Outcome {
        let waiting = WaitingStep { [self] in cancel(open) }
        let ticket = Ticket { waiting.cancel() }
        session.noteWaiting()
        open.whenAnswered { [self] said, question in
            session.noteAnswered()
            switch step(said, question) {
            case .answer(let answer): ticket.answer(answer)
            case .ask(let further): resume { waiting.go(on: further(), ticket) }
            }
        }
        // A session that ended before the question waited has not ended it.
        if session.hasEnded { ticket.abandon() }
        return .delayed(ticket)
    }

    /// Answers an open question because no client waits any more, at whichever entry point it is.
    func cancel(_ open: OpenQuestion<some ModuleQuestion>) {
        var token = open.token
        cancel(token)
        // The question may have gone on meanwhile, by another token.
        while open.token != token {
            token = open.token
            cancel(token)
        }
    }
}

/// What an abandoned question must cancel: what the module was asked first, or the step after it.
private final class WaitingStep: Sendable {
    private let canceller: Mutex<@Sendable () -> Void>

    init(_ cancel: @escaping @Sendable () -> Void) { canceller = Mutex(cancel) }

    /// Answers the client's ticket with the outcome of a further step.
    func go(on outcome: Outcome, _ ticket: Ticket) {
        if case .delayed(let inner) = outcome { canceller.withLock { $0 = { inner.abandon() } } }
        ticket.follow(outcome)
    }

    func cancel() { canceller.withLock { $0 }() }
}

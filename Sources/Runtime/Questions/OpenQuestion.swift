import AuthCore
import ModuleHost
import Synchronization

/// How a module took a question.
enum Asked<Question: ModuleQuestion> {
    case answered(ModuleAnswer)
    /// The answer comes later: from the module, the deadline or a cancellation, exactly once.
    case open(OpenQuestion<Question>)
}

/// A question that a module has left open.
final class OpenQuestion<Question: ModuleQuestion>: Sendable {
    typealias Listener = @Sendable (ModuleAnswer, Question) -> Void

    private struct State {
        var question: Question
        /// Of the entry point that is asked.
        var token: UInt64
        var answer: ModuleAnswer?
        var listener: Listener?
    }

    private let state: Mutex<State>

    init(_ token: UInt64, _ question: Question) { state = Mutex(State(question: question, token: token)) }

    /// What completes or cancels the question as far as it has come.
    var token: UInt64 { state.withLock { $0.token } }

    /// Notes how far the question has come, and by which token it is completed now.
    func note(_ question: Question, _ token: UInt64) {
        state.withLock { state in
            state.question = question
            state.token = token
        }
    }

    /// Takes the answer; to be called once.
    func deliver(_ answer: ModuleAnswer) {
        let (listener, question) = state.withLock { state in
            if state.listener == nil { state.answer = answer }
            return (state.listener.take(), state.question)
        }
        listener?(answer, question)
    }

    /// Calls `body` with the answer and how far the question had come, exactly once, on the thread that brings it: at once on
    /// the caller's if it is there already.
    func whenAnswered(_ body: @escaping Listener) {
        let (answer, question) = state.withLock { state in
            if state.answer == nil { state.listener = body }
            return (state.answer.take(), state.question)
        }
        if let answer { body(answer, question) }
    }
}

/// What follows an answer of a module.
enum NextStep: Sendable {
    case answer(Answer)
    /// The module is asked further.
    case ask(@Sendable () -> Outcome)
}

extension Decider {
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
            case .answer(let answer): ticket.decide(answer)
            case .ask(let further): resume { waiting.go(on: further(), ticket) }
            }
        }
        // A session that ended before the question waited has not ended it.
        if session.hasEnded { ticket.abandon() }
        return .delayed(ticket)
    }
}

/// What an abandoned question must cancel: what the module was asked first, or the step after it.
private final class WaitingStep: Sendable {
    private let canceller: Mutex<@Sendable () -> Void>

    init(_ cancel: @escaping @Sendable () -> Void) { canceller = Mutex(cancel) }

    /// Answers the client's ticket with the outcome of a further step.
    func go(on outcome: Outcome, _ ticket: Ticket) {
        switch outcome {
        case .decided(let answer): ticket.decide(answer)
        case .delayed(let inner):
            canceller.withLock { $0 = { inner.abandon() } }
            inner.whenDecided { ticket.decide($0) }
        }
    }

    func cancel() { canceller.withLock { $0 }() }
}

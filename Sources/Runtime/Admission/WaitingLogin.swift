import AuthCore
import Synchronization

/// A log-in that waits before the module is asked. It holds no thread: a wheel wakes it.
final class WaitingLogin: Sendable {
    private enum Stage {
        case waiting(PenaltySubject)
        /// Woken, and on the way to the module.
        case going
        case asked(Ticket)
        /// The client went away on the way to the module.
        case left
        case over
    }

    private let stage: Mutex<Stage>
    private let ticket: Ticket
    let attempt: PenaltyAttempt
    let way: PenaltyWay
    /// When it came, on the monotonic clock.
    let began: Int64

    /// - Parameters:
    ///   - subject: the one for whose wrong passwords it waits.
    ///   - gaveUp: told where its client goes away while it waits.
    init(
        _ attempt: PenaltyAttempt, _ way: PenaltyWay, for subject: PenaltySubject, began: Int64,
        gaveUp: @escaping @Sendable (PenaltySubject) -> Void
    ) {
        stage = Mutex(.waiting(subject))
        self.attempt = attempt
        self.way = way
        self.began = began
        let own = SetOnce<WeakLogin>()
        ticket = Ticket { own.value?.login?.abandon(gaveUp) }
        own.set(WeakLogin(self))
    }

    /// What the client waits for.
    var outcome: Outcome { .delayed(ticket) }

    /// Takes it out of its wait; nil where no client waits for it any more.
    func wake() -> PenaltySubject? {
        stage.withLock { stage in
            guard case .waiting(let subject) = stage else { return nil }
            stage = .going
            return subject
        }
    }

    /// Has it wait again; false where its client has gone meanwhile.
    func sleep(for subject: PenaltySubject) -> Bool {
        stage.withLock { stage in
            guard case .going = stage else { return false }
            stage = .waiting(subject)
            return true
        }
    }

    /// Whether a client still waits for the answer.
    var isWanted: Bool {
        stage.withLock { stage in if case .going = stage { true } else { false } }
    }

    /// Gives the answer.
    func answer(_ answer: Answer) {
        stage.withLock { $0 = .over }
        ticket.answer(answer)
    }

    /// Hands on the answer of a module that was asked.
    func follow(_ outcome: Outcome) {
        switch outcome {
        case .decided(let answer): self.answer(answer)
        case .delayed(let inner):
            let hasLeft = stage.withLock { stage in
                if case .left = stage { return true }
                stage = .asked(inner)
                return false
            }
            if hasLeft { inner.abandon() }
            inner.whenDecided { [self] in answer($0) }
        }
    }

    private func abandon(_ gaveUp: @Sendable (PenaltySubject) -> Void) {
        let (subject, inner) = stage.withLock { stage -> (PenaltySubject?, Ticket?) in
            switch stage {
            case .waiting(let subject):
                stage = .over
                return (subject, nil)
            case .going:
                stage = .left
                return (nil, nil)
            case .asked(let inner): return (nil, inner)
            case .left, .over: return (nil, nil)
            }
        }
        inner?.abandon()
        guard let subject else { return }
        gaveUp(subject)
        ticket.answer(Answer(.undecided, .cancelled))
    }
}

/// Its ticket must not keep a log-in that no other code has any more.
private struct WeakLogin: Sendable {
    weak let login: WaitingLogin?

    init(_ login: WaitingLogin) { self.login = login }
}

/// How a log-in goes on.
struct PenaltyWay: Sendable {
    let logins: Logins
    /// The one that was in force when the log-in came.
    let asked: any Decider
    let login: Login

    /// Asks the module; called at most once.
    func ask() -> Outcome { LoginQuestion(logins, decider, login, .login).ask() }

    /// Runs what asks the module after a wait, where it may be asked.
    func resume(_ body: @escaping @Sendable () -> Void) { decider.resume(body) }

    /// Counts an answer that is not the module's, before any other code has it.
    func refused(_ answer: Answer) { logins.note(answer, to: login, .login) }

    /// Another module may be in force after a wait.
    private var decider: any Decider { logins.sessions.decider.value ?? asked }
}

import AuthCore

extension Step {
    /// Goes on for a client that has gone: what was opened for it ends, and nothing more is opened.
    func windUp(asking host: any QuestionAnswering) {
        if case .decided(_, let next) = self { return next.windUp(asking: host) }
        guard case .ask(let question, let next) = self else { return }
        switch question {
        case .login, .resume, .authenticate: return
        case .check, .map, .logout: break
        }
        switch host.ask(question) {
        case .decided(let answer): next(answer).windUp(asking: host)
        case .delayed(let ticket):
            ticket.whenDecided { next($0).windUp(asking: host) }
            ticket.abandon()
        }
    }
}

/// How far a walk came.
enum Walk: Sendable {
    case arrived(Reply)
    case waiting(PendingStep)
}

/// A walk that waits: for a module, or for what takes a while.
struct PendingStep: Sendable {
    /// Calls its last argument with the next step, exactly once, on any thread.
    let whenReady: @Sendable (inout DoorTurn, @escaping @Sendable (Step) -> Void) -> Void
    /// Says that the client has gone.
    let abandon: @Sendable () -> Void

    init(_ ticket: Ticket, _ next: @escaping @Sendable (Answer) -> Step) {
        whenReady = { _, body in ticket.whenDecided { body(.decided($0.decision, next($0))) } }
        abandon = { ticket.abandon() }
    }

    init(_ work: @escaping @Sendable () -> Reply) {
        whenReady = { turn, body in turn.doLater { body(.reply(work())) } }
        abandon = {}
    }

    init(_ begin: @escaping @Sendable (@escaping @Sendable (Reply) -> Void) -> Void) {
        whenReady = { _, body in begin { body(.reply($0)) } }
        abandon = {}
    }

    init(_ gathering: GatheredAnswers, _ next: @escaping @Sendable ([Answer]) -> Step) {
        whenReady = { _, body in gathering.whenComplete { body(next($0)) } }
        abandon = { gathering.abandon() }
    }
}

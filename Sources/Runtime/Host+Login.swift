import AuthCore
import ModuleHost
import Synchronization

extension Host {
    /// Asks the module whether a client may have a session, and admits it if so.
    func login(_ login: Login, resuming: Bool = false, _ decider: ModuleDecider) -> Outcome {
        let question = LoginQuestion(self, decider, login, resuming ? .resume : .login)
        return counted(question.kind, question.ask())
    }

    /// Answers from the session that equal credentials got a while ago, or logs in; equal concurrent log-ins share one.
    func authenticate(_ login: Login, _ decider: ModuleDecider) -> Outcome {
        guard credentials.keeps else { return oneUse(self.login(login, decider)) }
        endRetiredSessions()
        let key = credentials.key(login, realm: configuration.realm)
        switch credentials.look(up: key, at: clock.monotonic) {
        case .known(let id):
            if let session = openSession(id) {
                return .decided(Answer(.allow, .granted, session: id, user: session.user))
            }
            credentials.forget(id)
            return authenticate(login, decider)
        case .shared(let ticket): return .delayed(ticket)
        case .first:
            let before = epoch.load(ordering: .acquiring)
            switch self.login(login, decider) {
            case .decided(let answer):
                keep(answer, key, login.user, epoch: before)
                return .decided(answer)
            case .delayed(let inner):
                // One client that goes away must not take the answer from the others who wait for it.
                let ticket = Ticket {}
                inner.whenDecided { [weak self] answer in
                    self?.keep(answer, key, login.user, epoch: before)
                    ticket.decide(answer)
                }
                return .delayed(ticket)
            }
        }
    }

    /// Ends kept sessions that are too old, and sessions whose expiry has passed.
    func sweep() {
        endRetiredSessions()
        let now = clock.wall
        for session in sessions.sessions(of: nil) where session.standing(at: now).hasExpired { end(session, .expired) }
    }

    private func endRetiredSessions() {
        for id in credentials.sweep(at: clock.monotonic) {
            if let session = sessions.session(id) { end(session, .expired) }
        }
    }

    /// Keeps a session for equal credentials, unless something was invalidated while the module was asked.
    private func keep(_ answer: Answer, _ key: CredentialCache.Key, _ user: String, epoch before: UInt64) {
        credentials.settle(key, answer, user: user, at: clock.monotonic) {
            epoch.load(ordering: .acquiring) == before
        }
    }

    /// Marks a session that is for one question: the door ends it, or else its grace does.
    private func oneUse(_ outcome: Outcome) -> Outcome {
        switch outcome {
        case .decided(let answer): return .decided(markedOneUse(answer))
        case .delayed(let inner):
            let ticket = Ticket { inner.abandon() }
            inner.whenDecided { [self] in ticket.decide(markedOneUse($0)) }
            return .delayed(ticket)
        }
    }

    private func markedOneUse(_ answer: Answer) -> Answer {
        guard answer.verdict == .allow, let id = answer.session else { return answer }
        credentials.retire(id, at: clock.monotonic)
        var marked = answer
        marked.isOneUse = true
        return marked
    }
}

/// One login on its way: from the question to the module to an admitted session.
private struct LoginQuestion: Sendable {
    let host: Host
    let decider: ModuleDecider
    let login: Login
    let kind: QuestionKind
    let session: Session

    init(_ host: Host, _ decider: ModuleDecider, _ login: Login, _ kind: QuestionKind) {
        self.host = host
        self.decider = decider
        self.login = login
        self.kind = kind
        session = host.sessions.prepare(login, at: host.clock.wall)
    }

    func ask() -> Outcome {
        var delayed: Ticket?
        let question = ModuleQuestion(
            kind: kind, session: session.handle, key: decider.key(session.handle, .login)
        ) { [login, session, kind] module, ticket in
            module.newUser(login, resuming: kind == .resume, session: session.handle, ticket)
        }
        let answer = decider.ask(question) { token in
            let ticket = Ticket { [decider] in decider.cancel(token) }
            delayed = ticket
            return { answer in ticket.decide(finish(answer)) }
        }
        if let answer { return .decided(finish(answer)) }
        return delayed.map(Outcome.delayed) ?? .decided(Answer(.undecided, .moduleError))
    }

    /// Turns what the module said into an open session or a refusal.
    private func finish(_ said: ModuleAnswer) -> Answer {
        var answer = said.verdict(for: kind)
        guard answer.verdict == .allow else {
            host.sessions.forget(session)
            return answer
        }
        if let user = said.user, user != login.user {
            return refuse(Answer(.undecided, .changedUser, logText: "the module named another user"))
        }
        endExpiredSessions()
        switch host.sessions.open(session, expiry: said.expiry, limit: said.sessionLimit) {
        case .admitted:
            answer.session = session.id
            answer.user = session.user
            return answer
        case .overUserLimit:
            return refuse(Answer(.overLimit, .userLimit, logText: "at most \(said.sessionLimit) sessions of this user"))
        case .ended: return refuse(Answer(.ejected, .ejectedSession))
        }
    }

    /// A session whose expiry has passed holds no place against its user's limit.
    private func endExpiredSessions() {
        let now = host.clock.wall
        for other in host.sessions.sessions(of: session.user) where other.standing(at: now).hasExpired {
            host.end(other, .expired)
        }
    }

    /// Refuses a session that the module had allowed, and tells it so.
    private func refuse(_ answer: Answer) -> Answer {
        host.sessions.forget(session)
        decider.tellFree(session.handle, .refused)
        return answer
    }
}

extension ModuleAnswer {
    /// The verdict on the question: the host's own where it answered for the module, else the fail-closed rule's.
    func verdict(for kind: QuestionKind) -> Answer {
        if let refusal { return Answer(refusal == .noEntry ? .deny : .undecided, refusal) }
        if let breach { return Answer(.undecided, .brokenAnswer, logText: breach) }
        var answer = Answer.closed(status, to: kind)
        if let logText { answer.logText = logText }
        answer.clientText = clientText
        return answer
    }
}

import AuthCore
import ModuleHost
import Synchronization

extension Host {
    /// Asks the module whether a client may have a session, and admits it if so.
    func login(_ login: Login, resuming: Bool = false, _ decider: any Decider) -> Outcome {
        let question = LoginQuestion(self, decider, login, resuming ? .resume : .login)
        let outcome = counted(question.kind, question.ask())
        outcome.observe { [self] in noteFailure($0, of: login) }
        return outcome
    }

    /// Writes a line about a log-in that failed, where there is none of its user yet in this minute.
    private func noteFailure(_ answer: Answer, of login: Login) {
        // Nobody was refused where the client went away or the host stops.
        if answer.verdict == .allow || answer.reason == .cancelled || answer.reason == .stopping { return }
        if let line = failedLogins.note(answer, of: login, at: clock.monotonic) { log.notice("\(line)") }
    }

    /// Answers from the session that an equal log-in got a while ago, or logs in; equal concurrent log-ins share one.
    func authenticate(_ login: Login, _ decider: any Decider) -> Outcome {
        guard loginCache.keeps else { return self.login(login, decider).map { [self] in markedOneUse($0) } }
        let key = loginCache.keys.key(of: login, realm: configuration.realm)
        let finding = loginCache.look(up: key, at: clock.monotonic)
        endRetiredSessions()
        switch finding {
        case .known(let id):
            if let session = openSession(id) {
                return .decided(Answer(.allow, .granted, session: id, user: session.user))
            }
            loginCache.forget(id)
            return authenticate(login, decider)
        case .shared(let ticket): return .delayed(ticket)
        case .ejected: return counted(.login, .decided(Answer(.ejected, .ejectedSession)))
        case .first(let asking):
            // One client that goes away must not take the answer from the others who wait for it.
            return self.login(login, decider).map(abandons: false) { [self] in keep($0, key, login.user, asking) }
        }
    }

    /// Ends kept sessions that are too old, sessions whose time has come, and logins that wait for a place for too long.
    func sweep() {
        freshness.turn(at: clock.monotonic)
        retryReload()
        configuration.audit?.probe()
        admissionDeadlines.expire(at: clock.monotonic)
        loginCache.dropSignatures(before: clock.monotonic - 2 * deadlines.nanoseconds(of: .login))
        for line in failedLogins.sweep(at: clock.monotonic) { log.notice("\(line)") }
        endRetiredSessions()
        endDueSessions()
        sessionMetrics.record(open: sessions.count)
    }

    /// Ends the sessions whose expiry has passed or that were idle for too long; returns how many.
    @discardableResult
    func endDueSessions() -> Int {
        sessions.due(at: clock.now).count { end($0, .expired) }
    }

    private func endRetiredSessions() {
        for id in loginCache.sweep(at: clock.monotonic) {
            if let session = sessions.session(id) { end(session, .expired) }
        }
        freeReplacedPlaces()
    }

    /// A session that is not handed out any more lives on for the questions that have it, and holds no place.
    func freeReplacedPlaces() {
        for id in loginCache.takeReplaced() {
            if let session = sessions.session(id) { sessions.retire(session) }
        }
    }

    /// Keeps a session for equal log-ins, unless something was invalidated while the module was asked or a signed
    /// token was used, which is good once.
    private func keep(
        _ answer: Answer, _ key: LoginKey, _ user: String, _ asking: LoginCache.Asking
    ) -> Answer {
        let isOneUse = loginCache.settle(key, asking, answer, user: user, at: clock.monotonic)
        freeReplacedPlaces()
        var answer = answer
        answer.isOneUse = isOneUse
        return answer
    }

    /// Marks a session that is for one question: the door ends it, or else its grace does.
    private func markedOneUse(_ answer: Answer) -> Answer {
        guard answer.verdict == .allow, let id = answer.session else { return answer }
        loginCache.retire(id, at: clock.monotonic)
        var marked = answer
        marked.isOneUse = true
        return marked
    }
}

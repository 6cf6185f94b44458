import AuthCore
import Basics
import Logging
import ModuleHost

/// Log-ins: asks a decider whether a client may have a session, admits it if so, and answers equal log-ins from the cache.
final class Logins: Sendable {
    let sessions: Sessions
    let admission: any Admission
    /// The deadlines of log-ins that wait for a place.
    let waiting: AdmissionDeadlines
    let deadlines: LiveDeadlines
    let recorder: (@Sendable (_ user: String, _ application: String) -> Void)?
    let penalties: Penalties?
    /// Whether answers are to say how long the module took.
    let isTraced: Bool
    private let cache: LoginCache
    private let realm: String
    private let failed = FailedLogins()
    private let metrics: DecisionMetrics
    private let log: Logger

    var clock: any HostClock { sessions.clock }

    /// - Parameters:
    ///   - sessions: where a log-in that is let in becomes one.
    ///   - admission: gives out the places.
    ///   - realm: part of the key of kept log-ins.
    ///   - penalties: what log-ins with a password pass first; nil for nothing.
    ///   - recorder: told of every log-in that has got its place, with the user and the application id ("" for none).
    init(
        _ sessions: Sessions, admission: any Admission, deadlines: LiveDeadlines, realm: String,
        penalties: Penalties? = nil, isTraced: Bool = false,
        recorder: (@Sendable (_ user: String, _ application: String) -> Void)? = nil, metrics: DecisionMetrics,
        log: Logger
    ) {
        self.sessions = sessions
        self.admission = admission
        self.deadlines = deadlines
        self.realm = realm
        self.penalties = penalties
        self.isTraced = isTraced
        self.recorder = recorder
        self.metrics = metrics
        self.log = log
        cache = sessions.cache
        waiting = AdmissionDeadlines(now: sessions.clock.monotonic)
    }

    /// Asks about a log-in with a password, unless too many of them were wrong.
    func logIn(_ login: Login, _ decider: any Decider) -> Outcome {
        guard let penalties else { return LoginQuestion(self, decider, login, .login).ask() }
        return penalties.ask(PenaltyWay(logins: self, asked: decider, login: login))
    }

    /// Answers from the session that an equal log-in got a while ago, or logs in; equal concurrent log-ins share one.
    func authenticate(_ login: Login, _ decider: any Decider) -> Outcome {
        guard cache.keeps else {
            let outcome = logIn(login, decider)
            // At once where it is decided: what changes it later costs a closure.
            if case .decided(let answer) = outcome { return .decided(markedOneUse(answer)) }
            return outcome.map { [self] in markedOneUse($0) }
        }
        let key = cache.keys.key(of: login, realm: realm)
        let now = clock.monotonic
        let finding = cache.look(up: key, at: now)
        sessions.endReplaced()
        switch finding {
        case .known(let id):
            if let session = sessions.use(id, at: now) {
                var answer = Answer(.allow, .granted, session: id, user: session.user)
                answer.attributes = session.attributes
                return .decided(answer)
            }
            cache.forget(id)
            return authenticate(login, decider)
        case .shared(let ticket): return .delayed(ticket)
        case .ejected: return metrics.counted(.login, .decided(Answer(.ejected, .ejectedSession)))
        case .first(let asking):
            // One client that goes away must not take the answer from the others who wait for it.
            return logIn(login, decider).map(abandons: false) { [self] in
                // A swap in between leaves a session that another module has let in: it is not for equal log-ins.
                if sessions.decider.value?.instance != decider.instance { cache.noteInvalidation() }
                return keep($0, key, login, asking)
            }
        }
    }

    /// Answers log-ins that have waited for a place for too long, and writes the lines that are due about those that failed.
    func sweep() {
        let now = clock.monotonic
        waiting.expire(at: now)
        penalties?.sweep()
        cache.dropSignatures(before: now - 2 * deadlines.nanoseconds(of: .login))
        for line in failed.sweep(at: now) { log.notice("\(line)") }
    }

    /// Counts an answer, and writes a line about a log-in that failed, where its user has none yet in this minute.
    func note(_ answer: Answer, to login: Login, _ kind: QuestionKind) {
        metrics.count(kind, answer)
        // No user was refused where the client went away or the host stops.
        if answer.verdict == .allow || answer.reason == .cancelled || answer.reason == .stopping { return }
        if let line = failed.note(answer, of: login, at: clock.monotonic) { log.notice("\(line)") }
    }

    /// Keeps a session for equal log-ins, unless something was invalidated while the module was asked or a signed
    /// token was used, which is good once.
    private func keep(_ answer: Answer, _ key: LoginKey, _ login: Login, _ asking: LoginCache.Asking) -> Answer {
        var answer = answer
        var marks: [UsedSignatures.Mark] = []
        if cache.hasSignatures {
            marks.append(.password(cache.keys.mark(of: login.password)))
            if let session = answer.session.flatMap(sessions.session) { marks.append(.session(session.handle)) }
        }
        answer.isOneUse = cache.settle(
            key, asking, answer, user: login.user, owner: answer.user ?? login.user, marks: marks, at: clock.monotonic)
        sessions.freeReplacedPlaces()
        return answer
    }

    /// Marks a session that is for one question: the door ends it, or else its grace does.
    private func markedOneUse(_ answer: Answer) -> Answer {
        guard answer.verdict == .allow, let id = answer.session else { return answer }
        cache.retire(id, at: clock.monotonic)
        var marked = answer
        marked.isOneUse = true
        return marked
    }
}

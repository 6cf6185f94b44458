import AuthCore
import ModuleHost
import Synchronization

/// One login on its way: the module's answer, then a place, then an open session.
///
/// Whatever happens, it is answered once, and a login that does not become a session holds no place, has ejected nobody, and
/// is told to a module that believes in it. After the commit has begun the places are exchanged: a client that goes away then
/// leaves a session that ends at once.
final class LoginQuestion: Sendable {
    let host: Host
    let decider: any Decider
    let login: Login
    let kind: QuestionKind
    let session: Session
    private let progress: LoginProgress

    init(_ host: Host, _ decider: any Decider, _ login: Login, _ kind: QuestionKind) {
        self.host = host
        self.decider = decider
        self.login = login
        self.kind = kind
        session = host.sessions.prepare(login, at: host.clock.now)
        progress = LoginProgress(due: host.clock.monotonic + host.deadlines.nanoseconds(of: kind))
    }

    func ask() -> Outcome {
        let ticket = Ticket { [self] in giveUp(.cancelled) }
        progress.begin(ticket)
        var question = EntryQuestion(
            kind == .resume ? "auth_resume_user" : "auth_new_user", kind, session: session.handle
        ) { [login, session, kind] module, ticket in
            module.newUser(login, resuming: kind == .resume, session: session.handle, ticket)
        }
        question.pending = PendingSubject(.login)
        question.login = login
        switch decider.ask(&question) {
        case .answered(let said): decide(said)
        case .open(let open):
            progress.wait(for: open.token)
            open.whenAnswered { [self] said, _ in decide(said) }
        }
        return ticket.takeAnswer().map(Outcome.decided) ?? .delayed(ticket)
    }

    /// Turns what the module said into a wish for a place or a refusal.
    private func decide(_ said: ModuleAnswer) {
        let answer = said.verdict(for: kind)
        guard answer.verdict == .allow else {
            host.sessions.forget(session)
            progress.settle(answer)
            return
        }
        if session.hasEnded { return refuse(Answer(.ejected, .ejectedSession)) }
        if let user = said.user, !user.hasBytes(of: login.user) {
            return refuse(Answer(.undecided, .changedUser, logText: "the module named another user"))
        }
        if said.expiry != 0, said.expiry <= host.clock.wall / 1_000_000_000 {
            return refuse(Answer(.wrongCredentials, .accountExpired, logText: "the session would have ended already"))
        }
        guard progress.advance(to: .reserving) else { return refuse(Answer(.undecided, .cancelled)) }
        reserve(said, answer)
        if progress.isWaiting { host.admissionDeadlines.add(progress.due) { [self] in giveUp(.deadline) } }
    }

    /// Asks for a place, and once more if sessions whose time had come were in the way.
    private func reserve(_ said: ModuleAnswer, _ answer: Answer, again: Bool = false) {
        let request = AdmissionRequest(
            session: session.handle, user: session.user, applicationID: session.applicationID,
            limits: UserSessionLimits(
                user: Int(said.sessionLimit), userApplication: Int(said.applicationSessionLimit)))
        host.admission.reserve(request) { [self] reply in
            switch reply {
            case .refused(let limit):
                if !again && host.endDueSessions() > 0 { return reserve(said, answer, again: true) }
                refuse(limit.answer)
            case .reserved(let place, let ejecting):
                if ejecting > 0, !again, host.endDueSessions() > 0 {
                    host.admission.release(place) { [self] in reserve(said, answer, again: true) }
                } else if progress.advance(to: .committing) {
                    host.admission.commit(place) { [self] in open($0, place, said, answer) }
                } else {
                    // Given up meanwhile, and the module has been told.
                    host.admission.release(place) {}
                }
            }
        }
    }

    /// Opens the session in its place, and ends those that made room for it.
    private func open(_ ejected: [UInt64]?, _ place: AdmissionPlace, _ said: ModuleAnswer, _ answer: Answer) {
        guard let ejected else {
            return leave(Answer(.undecided, .admissionFailed, logText: "the place that was reserved is gone"))
        }
        let isOpen = host.sessions.open(session, in: place, expiry: said.expiry, at: host.clock.monotonic)
        for handle in ejected {
            if let victim = host.sessions.session(handle: handle) { host.eject(victim, for: session) }
        }
        guard isOpen else { return leave(Answer(.ejected, .ejectedSession)) }
        if host.isStopping {
            host.end(session, .stop)
            progress.settle(Answer(.undecided, .stopping))
            return
        }
        var admitted = answer
        admitted.session = session.id
        admitted.user = session.user
        host.configuration.loginRecorder?(session.user, session.applicationID)
        if !progress.settle(admitted) { host.end(session, .refused) }
    }

    /// Refuses a session that the module had allowed, and tells it so.
    private func refuse(_ answer: Answer) {
        guard progress.settle(answer) else { return }
        forget()
    }

    /// Gives up a session in whose place it could not open, whatever has been answered by now.
    private func leave(_ answer: Answer) {
        progress.settle(answer)
        forget()
    }

    /// Forgets a session that the module had allowed and that nobody got, and tells it so.
    private func forget() {
        host.sessions.forget(session)
        if case .ended(let reason) = session.state { decider.tellFree(session.handle, reason) }
    }

    /// Answers because nobody waits any more, or because the time is up while a place is waited for.
    private func giveUp(_ reason: Reason) {
        let answer = Answer(.undecided, reason)
        switch progress.stage {
        case .asking(let token): if let token { decider.cancel(token) }
        case .reserving: refuse(answer)
        case .committing: progress.settle(answer)
        case .over: break
        }
    }
}

/// How far a login has come. It moves forward only, and is settled once.
final class LoginProgress: Sendable {
    enum Stage: Sendable {
        /// The module is asked; the token of its delayed answer, once there is one.
        case asking(token: UInt64?)
        /// The module has said yes, and a place is asked for.
        case reserving
        /// The place is being exchanged; nothing is undone from here on.
        case committing
        case over
    }

    private let state = Mutex<(stage: Stage, ticket: Ticket?)>((.asking(token: nil), nil))
    /// When a place must have been found, on the monotonic clock.
    let due: Int64

    init(due: Int64) { self.due = due }

    var stage: Stage { state.withLock { $0.stage } }

    var isWaiting: Bool {
        if case .over = stage { false } else { true }
    }

    func begin(_ ticket: Ticket) { state.withLock { $0.ticket = ticket } }

    func wait(for token: UInt64) {
        state.withLock { state in
            if case .asking = state.stage { state.stage = .asking(token: token) }
        }
    }

    /// Moves on by one stage; false when somebody else has settled it.
    func advance(to next: Stage) -> Bool {
        state.withLock { state in
            switch (state.stage, next) {
            case (.asking, .reserving), (.reserving, .committing):
                state.stage = next
                return true
            default: return false
            }
        }
    }

    /// Answers, if nobody has; returns whether this was the answer.
    @discardableResult
    func settle(_ answer: Answer) -> Bool {
        let ticket = state.withLock { state -> Ticket? in
            if case .over = state.stage { return nil }
            // The ticket knows its login, and the login its ticket, only as long as it waits.
            defer { state = (.over, nil) }
            return state.ticket
        }
        return ticket?.decide(answer) ?? false
    }
}

/// Logins that wait for a place, by the time they may wait at most.
final class AdmissionDeadlines: Sendable {
    private let wheel: Mutex<TimerWheel<@Sendable () -> Void>>

    init(now: Int64) { wheel = Mutex(TimerWheel(tick: 100_000_000, slots: 512, now: now)) }

    func add(_ due: Int64, _ body: @escaping @Sendable () -> Void) { wheel.withLock { $0.add(body, due: due) } }

    func expire(at now: Int64) {
        for body in wheel.withLock({ $0.advance(to: now) }) { body() }
    }
}

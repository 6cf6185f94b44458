import AuthCore
import Basics
import ModuleHost
import Synchronization

/// One log-in on its way: the module's answer, then a place, then an open session.
///
/// Whatever happens, it is answered once. A log-in that does not become a session holds no place, has ejected no session, and
/// is told to a module that believes in it. After the commit has begun the places are exchanged: a client that goes away then
/// leaves a session that ends at once.
final class LoginQuestion: Sendable {
    private let logins: Logins
    private let decider: any Decider
    private let login: Login
    private let kind: QuestionKind
    private let current: Mutex<Session>
    /// When it began, on the monotonic clock.
    private let began: Int64
    private let progress: LoginProgress
    /// The one that is asked: a helper process that ends meanwhile does not know the session.
    private let life = Atomic<UInt32>(0)

    private var sessions: Sessions { logins.sessions }

    init(_ logins: Logins, _ decider: any Decider, _ login: Login, _ kind: QuestionKind) {
        self.logins = logins
        self.decider = decider
        self.login = login
        self.kind = kind
        let now = logins.clock.now
        began = now.monotonic
        current = Mutex(logins.sessions.prepare(login, at: now))
        progress = LoginProgress(due: began + logins.deadlines.nanoseconds(of: kind))
    }

    private var asked: EntryCall { kind == .resume ? .resume(login) : .login(login) }

    /// The session that it may become.
    private var session: Session { current.withLock { $0 } }

    func ask() -> Outcome {
        let session = session
        life.store(decider.life(of: session.handle), ordering: .releasing)
        let ticket = Ticket { [self] in giveUp(.cancelled) }
        progress.begin(ticket)
        let question = EntryQuestion(asked, kind, session: session.handle) { [self] said in endLate(said) }
        decider.ask(question, at: began, opened: { progress.wait(for: $0) }) { [self] said in goOn(after: said) }
        return ticket.takeAnswer().map(Outcome.decided) ?? .delayed(ticket)
    }

    /// Turns what the module said into a wish for a place or a refusal.
    private func goOn(after said: ModuleAnswer) {
        var answer = said.verdict(for: kind)
        if logins.isTraced { answer.moduleTime = logins.clock.monotonic - began }
        guard answer.verdict == .allow else {
            sessions.forget(session)
            settle(answer)
            return
        }
        session.hold(by: life.load(ordering: .acquiring), data: said.sessionData)
        if session.hasEnded { return refuse(Answer(.ejected, .ejectedSession)) }
        if let refusal = name(said) { return refuse(refusal) }
        sessions.keep(answer.attributes, for: session)
        if said.expiry != 0, said.expiry <= logins.clock.wall / 1_000_000_000 {
            return refuse(Answer(.wrongCredentials, .accountExpired, logText: "the session would have ended already"))
        }
        guard progress.advance(to: .reserving) else { return refuse(Answer(.undecided, .cancelled)) }
        reserve(said, answer)
        if progress.isWaiting { logins.waiting.add(progress.due) { [self] in giveUp(.deadline) } }
    }

    /// Looks at who was authenticated: the user who has logged in, or another user where the module may name one. The session
    /// is that user's from here on.
    ///
    /// - Returns: why the log-in is refused; nil where it goes on.
    private func name(_ said: ModuleAnswer) -> Answer? {
        let identity = decider.about.identity
        guard let user = said.user else {
            // Generations 6 and 7 cannot name a user.
            return identity.generation < 9 ? nil : broken(.brokenAnswer, ModuleAnswer.noUserNamed)
        }
        if user.hasBytes(of: login.user) { return nil }
        guard identity.namesUser else {
            return broken(
                .changedUser,
                "named the user `\(user.controlsEscaped)` where `\(login.user)` logs in, and does not declare "
                    + "AUTH_NAMES_USER")
        }
        do throws(LoginError) {
            try Login.checkUser(user)
        } catch {
            return broken(.brokenAnswer, "named an invalid user: \(error)")
        }
        guard let renamed = sessions.rename(session, to: user, login, at: logins.clock.now) else {
            return Answer(.ejected, .ejectedSession)
        }
        renamed.hold(by: life.load(ordering: .acquiring), data: said.sessionData)
        current.withLock { $0 = renamed }
        return nil
    }

    private func broken(_ reason: Reason, _ what: String) -> Answer {
        decider.noteBreach(what, in: asked.entry)
        return Answer(.undecided, reason, logText: what)
    }

    /// Asks for a place, and a second time if sessions whose time had come were in the way.
    private func reserve(_ said: ModuleAnswer, _ answer: Answer, again: Bool = false) {
        let session = session
        let request = AdmissionRequest(
            session: session.handle, user: session.user, applicationID: session.applicationID,
            machineID: session.machineID,
            limits: UserSessionLimits(
                user: Int(said.sessionLimit), userApplication: Int(said.applicationSessionLimit)))
        logins.admission.reserve(request) { [self] reply in
            switch reply {
            case .refused(let limit):
                if !again && sessions.endDue() > 0 { return reserve(said, answer, again: true) }
                refuse(limit.answer)
            case .undecided(let reason): refuse(Answer(.undecided, .admissionFailed, logText: reason))
            case .reserved(let place, let ejecting):
                if ejecting > 0, !again, sessions.endDue() > 0 {
                    logins.admission.release(place) { [self] in reserve(said, answer, again: true) }
                } else {
                    commit(place, said, answer)
                }
            }
        }
    }

    /// Makes the place the session's, and opens that.
    private func commit(_ place: AdmissionPlace, _ said: ModuleAnswer, _ answer: Answer) {
        guard sessions.opening.enter() else {
            // No session is ejected for a log-in that is not let in.
            return logins.admission.release(place) { [self] in refuse(Answer(.undecided, .stopping)) }
        }
        guard progress.advance(to: .committing) else {
            // Given up meanwhile, and the module has been told.
            sessions.opening.leave()
            return logins.admission.release(place) {}
        }
        logins.admission.commit(place) { [self] in
            open($0, place, said, answer)
            sessions.opening.leave()
        }
    }

    /// Opens the session in its place, and ends those that made room for it.
    private func open(_ ejected: [UInt64]?, _ place: AdmissionPlace, _ said: ModuleAnswer, _ answer: Answer) {
        guard let ejected else {
            return leave(Answer(.undecided, .admissionFailed, logText: "the place that was reserved is gone"))
        }
        let session = session
        let isOpen = sessions.open(session, in: place, expiry: said.expiry, at: logins.clock.monotonic)
        for handle in ejected {
            guard let victim = sessions.session(handle: handle) else { continue }
            sessions.eject(victim, note: ": session \(session.id) takes its place")
        }
        guard isOpen else { return leave(Answer(.ejected, .ejectedSession)) }
        if sessions.isFenced {
            sessions.end(session, .expired)
            settle(Answer(.undecided, .admissionFailed, logText: "this host's lease in the cluster has run out"))
            return
        }
        if sessions.isClosed {
            sessions.end(session, .stop)
            settle(Answer(.undecided, .stopping))
            return
        }
        var admitted = answer
        admitted.session = session.id
        admitted.user = session.user
        logins.recorder?(session.user, session.applicationID)
        if !settle(admitted) { sessions.end(session, .refused) }
    }

    /// Answers, if there is no answer yet; returns whether this was the answer.
    @discardableResult
    private func settle(_ answer: Answer) -> Bool {
        guard let ticket = progress.settle() else { return false }
        var answer = answer
        // A refusal too names the user that the typed name stands for: it is that user's limit.
        if answer.user == nil, !session.user.hasBytes(of: login.user) { answer.user = session.user }
        // Before any other code has it.
        logins.note(answer, to: login, kind)
        return ticket.answer(answer)
    }

    /// Refuses a session that the module had allowed, and tells the module so.
    private func refuse(_ answer: Answer) {
        guard settle(answer) else { return }
        forget()
    }

    /// Gives up a session in whose place it could not open, whatever has been answered by now.
    private func leave(_ answer: Answer) {
        settle(answer)
        forget()
    }

    /// Forgets a session that the module had allowed and that no client got, and tells the module so.
    private func forget() {
        let session = session
        sessions.forget(session)
        if case .ended(let reason) = session.state { sessions.tellEnd(of: session, reason) }
    }

    /// Ends a session that the module believes in, since it allowed the log-in when that was over; see AUTH_END_REFUSED.
    private func endLate(_ said: ModuleAnswer) {
        let session = sessions.renamed(session, to: said.user ?? login.user, login, at: logins.clock.now)
        session.hold(by: decider.instance, data: said.sessionData)
        sessions.tellEnd(of: session, .refused)
    }

    /// Answers because no client waits any more, or because the time is up while the log-in waits for a place.
    private func giveUp(_ reason: Reason) {
        let answer = Answer(.undecided, reason)
        switch progress.stage {
        case .asking(let token): if let token { decider.cancel(token) }
        case .reserving: refuse(answer)
        case .committing: settle(answer)
        case .over: break
        }
    }
}

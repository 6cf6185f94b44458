import AuthCore
import ModuleHost
import Synchronization

/// Sessions that a module which is no longer in force has let in: the module in force is asked, once for each, whether it
/// resumes them.
final class Resumptions: Sendable {
    private typealias Waiting = @Sendable (Answer?) -> Void

    private let sessions: Sessions
    private let inForce: DeciderInForce
    private let policy: Mutex<SwapPolicy>
    /// Told of a session that has moved from an instance which may have questions of it.
    private let moved: @Sendable (_ from: UInt32, ModuleSession) -> Void
    /// Who waits for what is said of a session, by its handle.
    private let waiting = Mutex<[UInt64: [Waiting]]>([:])

    init(
        _ sessions: Sessions, _ inForce: DeciderInForce, _ policy: SwapPolicy,
        moved: @escaping @Sendable (_ from: UInt32, ModuleSession) -> Void
    ) {
        self.sessions = sessions
        self.inForce = inForce
        self.policy = Mutex(policy)
        self.moved = moved
    }

    /// Takes over what follows for sessions from now on.
    func apply(_ policy: SwapPolicy) { self.policy.withLock { $0 = policy } }

    /// Asks the module in force about a session, unless it has been asked already, and goes on with `further` where it resumes it.
    ///
    /// Equal questions that come meanwhile wait for the same answer.
    func resume(_ session: Session, _ further: @escaping @Sendable () -> Outcome) -> Outcome {
        guard let decider = inForce.value else { return .decided(Answer(.undecided, .stopping)) }
        if session.instance == decider.instance { return further() }
        let ticket = Ticket {}
        let isFirst = waiting.withLock { waiting in
            defer {
                waiting[session.handle, default: []].append { refusal in
                    if let refusal {
                        ticket.decide(refusal)
                    } else {
                        decider.resume { ticket.decide(with: further()) }
                    }
                }
            }
            return waiting[session.handle] == nil
        }
        if isFirst { ask(decider, about: session) }
        return ticket.takeAnswer().map(Outcome.decided) ?? .delayed(ticket)
    }

    private func ask(_ decider: any Decider, about session: Session) {
        let login: Login
        do {
            login = try Login(
                user: session.user, password: Secret(""), address: session.address,
                applicationID: session.applicationID, machineID: session.machineID, door: session.door)
        } catch {
            return settle(session, decider, .refused(.moduleError))
        }
        var question = EntryQuestion("auth_resume_user", .resume, session: session.handle) { module, ticket in
            module.newUser(login, resuming: true, session: session.handle, ticket)
        }
        question.pending = PendingSubject(.login)
        question.login = login
        switch decider.ask(&question, at: sessions.clock.monotonic) {
        case .answered(let said): settle(session, decider, said)
        case .open(let open): open.whenAnswered { [self] said, _ in settle(session, decider, said) }
        }
    }

    /// Takes what the module has said, and lets all go on that wait for it.
    private func settle(_ session: Session, _ decider: any Decider, _ said: ModuleAnswer) {
        let refusal = refusal(of: session, decider, said)
        let waiting = waiting.withLock { $0.removeValue(forKey: session.handle) } ?? []
        for goOn in waiting { goOn(refusal) }
    }

    /// Moves the session, or ends it, or leaves it as it is where the module could not say.
    ///
    /// - Returns: what its questions are answered with; nil where they are asked.
    private func refusal(of session: Session, _ decider: any Decider, _ said: ModuleAnswer) -> Answer? {
        if case .ended(let end) = session.state { return end.answer }
        if said.refusal == .noEntry {
            guard policy.withLock({ $0.keepsUnresumable }) else { return end(session) }
            sessions.keep([], for: session)
            move(session, to: decider, data: 0, expiry: session.expiry)
            return nil
        }
        let answer = said.verdict(for: .resume)
        if answer.verdict == .undecided { return answer }
        guard answer.verdict == .allow else { return end(session) }
        if let user = said.user {
            guard user.hasBytes(of: session.user) else { return end(session) }
        } else if decider.about.identity.generation >= 9 {
            decider.noteBreach(ModuleAnswer.nobodyNamed, in: "auth_resume_user")
            return Answer(.undecided, .brokenAnswer, logText: ModuleAnswer.nobodyNamed)
        }
        if said.expiry != 0, said.expiry <= sessions.clock.wall / 1_000_000_000 {
            sessions.end(session, .expired)
            return SessionEnd.expired.answer
        }
        sessions.keep(answer.attributes, for: session)
        move(session, to: decider, data: said.sessionData, expiry: said.expiry)
        return nil
    }

    private func move(_ session: Session, to decider: any Decider, data: UInt64, expiry: Int64) {
        if let before = sessions.move(session, to: decider.instance, data: data, expiry: expiry) {
            moved(before.instance, before.known)
        }
    }

    private func end(_ session: Session) -> Answer {
        sessions.end(session, .swapped)
        // Doors that know the client's password log in again then.
        return SessionEnd.swapped.answer
    }
}

extension Ticket {
    /// Decides as an outcome does, now or later.
    fileprivate func decide(with outcome: Outcome) {
        switch outcome {
        case .decided(let answer): decide(answer)
        case .delayed(let inner): inner.whenDecided { self.decide($0) }
        }
    }
}

/// What a swap does with the sessions of the module that is replaced.
public struct SwapPolicy: Sendable, Equatable {
    /// Whether the new module is asked about all of them at once; else about each at its next question.
    public var asksAtOnce = false
    /// Whether sessions stay that the new module has no entry to resume; else they end.
    public var keepsUnresumable = false

    /// Makes the defaults of the configuration.
    public init() {}
}

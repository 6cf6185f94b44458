import AuthCore
import Basics
import ModuleHost
import Synchronization

/// Sessions that a module which is no longer in force has let in: the module in force is asked, once for each, whether it
/// resumes them.
final class Resumptions: Sendable {
    private typealias Waiting = @Sendable (Answer?) -> Void

    /// What one instance is asked about one session.
    private struct Key: Hashable {
        let session: UInt64
        let instance: UInt32
    }

    private let sessions: Sessions
    private let inForce: DeciderInForce
    private let deadlines: LiveDeadlines
    private let policy: Mutex<SwapPolicy>
    /// Told of a session that has moved from an instance which may have questions of it.
    private let moved: @Sendable (_ from: UInt32, ModuleSession) -> Void
    private let waiting = Mutex<[Key: [Waiting]]>([:])
    /// The deadlines of those that wait: an entry that never returns answers none of them.
    private let due: AdmissionDeadlines

    init(
        _ sessions: Sessions, _ inForce: DeciderInForce, _ deadlines: LiveDeadlines, _ policy: SwapPolicy,
        moved: @escaping @Sendable (_ from: UInt32, ModuleSession) -> Void
    ) {
        self.sessions = sessions
        self.inForce = inForce
        self.deadlines = deadlines
        self.policy = Mutex(policy)
        self.moved = moved
        due = AdmissionDeadlines(now: sessions.clock.monotonic)
    }

    /// Takes over what happens to sessions from now on.
    func apply(_ policy: SwapPolicy) { self.policy.withLock { $0 = policy } }

    /// Answers those that have waited for too long.
    func sweep() { due.expire(at: sessions.clock.monotonic) }

    /// Puts those that wait for another module than the one in force to that one.
    func askAnew() {
        let now = inForce.value?.instance
        let left = waiting.withLock { waiting -> [Waiting] in
            let old = waiting.keys.filter { $0.instance != now }
            return old.flatMap { waiting.removeValue(forKey: $0) ?? [] }
        }
        for goOn in left { goOn(nil) }
    }

    /// Asks the module in force about a session, unless it has been asked already, and goes on with `further` where it resumes it.
    ///
    /// Equal questions that come meanwhile wait for the same answer.
    func resume(_ session: Session, _ further: @escaping @Sendable () -> Outcome) -> Outcome {
        guard let decider = inForce.value else { return .decided(Answer(.undecided, .stopping)) }
        if decider.known(session) != nil { return further() }
        let ticket = Ticket {}
        let isFirst = waiting.withLock { waiting in
            let key = Key(session: session.handle, instance: decider.instance)
            defer {
                waiting[key, default: []].append { refusal in
                    if let refusal {
                        ticket.answer(refusal)
                    } else {
                        decider.resume { ticket.follow(further()) }
                    }
                }
            }
            return waiting[key] == nil
        }
        if isFirst { ask(decider, about: session) }
        if let answer = ticket.takeAnswer() { return .decided(answer) }
        due.add(sessions.clock.monotonic + deadlines.nanoseconds(of: .resume)) {
            ticket.answer(Answer(.undecided, .deadline))
        }
        return .delayed(ticket)
    }

    private func ask(_ decider: any Decider, about session: Session) {
        let login: Login
        do {
            login = try Login(
                user: session.user, password: Secret(""), address: session.address,
                applicationID: session.applicationID, machineID: session.machineID, door: session.door)
        } catch {
            return settle(session, decider, 0, .refused(.moduleError))
        }
        // Of the one that is asked: a helper process that ends meanwhile does not know the session.
        let life = decider.life(of: session.handle)
        let question = EntryQuestion(.resume(login), .resume, session: session.handle) { [self] said in
            tellEnd(of: session, said, to: decider, .refused)
        }
        decider.ask(question, at: sessions.clock.monotonic) { [self] said in settle(session, decider, life, said) }
    }

    /// Takes what the module has said, and lets all go on that wait for it.
    private func settle(_ session: Session, _ decider: any Decider, _ life: UInt32, _ said: ModuleAnswer) {
        // The answer of a module that is not in force any more decides nothing.
        let isInForce = inForce.value?.instance == decider.instance
        if !isInForce, said.status == .ok, said.refusal == nil { tellEnd(of: session, said, to: decider, .swapped) }
        let refusal = isInForce ? refusal(of: session, decider, life, said) : nil
        let key = Key(session: session.handle, instance: decider.instance)
        let waiting = waiting.withLock { $0.removeValue(forKey: key) } ?? []
        for goOn in waiting { goOn(refusal) }
    }

    /// Moves the session, or ends it, or leaves it as it is where the module could not say.
    ///
    /// - Returns: what its questions are answered with; nil where they are asked.
    private func refusal(
        of session: Session, _ decider: any Decider, _ life: UInt32, _ said: ModuleAnswer
    ) -> Answer? {
        if case .ended(let end) = session.state { return end.answer }
        if said.refusal == .noEntry {
            guard !decider.about.resumesUsers, policy.withLock({ $0.keepsUnresumable }) else { return end(session) }
            sessions.keep([], for: session)
            move(session, to: life, data: 0, expiry: session.expiry)
            return nil
        }
        let answer = said.verdict(for: .resume)
        if answer.verdict == .undecided { return answer }
        guard answer.verdict == .allow else { return end(session) }
        if let user = said.user {
            guard user.hasBytes(of: session.user) else {
                tellEnd(of: session, said, to: decider, .refused)
                return end(session)
            }
        } else if decider.about.identity.generation >= 9 {
            decider.noteBreach(ModuleAnswer.noUserNamed, in: "auth_resume_user")
            return Answer(.undecided, .brokenAnswer, logText: ModuleAnswer.noUserNamed)
        }
        if said.expiry != 0, said.expiry <= sessions.clock.wall / 1_000_000_000 {
            sessions.end(session, .expired)
            return SessionEnd.expired.answer
        }
        sessions.keep(answer.attributes, for: session)
        move(session, to: life, data: said.sessionData, expiry: said.expiry)
        return nil
    }

    /// Tells a module that has resumed a session in vain that the session has ended; it can ask for its attributes meanwhile.
    private func tellEnd(
        of session: Session, _ said: ModuleAnswer, to decider: any Decider, _ reason: SessionEnd
    ) {
        guard decider.learnsEnds else { return }
        let user = TerminatedText(said.user ?? session.user)
        let known = ModuleSession(handle: session.handle, user: user, data: said.sessionData)
        sessions.leaving.add(session)
        decider.tellFree(known, reason) { [sessions] in sessions.leaving.remove(session) }
    }

    private func move(_ session: Session, to life: UInt32, data: UInt64, expiry: Int64) {
        // A helper process that has ended is told nothing.
        if let before = sessions.move(session, to: life, data: data, expiry: expiry),
            inForce.decider(of: before.instance) != nil
        {
            moved(before.instance, before.known)
        }
    }

    private func end(_ session: Session) -> Answer {
        sessions.end(session, .swapped)
        // Doors that know the client's password log in again then.
        return SessionEnd.swapped.answer
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

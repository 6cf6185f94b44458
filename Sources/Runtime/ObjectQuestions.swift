import AuthCore
import ModuleHost
import Synchronization

/// Asks what a name is called inside: first the configuration, then the module.
final class MappedQuestion: Sendable {
    let host: Host
    let decider: ModuleDecider
    let session: Session
    /// The name as the client asked for it.
    let requested: ObjectName

    init(_ host: Host, _ decider: ModuleDecider, _ session: Session, _ requested: ObjectName) {
        self.host = host
        self.decider = decider
        self.session = session
        self.requested = requested
    }

    func ask() -> Outcome {
        switch host.objectMaps.map(requested, user: session.user) {
        case .refused(let answer): .decided(answer)
        case .name(let name): decider.module.maps ? askModule(name) : .decided(mapped(to: name))
        }
    }

    private func askModule(_ name: ObjectName) -> Outcome {
        var delayed: Ticket?
        let answer = ask(name) { token in
            let ticket = Ticket { [decider] in decider.cancel(token) }
            delayed = ticket
            session.noteWaiting()
            return { [self] in
                session.noteAnswered()
                ticket.decide(finish($0, name))
            }
        }
        if let answer { return .decided(answer) }
        return Self.waiting(delayed, session)
    }

    /// Asks the module about the name that the configuration has made; nil when the answer comes later.
    func ask(_ name: ObjectName, orLater continuation: (UInt64) -> PendingSlot.Continuation) -> Answer? {
        let question = ModuleQuestion(
            "auth_map_object", kind: .map, session: session.handle, key: decider.key(session.handle, .map, name: name)
        ) { [requested, session] module, ticket in
            module.map(name, requested: requested, session.moduleSession, ticket)
        }
        return decider.ask(question, orLater: continuation).map { finish($0, name) }
    }

    /// A mapped name is validated like a client's: a module that maps to something else denies.
    func finish(_ said: ModuleAnswer, _ name: ObjectName) -> Answer {
        if case .ended(let end) = session.state { return MappedQuestion.ended(end) }
        let answer = said.verdict(for: .map)
        guard answer.verdict == .allow else { return answer }
        guard said.status == .ok else { return mapped(to: name) }
        guard let bytes = said.mapped else {
            return Answer(.undecided, .mappedNameInvalid, logText: "the module said mapped, and gave no name")
        }
        do {
            return mapped(to: try ObjectName(bytes))
        } catch {
            return Answer(.undecided, .mappedNameInvalid, logText: "the mapped name: \(error)")
        }
    }

    /// The outcome of a question that waits. A session that ended before the question waited does not end it.
    static func waiting(_ ticket: Ticket?, _ session: Session) -> Outcome {
        guard let ticket else { return .decided(Answer(.undecided, .moduleError)) }
        if session.hasEnded { ticket.abandon() }
        return .delayed(ticket)
    }

    /// The answer to a question whose session ended while it was asked.
    static func ended(_ end: SessionEnd) -> Answer {
        end == .ejected ? Answer(.ejected, .ejectedSession) : Answer(.deny, .unknownSession)
    }

    private func mapped(to name: ObjectName) -> Answer {
        Answer(.allow, .granted, user: session.user, mappedName: name)
    }
}

/// Asks whether a session may do something: first what the name is called inside, then whether.
final class CheckQuestion: Sendable {
    let host: Host
    let decider: ModuleDecider
    let session: Session
    let check: Check

    init(_ host: Host, _ decider: ModuleDecider, _ session: Session, _ check: Check) {
        self.host = host
        self.decider = decider
        self.session = session
        self.check = check
    }

    func ask() -> Outcome {
        switch host.objectMaps.map(check.name, user: session.user) {
        case .refused(let answer): return .decided(answer)
        case .name(let name): return decider.module.maps ? askMapping(name) : decide(name)
        }
    }

    /// Asks the module what the name that the configuration has made is called, and then whether.
    private func askMapping(_ name: ObjectName) -> Outcome {
        let mapping = MappedQuestion(host, decider, session, check.name)
        var delayed: Ticket?
        let answer = mapping.ask(name) { token in
            let step = PendingStep(token)
            let ticket = Ticket { [decider] in step.cancel(decider) }
            delayed = ticket
            session.noteWaiting()
            return { [self] said in
                session.noteAnswered()
                let mapped = mapping.finish(said, name)
                // Never ask a module on the thread that brought its answer.
                decider.resume { [self] in continueAsking(mapped, step, ticket) }
            }
        }
        guard let answer else { return MappedQuestion.waiting(delayed, session) }
        guard answer.verdict == .allow, let object = answer.mappedName else { return .decided(answer) }
        return decide(object)
    }

    /// The second step of a check whose mapping was delayed.
    private func continueAsking(_ mapped: Answer, _ step: PendingStep, _ ticket: Ticket) {
        guard mapped.verdict == .allow, let object = mapped.mappedName else {
            ticket.decide(mapped)
            return
        }
        finishLater(decide(object), step, ticket)
    }

    /// - Parameter due: when the answer is due, for a question that is asked again; nil for the first time.
    private func decide(_ object: ObjectName, until due: Int64? = nil) -> Outcome {
        // A module is not asked about a session that ended while its question waited.
        if due != nil, case .ended(let end) = session.state { return .decided(MappedQuestion.ended(end)) }
        let due = due ?? host.clock.monotonic + host.deadlines.nanoseconds(of: check.kind)
        let asking = ObjectCall(host, decider, session, check, object)
        guard asking.begin() else { return .decided(refused(.objectLimit, object)) }
        let limit = max(due - host.clock.monotonic, 1)
        let kind: PendingKind? = check.action == .read ? nil : .write
        var question = ModuleQuestion(
            check.action == .read ? "auth_check_read" : "auth_check_write", .nanoseconds(limit),
            session: session.handle,
            key: decider.key(session.handle, kind, name: object, contributionID: check.contributionID)
        ) { module, ticket in asking.ask(module, ticket) }
        question.waitsForContent = asking.waitsForContent
        var delayed: Ticket?
        let answer = decider.ask(question) { token in
            let step = PendingStep(token)
            let ticket = Ticket { [decider] in step.cancel(decider) }
            delayed = ticket
            session.noteWaiting()
            return { [self] said in
                session.noteAnswered()
                asking.end(token)
                guard asking.mustAskAgain(said) else {
                    ticket.decide(finish(said, object))
                    return
                }
                // Never ask a module on the thread that brought its answer.
                decider.resume { [self] in finishLater(decide(object, until: due), step, ticket) }
            }
        }
        guard let answer else { return MappedQuestion.waiting(delayed, session) }
        asking.end(nil)
        return asking.mustAskAgain(answer) ? decide(object, until: due) : .decided(finish(answer, object))
    }

    private func refused(_ reason: Reason, _ object: ObjectName) -> Answer {
        Answer(.undecided, reason, user: session.user, mappedName: object)
    }

    /// Answers a ticket with the outcome of a further step.
    private func finishLater(_ outcome: Outcome, _ step: PendingStep, _ ticket: Ticket) {
        switch outcome {
        case .decided(let answer): ticket.decide(answer)
        case .delayed(let inner):
            step.replace(inner)
            inner.whenDecided { ticket.decide($0) }
        }
    }

    func finish(_ said: ModuleAnswer, _ object: ObjectName) -> Answer {
        // An answer for a session that has ended meanwhile is no answer.
        if case .ended(let end) = session.state { return MappedQuestion.ended(end) }
        var answer = said.verdict(for: check.kind)
        answer.user = session.user
        answer.mappedName = object
        return answer
    }
}

/// What an abandoned check must cancel: the mapping, or the step after it.
private final class PendingStep: Sendable {
    private enum Step {
        case token(UInt64)
        case ticket(Ticket)
    }

    private let step: Mutex<Step>

    init(_ token: UInt64) { step = Mutex(.token(token)) }

    func replace(_ ticket: Ticket) { step.withLock { $0 = .ticket(ticket) } }

    func cancel(_ decider: ModuleDecider) {
        switch step.withLock({ $0 }) {
        case .token(let token): decider.cancel(token)
        case .ticket(let ticket): ticket.abandon()
        }
    }
}

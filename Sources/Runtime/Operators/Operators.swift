import AuthCore
import Basics
import ModuleHost

/// What operators see and do, at the control socket and as administrators. Nothing here but ``explain(_:session:_:)`` counts as a
/// use of a session.
public final class Operators: Sendable {
    private let sessions: Sessions
    private let invalidations: Invalidations
    private let objects: Objects
    private let decider: DeciderInForce

    private var clock: any HostClock { sessions.clock }

    /// - Parameter decider: explains its answers, once there is one.
    init(_ sessions: Sessions, _ invalidations: Invalidations, _ objects: Objects, decider: DeciderInForce) {
        self.sessions = sessions
        self.invalidations = invalidations
        self.objects = objects
        self.decider = decider
    }

    /// Returns a part of the open sessions that match, oldest first, and how many match in all.
    ///
    /// Takes time in proportion to all open sessions (of the user, where one is named); never for an event loop of a door.
    ///
    /// - Parameters:
    ///   - offset: how many of those that match are left out at the front; at least 0.
    ///   - limit: how many are described at most; at least 0.
    public func sessions(
        matching filter: SessionFilter, offset: Int, limit: Int
    ) -> (sessions: [SessionDescription], total: Int) {
        let now = clock.now
        var found: [SessionDescription] = []
        var total = 0
        for session in matching(filter) {
            if total >= offset && found.count < limit { found.append(session.description(at: now)) }
            total += 1
        }
        return (found, total)
    }

    /// Ejects open sessions that match, oldest first; their clients are told so at their next question.
    ///
    /// - Parameters:
    ///   - count: how many at most; nil for all.
    ///   - note: what the lines of the event log end with.
    /// - Returns: how many were ejected.
    public func eject(_ filter: SessionFilter, count: Int?, note: String = ": by the operator") -> Int {
        var ejected = 0
        for session in matching(filter) where ejected < count ?? .max {
            if sessions.eject(session, note: note) { ejected += 1 }
        }
        if ejected > 0 { invalidations.noteEjection() }
        return ejected
    }

    /// Forgets what is kept in a scope; the next question asks the module again.
    public func invalidate(_ scope: InvalidationScope) { invalidations.invalidate(scope) }

    /// Forgets what is kept of the sessions that match; the next question of each asks the module again.
    ///
    /// - Returns: how many sessions matched.
    public func invalidate(sessions filter: SessionFilter) -> Int {
        let matching = matching(filter)
        for session in matching { invalidations.invalidate(.session(handle: session.handle)) }
        return matching.count
    }

    private func matching(_ filter: SessionFilter) -> [Session] {
        sessions.sessions(of: filter.user, applicationID: filter.applicationID)
            .filter { $0.isOpen && filter.matches($0) }
    }

    // MARK: explaining

    /// Asks why a check is answered as it is: the name is mapped as for the check, then the module explains.
    ///
    /// A module that does not explain is asked the check itself. Nothing is counted or recorded: an operator asks, and no user
    /// is let in by the answer.
    ///
    /// - Parameter done: called with the answer, exactly once, on whatever thread decides.
    public func explain(_ check: Check, session id: SessionID, _ done: @escaping @Sendable (ExplainedAnswer) -> Void) {
        let now = clock.monotonic
        guard let decider = decider.value else { return done(ExplainedAnswer(Answer(.undecided, .stopping))) }
        guard let session = sessions.use(id, at: now) else { return done(ExplainedAnswer(sessions.refusal(of: id))) }
        guard let known = decider.known(session) else {
            return done(
                ExplainedAnswer(
                    Answer(
                        .undecided, .moduleError,
                        logText: "the module in force has not been asked about the session yet")))
        }
        let goOn: @Sendable (Answer) -> Void = { [self] mapped in
            guard mapped.verdict == .allow, let object = mapped.mappedName else { return done(ExplainedAnswer(mapped)) }
            explain(check, object, session, known, decider, done)
        }
        var mapping = ObjectQuestion(
            objects, decider, session, known, check.name, attributes: check.attributes)
        switch mapping.ask(at: now) {
        case .decided(let mapped): goOn(mapped)
        case .delayed(let ticket): ticket.whenDecided { mapped in decider.resume { goOn(mapped) } }
        }
    }

    private func explain(
        _ check: Check, _ object: ObjectName, _ session: Session, _ known: ModuleSession, _ decider: any Decider,
        _ done: @escaping @Sendable (ExplainedAnswer) -> Void
    ) {
        let question = EntryQuestion(
            .explain(check, object, objects.content(of: object), known), check.kind, session: session.handle,
            entry: decider.about.hasEntry("auth_explain") ? nil : decider.entry(of: check.action))
        decider.ask(question, at: clock.monotonic) { said in
            done(ExplainedAnswer(session.answer(to: check.kind, said, about: object), said.explanation))
        }
    }
}

/// A check's answer, and why it is so.
public struct ExplainedAnswer: Sendable {
    /// What the check is answered with.
    public let answer: Answer
    /// The module's own lines, each ended by a line feed; empty where it has said none, nil for a module that does not explain.
    public let explanation: String?
    /// The verdict that the explanation is of, where that is not the check's.
    public let otherwise: Verdict?

    fileprivate init(_ answer: Answer, _ explanation: String? = nil, otherwise: Verdict? = nil) {
        (self.answer, self.explanation, self.otherwise) = (answer, explanation, otherwise)
    }

    /// Holds the explanation to the check's own answer, which alone counts.
    public func held(to check: Answer) -> ExplainedAnswer {
        check.verdict == answer.verdict ? self : ExplainedAnswer(check, explanation, otherwise: answer.verdict)
    }
}

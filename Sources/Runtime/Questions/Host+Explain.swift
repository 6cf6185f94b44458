import AuthCore
import ModuleHost

/// A check's answer, and why it is so.
public struct ExplainedAnswer: Sendable {
    /// What the check is answered with.
    public let answer: Answer
    /// The module's own lines, each ended by a line feed; nil for a module that does not explain.
    public let explanation: String?
}

extension Host {
    /// Asks why a check is answered as it is: the name is mapped as for the check, then the module explains.
    ///
    /// A module that does not explain is asked the check itself. Nothing is counted or recorded: an operator asks, and nobody
    /// is let in by the answer.
    ///
    /// - Parameter done: called with the answer, exactly once, on whatever thread decides.
    public func explain(_ check: Check, session id: SessionID, _ done: @escaping @Sendable (ExplainedAnswer) -> Void) {
        guard let decider else { return done(ExplainedAnswer(Answer(.undecided, .stopping))) }
        guard let session = openSession(id) else { return done(ExplainedAnswer(refusal(of: id))) }
        let goOn: @Sendable (Answer) -> Void = { [self] mapped in
            guard mapped.verdict == .allow, let object = mapped.mappedName else { return done(ExplainedAnswer(mapped)) }
            explain(check, object, session, decider, done)
        }
        var mapping = ObjectQuestion(self, decider, session, check.name)
        switch mapping.ask() {
        case .decided(let mapped): goOn(mapped)
        case .delayed(let ticket): ticket.whenDecided { mapped in decider.resume { goOn(mapped) } }
        }
    }

    private func explain(
        _ check: Check, _ object: ObjectName, _ session: Session, _ decider: any Decider,
        _ done: @escaping @Sendable (ExplainedAnswer) -> Void
    ) {
        let finish: @Sendable (ModuleAnswer) -> Void = { said in
            done(ExplainedAnswer(session.answer(to: check.kind, said, about: object), said.explanation))
        }
        var question = EntryQuestion("auth_explain", check.kind, session: session.handle) { [objects] module, ticket in
            let content = objects.content(of: object)
            return module.explain(check, object: object, content: content, session.moduleSession, ticket)
                ?? module.check(check, object: object, content: content, session.moduleSession, ticket)
        }
        question.pending = PendingSubject(
            check.action == .read ? nil : .write, name: object, contributionID: check.contributionID)
        switch decider.ask(&question) {
        case .answered(let said): finish(said)
        case .open(let open): open.whenAnswered { said, _ in finish(said) }
        }
    }
}

extension ExplainedAnswer {
    fileprivate init(_ answer: Answer, _ explanation: String? = nil) {
        self.init(answer: answer, explanation: explanation.flatMap { $0.isEmpty ? nil : $0 })
    }
}

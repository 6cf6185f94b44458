import AuthCore
import ModuleHost

/// HTTP realms: whether a user may do something in a part of the HTTP door that the module protects.
struct Realms: Sendable {
    let objects: Objects
    let metrics: DecisionMetrics

    /// Asks `auth_http_request` where the module has it, else a read check for GET and HEAD and a write check for the others.
    ///
    /// A module that has neither entry denies: here the absence of a check permits nothing, unlike with objects.
    ///
    /// - Parameters:
    ///   - session: the one that the user's password has opened.
    ///   - object: what a check is asked about.
    ///   - now: on the monotonic clock.
    func ask(
        _ request: RealmRequest, _ session: Session, _ known: ModuleSession, object: ObjectName,
        _ decider: any Decider, at now: Int64
    ) -> Outcome {
        if decider.about.hasEntry("auth_http_request") {
            return metrics.counted(.read, ask(request, session, known, decider, at: now))
        }
        let reads = request.method == .get || request.method == .head
        let entries =
            reads ? ["auth_check_read"] : ["auth_check_write", "checkWrite", "auth_check_write_extended"]
        guard entries.contains(where: decider.about.hasEntry) else { return .decided(Answer(.deny, .noEntry)) }
        let check = Check(reads ? .read : .write, object)
        var question = ObjectQuestion(objects, decider, session, known, check)
        return metrics.counted(check.kind, question.ask(at: now))
    }

    private func ask(
        _ request: RealmRequest, _ session: Session, _ known: ModuleSession, _ decider: any Decider, at now: Int64
    ) -> Outcome {
        var question = EntryQuestion(.httpRequest(request, known), .read, session: session.handle)
        switch decider.ask(&question, at: now) {
        case .answered(let said): return .decided(session.answer(to: .read, said, about: nil))
        case .open(let open):
            return decider.outcome(of: open, for: session) { said, _ in
                .answer(session.answer(to: .read, said, about: nil))
            }
        }
    }
}

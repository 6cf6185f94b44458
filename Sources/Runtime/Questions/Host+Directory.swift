import AuthCore
import ModuleHost

/// Who may use the directories that the module protects.
extension Host {
    /// Asks whether a user may do something in a protected HTTP directory: `auth_http_request` where the module has it, else
    /// a read check for GET and HEAD and a write check for the others.
    ///
    /// A module that has neither entry denies: here the absence of a check is no permission, unlike with objects.
    ///
    /// - Parameters:
    ///   - id: the session that the user's credentials have got.
    ///   - object: what a check is asked about.
    public func permits(_ request: DirectoryRequest, session id: SessionID, object: ObjectName) -> Outcome {
        guard let audit = configuration.audit else { return permission(request, id, object) }
        return audited(request, session: id, audit) { permission(request, id, object) }
    }

    private func permission(_ request: DirectoryRequest, _ id: SessionID, _ object: ObjectName) -> Outcome {
        guard !isStopping, let decider else { return .decided(Answer(.undecided, .stopping)) }
        if freshness.denies { return counted(.read, .decided(Answer(.undecided, .staleRules))) }
        guard let session = openSession(id) else { return .decided(refusal(of: id)) }
        if decider.about.hasEntry("auth_http_request") { return ask(request, session, decider) }
        let reads = request.method == .get || request.method == .head
        let entries =
            reads ? ["auth_check_read"] : ["auth_check_write", "checkWrite", "auth_check_write_extended"]
        guard entries.contains(where: decider.about.hasEntry) else { return .decided(Answer(.deny, .noEntry)) }
        return decide(.check(id, Check(reads ? .read : .write, object)))
    }

    private func ask(_ request: DirectoryRequest, _ session: Session, _ decider: any Decider) -> Outcome {
        let kind = QuestionKind.read
        var question = EntryQuestion("auth_http_request", kind, session: session.handle) { module, ticket in
            module.httpRequest(request, ticket)
        }
        switch decider.ask(&question) {
        case .answered(let said): return counted(kind, .decided(session.answer(to: kind, said, about: nil)))
        case .open(let open):
            return counted(
                kind,
                decider.outcome(of: open, for: session) { said, _ in .answer(session.answer(to: kind, said, about: nil))
                })
        }
    }
}

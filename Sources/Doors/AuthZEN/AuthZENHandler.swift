import AuthCore

/// Answers the questions of the Authorization API with a session for each subject.
struct AuthZENHandler: Sendable {
    let door: String
    let applicationID: String
    let sessions: ClientSessions
    let template: TextTemplate
    let subjectTypes: [String]
    /// Those of a search, in this order; an action that is not among them is a write.
    let actions: [(name: String, action: Check.Action)]

    /// What becomes of an evaluation before anybody is asked.
    private enum Prepared: Sendable {
        case known(Answer)
        case ask(Check, Login, ClientSessions.Client)
    }

    func single(_ evaluation: AuthZENEvaluation, from client: HTTPDoorClient) -> Step {
        decide(prepared(evaluation, client)) { answer in .reply(reply(to: answer)) }
    }

    /// Evaluates in order until the semantic is satisfied.
    func several(
        _ items: ArraySlice<Result<AuthZENEvaluation, RequestRefusal>>, _ semantic: AuthZENBatch.Semantic,
        from client: HTTPDoorClient, _ done: [AuthZENDecision] = []
    ) -> Step {
        var done = done
        var rest = items
        while let item = rest.popFirst() {
            let decision: AuthZENDecision
            switch item {
            case .failure(let refusal): decision = AuthZENDecision(refusal)
            case .success(let evaluation):
                switch prepared(evaluation, client) {
                case .known(let answer): decision = AuthZENDecision(answer)
                case .ask(let check, let login, let user):
                    let (before, rest) = (done, rest)
                    return decide(check, login, user) { answer in
                        let decision = AuthZENDecision(answer)
                        let isOver = semantic.ends(with: decision.decision)
                        return several(isOver ? [] : rest, semantic, from: client, before + [decision])
                    }
                }
            }
            done.append(decision)
            if semantic.ends(with: decision.decision) { break }
        }
        return .reply(Reply(200, json: AuthZENDecisions(evaluations: done)))
    }

    /// Asks about each of the actions, and replies with those that are allowed.
    func searchActions(
        _ evaluation: AuthZENEvaluation, _ names: ArraySlice<String>, from client: HTTPDoorClient,
        _ found: [String] = []
    ) -> Step {
        guard let name = names.first else {
            return .reply(Reply(200, json: AuthZENActions(results: found.map { .init(name: $0) })))
        }
        return decide(prepared(evaluation.asking(name), client)) { answer in
            // A list that lacks what nobody could decide would be taken for the whole.
            if answer.verdict == .undecided { return .reply(reply(to: answer)) }
            let found = answer.verdict == .allow ? found + [name] : found
            return searchActions(evaluation, names.dropFirst(), from: client, found)
        }
    }

    // MARK: - Asking

    private func prepared(_ evaluation: AuthZENEvaluation, _ client: HTTPDoorClient) -> Prepared {
        let action = actions.first { $0.name == evaluation.action }?.action ?? .write
        guard let name = try? template.name(evaluation.part) else { return .known(Answer(.deny, .invalidName)) }
        guard subjectTypes.contains(evaluation.subjectType),
            let login = try? Login(
                user: evaluation.subject, password: Secret([]), address: client.peer.address,
                applicationID: applicationID, door: door)
        else { return .known(Answer(.wrongCredentials, .invalidUser)) }
        let check = Check(action, name, fields: action == .write ? evaluation.fields : [])
        return .ask(check, login, ClientSessions.Client(user: evaluation.subject, clientID: ""))
    }

    private func decide(_ prepared: Prepared, _ then: @escaping @Sendable (Answer) -> Step) -> Step {
        switch prepared {
        case .known(let answer): then(answer)
        case .ask(let check, let login, let client): decide(check, login, client, then)
        }
    }

    /// - Parameter tries: how often the session may still be found gone, so that a module that ends every session at once is not
    ///   asked for ever.
    private func decide(
        _ check: Check, _ login: Login, _ client: ClientSessions.Client, tries: Int = 2,
        _ then: @escaping @Sendable (Answer) -> Step
    ) -> Step {
        switch sessions.standing(of: client) {
        case .open(let session):
            return .ask(.check(session, check)) { answer in
                let isUnknown = answer.reason == .unknownSession
                // The asker is told of an ejection once, as clients are; the next question asks the module anew.
                if isUnknown || answer.verdict == .ejected { sessions.note(.expired, of: session, client) }
                guard isUnknown, tries > 0 else { return then(answer) }
                return decide(check, login, client, tries: tries - 1, then)
            }
        case .unknown, .ejected:
            guard tries > 0 else { return then(Answer(.deny, .unknownSession)) }
            return .ask(.resume(login)) { answer in
                if answer.verdict == .overLimit, case .open = sessions.standing(of: client) {
                    // Another question took the user back in meanwhile, and has the place.
                    return decide(check, login, client, tries: tries - 1, then)
                }
                guard answer.verdict == .allow, let session = answer.session else {
                    return then(answer.verdict == .allow ? Answer(.undecided, .brokenAnswer) : answer)
                }
                let unused = sessions.adopt(session, of: client).unused
                return .logOut(unused, then: decide(check, login, client, tries: tries - 1, then))
            }
        }
    }

    /// What the answer to a single question becomes; one that nobody could decide is no decision.
    func reply(to answer: Answer) -> Reply {
        let isDecided = answer.verdict != .undecided
        var reply =
            isDecided
            ? Reply(200, json: AuthZENDecision(answer))
            : Reply(
                VerdictStatus.of(answer),
                json: ErrorBody(error: answer.verdict.rawValue, detail: VerdictStatus.detail(answer)))
        reply.verdict = answer.verdict
        return reply
    }
}

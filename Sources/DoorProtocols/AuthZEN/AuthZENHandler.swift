import AuthCore

/// Who asks, and what a module is told of that.
struct AuthZENAsker: Sendable {
    let client: DoorClient
    let attributes: [Field]
}

/// Answers the questions of the Authorization API with a session for each subject.
struct AuthZENHandler: Sendable {
    let door: String
    let applicationID: String
    let host: any QuestionAnswering
    let sessions: SessionsByName
    let template: TextTemplate
    let subjectTypes: [String]
    /// Those of a search, in this order; an action that is not among them is a write.
    let actions: [(name: String, action: Check.Action)]

    /// What becomes of an evaluation before the host is asked.
    private enum Prepared: Sendable {
        case known(Answer)
        case ask(Check, Login, SessionsByName.Client)
    }

    func single(_ evaluation: AuthZENEvaluation, from asker: AuthZENAsker) -> Step {
        askHost(prepared(evaluation, asker)) { answer in .reply(reply(to: answer)) }
    }

    /// Evaluates in order until the semantic is satisfied.
    func several(
        _ items: ArraySlice<Result<AuthZENEvaluation, RequestRefusal>>, _ semantic: AuthZENBatch.Semantic,
        from asker: AuthZENAsker, _ done: [AuthZENDecision] = []
    ) -> Step {
        var done = done
        var rest = items
        while let item = rest.popFirst() {
            let decision: AuthZENDecision
            switch item {
            case .failure(let refusal): decision = AuthZENDecision(refusal)
            case .success(let evaluation):
                switch prepared(evaluation, asker) {
                case .known(let answer): decision = AuthZENDecision(answer)
                case .ask(let check, let login, let user):
                    let (before, rest) = (done, rest)
                    return askHost(check, login, user) { answer in
                        let decision = AuthZENDecision(answer)
                        let isOver = semantic.ends(with: decision.decision)
                        return several(isOver ? [] : rest, semantic, from: asker, before + [decision])
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
        _ evaluation: AuthZENEvaluation, _ names: ArraySlice<String>, from asker: AuthZENAsker,
        _ found: [String] = []
    ) -> Step {
        guard let name = names.first else {
            return .reply(Reply(200, json: AuthZENActions(results: found.map { .init(name: $0) })))
        }
        return askHost(prepared(evaluation.asking(name), asker)) { answer in
            // A list without the undecided actions would be taken for the whole.
            if answer.verdict == .undecided { return .reply(reply(to: answer)) }
            let found = answer.verdict == .allow ? found + [name] : found
            return searchActions(evaluation, names.dropFirst(), from: asker, found)
        }
    }

    // MARK: - Asking

    private func prepared(_ evaluation: AuthZENEvaluation, _ asker: AuthZENAsker) -> Prepared {
        let action = actions.first { $0.name == evaluation.action }?.action ?? .write
        guard let name = try? template.name(evaluation.write(_:to:)) else { return .known(Answer(.deny, .invalidName)) }
        guard subjectTypes.contains(evaluation.subjectType),
            var login = try? Login(
                user: evaluation.subject, password: Secret([]), address: asker.client.peer.address,
                applicationID: applicationID, door: door)
        else { return .known(Answer(.wrongCredentials, .invalidUser)) }
        var check = Check(action, name, fields: action == .write ? evaluation.fields : [])
        check.attributes = asker.attributes
        login.attributes = asker.attributes
        return .ask(check, login, SessionsByName.Client(user: evaluation.subject, clientID: ""))
    }

    private func askHost(_ prepared: Prepared, _ then: @escaping @Sendable (Answer) -> Step) -> Step {
        switch prepared {
        case .known(let answer): then(answer)
        case .ask(let check, let login, let client): askHost(check, login, client, then)
        }
    }

    private func askHost(
        _ check: Check, _ login: Login, _ client: SessionsByName.Client, _ then: @escaping @Sendable (Answer) -> Step
    ) -> Step {
        sessions.ask(CheckByName(check: check, client: client, login: { login }, then: then), of: host)
    }

    /// What the answer to a single question becomes; an undecided one is no decision.
    func reply(to answer: Answer) -> Reply {
        let isDecided = answer.verdict != .undecided
        var reply =
            isDecided
            ? Reply(200, json: AuthZENDecision(answer))
            : Reply(VerdictStatus.of(answer), json: ErrorBody(answer))
        reply.verdict = answer.verdict
        return reply
    }
}

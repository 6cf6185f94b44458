import AuthCore

/// Answers a broker's questions with the sessions that the door keeps for its clients.
struct RabbitMQHandler: Sendable {
    typealias Client = ClientSessions.Client

    let door: String
    let applicationID: String
    let host: any QuestionAnswering
    let sessions: ClientSessions
    let template: TextTemplate
    /// What every user is.
    let tags: [String]
    /// What a user is who may read the object.
    let tagChecks: [(tag: String, object: ObjectName)]
    let asksWildcards: Bool
    let givesReasons: Bool
    let trustsBroker: Bool

    func answer(_ question: RabbitMQQuestion, from asker: HTTPDoorClient) -> Step {
        let client = Client(user: question.user, clientID: question.clientID)
        switch question.subject {
        case .user(let password):
            guard let login = login(question, password, asker) else {
                return .reply(reply(to: Answer(.wrongCredentials, .invalidUser)))
            }
            return logIn(login, password == nil, client)
        case .object(let object, let action):
            guard asksWildcards || !object.hasWildcard, let name = try? template.name(object.part) else {
                return .reply(reply(to: Answer(.deny, .invalidName)))
            }
            return decide(Check(action, name), question, client, asker)
        }
    }

    /// What presents the client to the module; nil for what no module may see.
    private func login(_ question: RabbitMQQuestion, _ password: Secret?, _ asker: HTTPDoorClient) -> Login? {
        let isAddress = DoorPeer.bytes(ofAddress: question.address) != nil
        return try? Login(
            user: question.user, password: password ?? Secret([]),
            address: isAddress ? question.address : asker.peer.address, applicationID: applicationID,
            machineID: question.clientID, door: door)
    }

    // MARK: - Logging in

    /// - Parameter isVouched: whether the broker has authenticated the user itself.
    private func logIn(_ login: Login, _ isVouched: Bool, _ client: Client, isAgain: Bool = false) -> Step {
        .ask(isVouched ? .resume(login) : .login(login)) { answer in
            // The credentials were good, so the place to give up is the user's own: the session of a connection before.
            if answer.verdict == .overLimit, !isAgain, let old = sessions.take(client) {
                return .logOut([old], then: logIn(login, isVouched, client, isAgain: true))
            }
            guard answer.verdict == .allow, let session = answer.session else {
                return .reply(reply(to: answer.verdict == .allow ? Answer(.undecided, .brokenAnswer) : answer))
            }
            let unused = sessions.begin(session, of: client)
            watch(session, client)
            return .logOut(unused, then: admitted(session))
        }
    }

    private func admitted(_ session: SessionID) -> Step {
        if tagChecks.isEmpty { return .reply(admittance(tags)) }
        return .askAll(tagChecks.map { Check(.read, $0.object) }, session) { answers in
            let granted = zip(tagChecks, answers).filter { $1.verdict == .allow }.map(\.0.tag)
            return .reply(admittance(tags + granted.filter { !tags.contains($0) }))
        }
    }

    private func watch(_ session: SessionID, _ client: Client) {
        _ = host.whenEnded(session) { [sessions] end in sessions.note(end, of: session, client) }
    }

    // MARK: - Deciding

    /// - Parameter tries: how often the client's session may still be found gone, so that a module that ends every session at
    ///   once is not asked for ever.
    private func decide(
        _ check: Check, _ question: RabbitMQQuestion, _ client: Client, _ asker: HTTPDoorClient, tries: Int = 2
    ) -> Step {
        switch sessions.standing(of: client) {
        case .ejected: return .reply(reply(to: Answer(.ejected, .ejectedSession)))
        case .unknown where tries == 0: return .reply(reply(to: Answer(.deny, .unknownSession)))
        case .unknown: return resume(check, question, client, asker, tries: tries)
        case .open(let session):
            return .ask(.check(session, check)) { answer in
                let isGone = answer.verdict == .ejected || answer.reason == .unknownSession
                guard isGone else { return .reply(reply(to: answer)) }
                sessions.note(answer.verdict == .ejected ? .ejected : .expired, of: session, client)
                return tries == 0
                    ? .reply(reply(to: answer)) : decide(check, question, client, asker, tries: tries - 1)
            }
        }
    }

    /// Asks the module to take the user back in that the broker has authenticated.
    private func resume(
        _ check: Check, _ question: RabbitMQQuestion, _ client: Client, _ asker: HTTPDoorClient, tries: Int
    ) -> Step {
        guard let login = login(question, nil, asker) else {
            return .reply(reply(to: Answer(.wrongCredentials, .invalidUser)))
        }
        return .ask(.resume(login)) { answer in
            if answer.reason == .noEntry, trustsBroker { return .reply(unasked(question, asker)) }
            if answer.verdict == .overLimit, case .open = sessions.standing(of: client) {
                // Another question took the user back in meanwhile, and has the place.
                return decide(check, question, client, asker, tries: tries - 1)
            }
            guard answer.verdict == .allow, let session = answer.session else {
                return .reply(reply(to: answer.verdict == .allow ? Answer(.undecided, .brokenAnswer) : answer))
            }
            let (standing, unused) = sessions.adopt(session, of: client)
            if standing == .open(session) { watch(session, client) }
            return .logOut(unused, then: decide(check, question, client, asker, tries: tries - 1))
        }
    }

    /// Allows what nobody was asked about, and tells operators.
    private func unasked(_ question: RabbitMQQuestion, _ asker: HTTPDoorClient) -> Reply {
        asker.connection.countFault("unasked")
        asker.connection.log.warning(
            """
            door \(door): user <\(question.user)> has no session and the module cannot resume one; the broker is trusted, \
            so the question was allowed unasked
            """)
        return reply(to: Answer(.allow, .noEntry))
    }

    // MARK: - Replies

    private func admittance(_ tags: [String]) -> Reply {
        Self.text(200, (["allow"] + tags).joined(separator: " "), .allow, .granted)
    }

    /// What an answer becomes: exactly `allow` or `deny`, with no line end, or an error where nobody could decide.
    func reply(to answer: Answer) -> Reply {
        switch answer.verdict {
        case .allow: Self.text(200, "allow", .allow, answer.reason)
        case .undecided: Self.text(503, VerdictStatus.detail(answer), .undecided, answer.reason)
        case .wrongCredentials: Self.text(200, denial(answer), .wrongCredentials, nil)
        case .deny, .overLimit, .ejected: Self.text(200, denial(answer), answer.verdict, answer.reason)
        }
    }

    private func denial(_ answer: Answer) -> String {
        guard givesReasons else { return "deny" }
        let detail = String(VerdictStatus.detail(answer).map { $0.isNewline ? " " : $0 })
        return answer.verdict == .deny ? "deny \(detail)" : "deny \(answer.verdict.rawValue): \(detail)"
    }

    private static func text(_ status: Int, _ text: String, _ verdict: Verdict, _ reason: Reason?) -> Reply {
        var reply = Reply(status, verdict: verdict, reason: reason)
        reply.content = .text(text, type: "text/plain")
        return reply
    }
}

extension RabbitMQDoor {
    /// Without the `date` of replies, which is always there.
    public static func wire(_ answer: Answer) -> [(question: String, bytes: String)] {
        [false, true].compactMap { givesReasons in
            var settings = DoorSettings(type: name, name: name)
            settings.options = [("reasons", givesReasons ? "TRUE" : "FALSE")]
            guard let door = try? RabbitMQDoor(settings, host: UnaskedHost()) else { return nil }
            return (givesReasons ? "any, with `reasons`" : "any", door.handler.reply(to: answer).wireText)
        }
    }
}

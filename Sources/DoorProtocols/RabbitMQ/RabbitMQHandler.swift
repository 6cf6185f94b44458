import AuthCore
import Logging

/// Answers a broker's questions with the sessions that the door keeps for its clients.
struct RabbitMQHandler: Sendable {
    typealias Client = SessionsByName.Client

    let door: String
    let applicationID: String
    let host: any QuestionAnswering
    let sessions: SessionsByName
    let template: TextTemplate
    /// The tags of every user.
    let tags: [String]
    /// The tags of a user who may read the object.
    let tagChecks: [(tag: String, object: ObjectName)]
    /// The attribute of a log-in whose values are tags as well; empty for none.
    let tagAttribute: String
    let asksWildcards: Bool
    let givesReasons: Bool
    let trustsBroker: Bool

    func answer(_ question: RabbitMQQuestion, _ attributes: [Field], from asker: DoorClient) -> Step {
        let client = Client(user: question.user, clientID: question.clientID)
        switch question.subject {
        case .user(let password):
            guard let login = login(question, password, attributes, asker) else {
                return .reply(reply(to: Answer(.wrongCredentials, .invalidUser)))
            }
            return logIn(login, password == nil, client, asker)
        case .object(let object, let action):
            guard asksWildcards || !object.hasWildcard, let name = try? template.name(object.write(_:to:)) else {
                return .reply(reply(to: Answer(.deny, .invalidName)))
            }
            var check = Check(action, name)
            check.attributes = attributes
            return askHost(check, question, client, asker)
        }
    }

    /// What presents the client to the module; nil for what no module may see.
    private func login(
        _ question: RabbitMQQuestion, _ password: Secret?, _ attributes: [Field], _ asker: DoorClient
    ) -> Login? {
        let isAddress = DoorPeer.bytes(ofAddress: question.address) != nil
        var login = try? Login(
            user: question.user, password: password ?? Secret([]),
            address: isAddress ? question.address : asker.peer.address, applicationID: applicationID,
            machineID: question.clientID, door: door)
        login?.attributes = attributes
        return login
    }

    // MARK: - Logging in

    /// - Parameter isVouched: whether the broker has authenticated the user itself.
    private func logIn(
        _ login: Login, _ isVouched: Bool, _ client: Client, _ asker: DoorClient, isAgain: Bool = false
    ) -> Step {
        .ask(isVouched ? .resume(login) : .login(login)) { answer in
            // The broker goes on with the name that it was given, and no other user may give up the places of that user.
            if answer.isAbout(otherThan: login.user) {
                return .logOut([answer.session].compactMap(\.self), then: refuseOther(answer, than: login.user, asker))
            }
            // The credentials were good, so the place to give up is the user's own: the session of a connection before.
            if answer.verdict == .overLimit, !isAgain, let old = sessions.take(client) {
                return .logOut([old], then: logIn(login, isVouched, client, asker, isAgain: true))
            }
            guard answer.verdict == .allow, let session = answer.session else {
                return .reply(reply(to: answer.verdict == .allow ? Answer(.undecided, .brokenAnswer) : answer))
            }
            let unused = sessions.begin(session, of: client)
            sessions.watch(session, of: client, by: host)
            return .logOut(unused, then: admitted(session, tags + tags(of: answer)))
        }
    }

    private func refuseOther(_ answer: Answer, than typed: String, _ asker: DoorClient) -> Step {
        let refusal = answer.refusedAsOther(than: typed)
        asker.noteOtherUser(refusal, at: door)
        return .reply(reply(to: refusal))
    }

    /// The tags that the module gives. A value that cannot be a broker's tag is left out, for it would be taken for several.
    private func tags(of answer: Answer) -> [String] {
        if tagAttribute.isEmpty { return [] }
        return answer.attributes.filter { $0.name == tagAttribute && RabbitMQOptions.isTag($0.value) }.map(\.value)
    }

    private func admitted(_ session: SessionID, _ tags: [String]) -> Step {
        if tagChecks.isEmpty { return .reply(admittance(tags)) }
        return .askAll(tagChecks.map { Check(.read, $0.object) }, session) { answers in
            let granted = zip(tagChecks, answers).filter { $1.verdict == .allow }.map(\.0.tag)
            return .reply(admittance(tags + granted.filter { !tags.contains($0) }))
        }
    }

    // MARK: - Deciding

    private func askHost(_ check: Check, _ question: RabbitMQQuestion, _ client: Client, _ asker: DoorClient) -> Step {
        // Where there is no session, the module is asked to take the broker's authenticated user back in.
        var asked = CheckByName(check: check, client: client, login: { login(question, nil, check.attributes, asker) })
        { answer in
            asker.noteOtherUser(answer, at: door)
            return .reply(reply(to: answer))
        }
        asked.mayStandForOther = false
        asked.notResumed = { answer in
            // The entry point has been asked about this user. One that answers as if it were not there refuses.
            let isUnasked = trustsBroker && answer.reason == .noEntry && !host.resumesUsers
            return isUnasked ? .reply(unasked(question, asker)) : nil
        }
        return sessions.ask(asked, of: host)
    }

    /// Allows what no module was asked about, and tells operators.
    private func unasked(_ question: RabbitMQQuestion, _ asker: DoorClient) -> Reply {
        asker.countFault("unasked")
        asker.log.warning(
            """
            door \(door): user <\(question.user)> has no session and the module cannot resume one; the broker is trusted, \
            so the question was allowed unasked
            """)
        return reply(to: Answer(.allow, .noEntry))
    }

    // MARK: - Replies

    private func admittance(_ tags: [String]) -> Reply {
        var seen = Set<ExactText>()
        let tags = tags.filter { seen.insert(ExactText($0)).inserted }
        return Self.text(200, (["allow"] + tags).joined(separator: " "), .allow, .granted)
    }

    /// What an answer becomes: exactly `allow` or `deny`, with no line end, or an error where it could not be decided.
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
        let decision = answer.decision.text.map { " (decision \($0))" } ?? ""
        return (answer.verdict == .deny ? "deny \(detail)" : "deny \(answer.verdict.rawValue): \(detail)") + decision
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

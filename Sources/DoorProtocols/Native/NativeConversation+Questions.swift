import AuthCore

// What a client asks, and what it is answered.
extension NativeConversation {
    mutating func check(_ session: SessionID, _ said: NativeCheck, _ number: UInt32, _ turn: inout DoorTurn) {
        do throws(NameError) {
            var check = try said.checked()
            check.attributes = attributes(said.attributes)
            self.check(session, check, number, &turn)
        } catch {
            refuse(error, number, &turn)
        }
    }

    mutating func check(_ session: SessionID, _ check: Check, _ number: UInt32, _ turn: inout DoorTurn) {
        if wantsPushes { noteQuestion(about: session, [check.name]) }
        // A check that comes alone is asked at once.
        guard burst.isEmpty, received.isEmpty else { return gather(SessionCheck(session, check), number) }
        answer(door.host.ask(.check(session, check)), .check, number, about: check.name, &turn)
    }

    /// Answers a check whose name is not valid, behind those that were read before it.
    mutating func refuse(_ error: NameError, _ number: UInt32, _ turn: inout DoorTurn) {
        askBurst(&turn)
        answer(Self.refusal(error), .check, number, &turn)
    }

    mutating func ask(_ body: NativeRequest.Body, _ number: UInt32, _ turn: inout DoorTurn) {
        switch body {
        case .login(let login): self.login(login, number, &turn)
        case .logout(let session, let said):
            own.remove(session)
            answer(door.host.ask(.logout(session, attributes: attributes(said))), .logout, number, &turn)
        case .map(let session, let bytes, let said):
            do throws(NameError) {
                let name = try ObjectName(bytes)
                noteQuestion(about: session, [name])
                let question = Question.map(session, name, attributes: attributes(said))
                answer(door.host.ask(question), .map, number, about: name, &turn)
            } catch {
                answer(Self.refusal(error), .map, number, &turn)
            }
        case .batch(let session, let checks, let said): batch(session, checks, attributes(said), number, &turn)
        case .watch(let session): answer(watch(session), .watch, number, &turn)
        case .refused(let kind, let rows, let why): refuse(kind, rows, why, number, &turn)
        case .hello, .logon, .check, .ping: break
        }
    }

    /// Refuses a question with attributes that no module may see; other questions on the connection go on.
    private func refuse(
        _ kind: NativeProtocol.Kind, _ rows: Int, _ why: String, _ number: UInt32, _ turn: inout DoorTurn
    ) {
        client.countFault("attributes")
        let refusal = Answer(.deny, .invalidRequest, clientText: why)
        guard kind == .batch else { return answer(refusal, kind, number, &turn) }
        NativeWriter.batch(Array(repeating: refusal, count: rows), number, version: version, to: &turn.out)
    }

    private mutating func watch(_ session: SessionID) -> Answer {
        guard wantsPushes else {
            return Answer(.deny, .invalidRequest, clientText: "nothing is pushed on this connection")
        }
        guard interest.knows(session) || !interest.isFull else {
            let text = "more than \(NativeInterest.mostSessions) sessions are watched"
            return Answer(.deny, .invalidRequest, clientText: text)
        }
        return follow(session) ? Answer(.allow, .granted) : Answer(.deny, .unknownSession)
    }

    private static func refusal(_ error: NameError) -> Answer {
        Answer(.deny, .invalidName, clientText: "\(error)")
    }

    private mutating func login(_ login: NativeLogin, _ number: UInt32, _ turn: inout DoorTurn) {
        guard !login.resumes || door.allowsResume else {
            return refuseLogin("this door logs no user in without a password", number, &turn)
        }
        guard !login.resumes || login.password.count == 0 else {
            return refuseLogin("a password in a request that takes none", number, &turn)
        }
        var question: Login
        do throws(LoginError) {
            // A trusted client names its own client.
            question = try Login(
                user: login.user, password: login.password,
                address: isTrusted && !login.address.isEmpty ? login.address : peer.address,
                applicationID: door.settings.applicationID ?? login.applicationID, machineID: login.machineID,
                door: door.settings.name)
        } catch {
            return refuseLogin(error.description, number, &turn)
        }
        question.attributes = attributes(login.attributes)
        if wantsPushes {
            interest.beginLogin()
            watchInvalidations()
        }
        let (isBound, typed) = (login.isBound, login.user)
        settle(door.host.ask(login.resumes ? .resume(question) : .login(question)), &turn) {
            conversation, answer, turn in
            conversation.loggedIn(answer, typed, isBound: isBound)
            conversation.answer(answer, .login, number, &turn)
        }
    }

    private func refuseLogin(_ text: String, _ number: UInt32, _ turn: inout DoorTurn) {
        answer(Answer(.deny, .invalidRequest, clientText: text), .login, number, &turn)
    }

    private mutating func loggedIn(_ answer: Answer, _ typed: String, isBound: Bool) {
        if wantsPushes { interest.endLogin() }
        guard answer.verdict == .allow, let session = answer.session else { return }
        if isBound { own.insert(session) }
        // The next question tells of a session that has ended meanwhile.
        if wantsPushes { _ = follow(session, users: [typed] + [answer.user].compactMap(\.self)) }
    }

    /// Asks for all in one go; the answer is there when the last of them is.
    private mutating func batch(
        _ session: SessionID, _ checks: [NativeCheck], _ attributes: [Field], _ number: UInt32,
        _ turn: inout DoorTurn
    ) {
        // A row that gets no other answer could not be decided.
        var answers = Array(repeating: Answer(.undecided, .brokenAnswer), count: checks.count)
        var asked: [SessionCheck] = []
        asked.reserveCapacity(checks.count)
        var places: [Int] = []
        places.reserveCapacity(checks.count)
        for place in checks.indices {
            do throws(NameError) {
                var check = try checks[place].checked()
                check.attributes = attributes
                asked.append(SessionCheck(session, check))
                places.append(place)
            } catch {
                answers[place] = Self.refusal(error)
            }
        }
        if wantsPushes { noteQuestion(about: session, asked.map(\.check.name)) }
        let outcomes = door.host.ask(asked)
        var open: [(place: Int, name: ObjectName, ticket: Ticket)] = []
        for index in places.indices where index < outcomes.count {
            switch outcomes[index] {
            case .delayed(let ticket): open.append((places[index], asked[index].check.name, ticket))
            case .decided(let answer):
                if wantsPushes { interest.noteAnswer(answer, about: asked[index].check.name) }
                answers[places[index]] = answer
            }
        }
        if open.isEmpty { return NativeWriter.batch(answers, number, version: version, to: &turn.out) }
        // Each holds its share of what was sent.
        heldBytes /= open.count
        let gathering = NativeBatch(answers: answers, open: open.count)
        for (place, name, ticket) in open {
            wait(ticket) { conversation, answer, turn in
                gathering.answers[place] = answer
                if conversation.wantsPushes { conversation.interest.noteAnswer(answer, about: name) }
                gathering.open -= 1
                if gathering.open == 0 {
                    NativeWriter.batch(gathering.answers, number, version: conversation.version, to: &turn.out)
                }
            }
        }
    }

    func answer(_ answer: Answer, _ kind: NativeProtocol.Kind, _ number: UInt32, _ turn: inout DoorTurn) {
        if answer.verdict != .wrongCredentials || (isTrusted && kind != .logon) {
            return NativeWriter.verdict(answer, kind, number, version: version, to: &turn.out)
        }
        // A client that tries passwords does not learn which users there are.
        var told = Answer(.wrongCredentials, .invalidPassword)
        told.decision = answer.decision
        NativeWriter.verdict(told, kind, number, version: version, to: &turn.out)
    }

    /// Answers with an outcome, once it is there; notes what it says about an object, where that matters.
    mutating func answer(
        _ outcome: consuming Outcome, _ kind: NativeProtocol.Kind, _ number: UInt32, about name: ObjectName? = nil,
        _ turn: inout DoorTurn
    ) {
        switch consume outcome {
        case .decided(let answer): settled(answer, kind, number, about: name, &turn)
        case .delayed(let ticket):
            wait(ticket) { conversation, answer, turn in
                conversation.settled(answer, kind, number, about: name, &turn)
            }
        }
    }

    private mutating func settled(
        _ answer: Answer, _ kind: NativeProtocol.Kind, _ number: UInt32, about name: ObjectName?,
        _ turn: inout DoorTurn
    ) {
        if wantsPushes, let name { interest.noteAnswer(answer, about: name) }
        self.answer(answer, kind, number, &turn)
    }

    /// Goes on with the answer, at once or when it is there.
    mutating func settle(_ outcome: Outcome, _ turn: inout DoorTurn, _ body: @escaping Continuation) {
        switch outcome {
        case .decided(let answer): body(&self, answer, &turn)
        case .delayed(let ticket): wait(ticket, body)
        }
    }

    /// What a module is told: what a trusted client says of its own client, else what the connection tells.
    func attributes(_ said: [Field]) -> [Field] {
        guard door.host.readsAttributes else { return [] }
        return isTrusted && !said.isEmpty ? said : DoorAttributes(peer).fields
    }

    /// Whether the client is at the unix socket, or has logged on.
    private var isTrusted: Bool { peer.isUnixSocket || door.needsLogon }
}

/// A batch whose last answers are not there yet.
private final class NativeBatch {
    var answers: [Answer]
    var open: Int

    init(answers: [Answer], open: Int) {
        self.answers = answers
        self.open = open
    }
}

extension NativeCheck {
    /// The check with its name looked at.
    func checked() throws(NameError) -> Check {
        var check = Check(action, try ObjectName(name), fields: fields, contributionID: contributionID)
        check.attributes = attributes
        return check
    }
}

import AuthCore
import NIOCore

// What a client asks, and what it is answered.
extension NativeConnection {
    func ask(_ body: NativeRequest.Body, _ number: UInt32) throws(DoorFault) {
        switch body {
        case .login(let login): self.login(login, number)
        case .logout(let session):
            own.remove(session)
            noteUse()
            settle(door.host.ask(.logout(session)), .logout, number)
        case .map(let session, let bytes):
            do throws(NameError) {
                let name = try ObjectName(bytes)
                noteQuestion(about: session, [name])
                settle(door.host.ask(.map(session, name)), .map, number, noting(name))
            } catch {
                answer(Self.refusal(error), .map, number)
            }
        case .check(let session, let check):
            do throws(NameError) {
                let check = try check.checked()
                noteQuestion(about: session, [check.name])
                settle(door.host.ask(.check(session, check)), .check, number, noting(check.name))
            } catch {
                answer(Self.refusal(error), .check, number)
            }
        case .batch(let session, let checks): batch(session, checks, number)
        case .watch where !wantsPushes:
            answer(Answer(.deny, .invalidRequest, clientText: "nothing is pushed on this connection"), .watch, number)
        case .watch(let session) where interest.knows(session) || !interest.isFull:
            answer(follow(session) ? Answer(.allow, .granted) : Answer(.deny, .unknownSession), .watch, number)
        case .watch:
            answer(
                Answer(
                    .deny, .invalidRequest, clientText: "more than \(NativeInterest.mostSessions) sessions are watched"),
                .watch, number)
        case .hello, .logon, .ping: break
        }
    }

    static func refusal(_ error: NameError) -> Answer {
        Answer(.deny, .invalidName, clientText: "\(error)")
    }

    func login(_ login: NativeLogin, _ number: UInt32) {
        guard !login.resumes || door.allowsResume else {
            return answer(
                Answer(.deny, .invalidRequest, clientText: "this door logs nobody in without a password"), .login,
                number)
        }
        guard !login.resumes || login.password.count == 0 else {
            return answer(
                Answer(.deny, .invalidRequest, clientText: "a password that nobody looks at"), .login, number)
        }
        let question: Login
        do throws(LoginError) {
            // Who is trusted names its own client.
            question = try Login(
                user: login.user, password: login.password,
                address: isTrusted && !login.address.isEmpty ? login.address : peer.address,
                applicationID: door.settings.applicationID ?? login.applicationID, machineID: login.machineID,
                door: door.settings.name)
        } catch {
            return answer(Answer(.deny, .invalidRequest, clientText: error.description), .login, number)
        }
        if wantsPushes {
            interest.beginLogin()
            watchInvalidations()
        }
        settle(door.host.ask(login.resumes ? .resume(question) : .login(question)), .login, number) {
            [weak self] answer in
            guard let self else { return }
            if wantsPushes { interest.endLogin() }
            guard answer.verdict == .allow, let session = answer.session else { return }
            if login.isBound { own.insert(session) }
            // A session that has ended meanwhile is told of by the next question.
            if wantsPushes { _ = follow(session, user: answer.user) }
            noteUse()
        }
    }

    /// Asks for all in one go; the answer is there when the last of them is.
    func batch(_ session: SessionID, _ checks: [NativeCheck], _ number: UInt32) {
        var answers: [Answer?] = []
        var asked: [Check] = []
        for check in checks {
            do throws(NameError) {
                asked.append(try check.checked())
                answers.append(nil)
            } catch {
                answers.append(Self.refusal(error))
            }
        }
        let names = asked.map(\.name)
        noteQuestion(about: session, names)
        var outcomes = door.host.ask(asked, session: session)[...]
        let places = answers.indices.filter { answers[$0] == nil }
        let gathering = NativeBatch(answers: answers, open: 0)
        for (place, name) in zip(places, names) {
            switch outcomes.popFirst() ?? .decided(Answer(.undecided, .brokenAnswer)) {
            case .decided(let answer):
                gathering.answers[place] = answer
                if wantsPushes { interest.noteAnswer(answer, about: name) }
            case .delayed(let ticket):
                gathering.open += 1
                wait(ticket) { connection, answer in
                    gathering.answers[place] = answer
                    if connection.wantsPushes { connection.interest.noteAnswer(answer, about: name) }
                    gathering.open -= 1
                    if gathering.open == 0 { connection.writer.batch(gathering.complete, number) }
                }
            }
        }
        if gathering.open == 0 { writer.batch(gathering.complete, number) }
    }

    func answer(_ answer: Answer, _ kind: NativeProtocol.Kind, _ number: UInt32) {
        // A client that tries passwords does not learn which users there are.
        let isTold = answer.verdict != .wrongCredentials || (isTrusted && kind != .logon)
        writer.verdict(isTold ? answer : Answer(.wrongCredentials, .invalidPassword), kind, number)
    }

    /// Notes an answer about an object, where that matters.
    private func noting(_ name: ObjectName) -> ((Answer) -> Void)? {
        guard wantsPushes else { return nil }
        return { [weak self] in self?.interest.noteAnswer($0, about: name) }
    }

    /// A client at the unix socket, or one that has logged on.
    var isTrusted: Bool { peer.isUnixSocket || door.needsLogon }

    func settle(
        _ outcome: Outcome, _ kind: NativeProtocol.Kind, _ number: UInt32,
        _ settled: ((Answer) -> Void)? = nil
    ) {
        switch outcome {
        case .decided(let answer):
            settled?(answer)
            self.answer(answer, kind, number)
        case .delayed(let ticket):
            wait(ticket) { connection, answer in
                settled?(answer)
                connection.answer(answer, kind, number)
            }
        }
    }

    /// Calls `body` on the event loop with the answer, unless the connection has gone by then.
    func wait(_ ticket: Ticket, _ body: @escaping (NativeConnection, Answer) -> Void) {
        let key = nextTicket
        nextTicket += 1
        pending[key] = ticket
        noteUse()
        let me = NIOLoopBound((connection: self, body: body), eventLoop: connection.channel.eventLoop)
        let (loop, host) = (connection.channel.eventLoop, door.host)
        ticket.whenDecided { answer in
            loop.execute {
                let connection = me.value.connection
                guard connection.pending.removeValue(forKey: key) != nil else {
                    // Nobody learns of this session.
                    if let session = answer.session { _ = host.ask(.logout(session)) }
                    return
                }
                me.value.body(connection, answer)
                connection.noteUse()
                connection.readFrames()
                connection.flush()
            }
        }
    }
}

/// A batch whose last answers are not there yet.
final class NativeBatch {
    var answers: [Answer?]
    var open: Int

    init(answers: [Answer?], open: Int) {
        self.answers = answers
        self.open = open
    }

    /// Every answer; what is missing could not be decided.
    var complete: [Answer] { answers.map { $0 ?? Answer(.undecided, .brokenAnswer) } }
}

extension NativeCheck {
    /// The check with its name looked at.
    func checked() throws(NameError) -> Check {
        Check(action, try ObjectName(name), fields: fields, contributionID: contributionID)
    }
}

import AuthCore

// The user of a connection, where its door asks for one.
extension NativeConversation {
    mutating func logon(
        _ user: String, _ secret: Secret, _ tries: Int, _ number: UInt32, _ turn: inout DoorTurn
    ) throws(DoorFault) {
        guard pending.isEmpty else { throw DoorFault("logon", "a connection logs on once at a time") }
        var login: Login
        do throws(LoginError) {
            login = try Login(user: user, password: secret, address: peer.address, door: door.settings.name)
        } catch {
            let refusal = Answer(.wrongCredentials, .invalidRequest, clientText: error.description)
            return retryLogon(refusal, tries, number, &turn)
        }
        login.attributes = door.host.attributes(of: peer) { _ in }
        // A client that has shown a certificate of that name has proved it.
        let isCertified = secret.count == 0 && peer.certificateName?.hasBytes(of: user) == true
        settle(door.host.ask(isCertified ? .resume(login) : .login(login)), &turn) { conversation, answer, turn in
            conversation.loggedOn(answer, tries, number, &turn)
        }
    }

    private mutating func loggedOn(_ answer: Answer, _ tries: Int, _ number: UInt32, _ turn: inout DoorTurn) {
        guard answer.verdict == .allow, let session = answer.session else {
            return retryLogon(answer, tries, number, &turn)
        }
        own.insert(session)
        var check = Check(.read, door.object)
        check.attributes = door.host.attributes(of: peer) { _ in }
        settle(door.host.ask(.check(session, check)), &turn) { conversation, answer, turn in
            conversation.permitted(session, answer, tries, number, &turn)
        }
    }

    private mutating func permitted(
        _ session: SessionID, _ permission: Answer, _ tries: Int, _ number: UInt32, _ turn: inout DoorTurn
    ) {
        guard permission.verdict == .allow else { return retryLogon(permission, tries, number, &turn) }
        phase = .asking
        // Its connection has no rights without it.
        logOnWatch = watchEnd(of: session) { .logOnEnded($0) }
        guard logOnWatch != nil else {
            return fail(DoorFault("logon", "the user who logged on here has no session any more"), &turn)
        }
        self.answer(Answer(.allow, .granted), .logon, number, &turn)
    }

    mutating func endLogOn(_ reason: SessionEnd, _ turn: inout DoorTurn) {
        if isOver { return }
        fail(DoorFault("logon", "the user who logged on here has no session any more (\(reason))"), &turn)
    }

    /// Refuses a log-on; the client may answer with other credentials, but not for ever.
    private mutating func retryLogon(_ answer: Answer, _ tries: Int, _ number: UInt32, _ turn: inout DoorTurn) {
        for session in own { _ = door.host.ask(.logout(session)) }
        own = []
        client.countFault("logon-refused")
        self.answer(answer, .logon, number, &turn)
        if tries + 1 >= Self.mostTries {
            fail(DoorFault("logon", "\(Self.mostTries) tries to log on are accepted"), &turn)
        } else {
            phase = .loggingOn(tries: tries + 1)
        }
    }
}

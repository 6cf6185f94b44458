import AuthCore
import NIOCore

// Who a connection is of, where its door asks for that.
extension NativeConnection {
    func logon(_ user: String, _ secret: Secret, _ tries: Int, _ number: UInt32) throws(DoorFault) {
        guard pending.isEmpty else { throw DoorFault("logon", "a connection logs on once at a time") }
        let login: Login
        do throws(LoginError) {
            login = try Login(user: user, password: secret, address: peer.address, door: door.settings.name)
        } catch {
            return retryLogon(Answer(.wrongCredentials, .invalidRequest, clientText: error.description), tries, number)
        }
        // A client that has shown a certificate of that name has proved to be it.
        let isCertified = secret.count == 0 && peer.certificateName?.hasBytes(of: user) == true
        settle(door.host.ask(isCertified ? .resume(login) : .login(login)), tries, number)
    }

    func settle(_ outcome: Outcome, _ tries: Int, _ number: UInt32) {
        switch outcome {
        case .decided(let answer): loggedOn(answer, tries, number)
        case .delayed(let ticket): wait(ticket) { connection, answer in connection.loggedOn(answer, tries, number) }
        }
    }

    func loggedOn(_ answer: Answer, _ tries: Int, _ number: UInt32) {
        guard answer.verdict == .allow, let session = answer.session else { return retryLogon(answer, tries, number) }
        own.insert(session)
        let permission = door.host.ask(.check(session, Check(.read, door.object)))
        switch permission {
        case .decided(let permission): permitted(permission, tries, number)
        case .delayed(let ticket): wait(ticket) { connection, answer in connection.permitted(answer, tries, number) }
        }
    }

    func permitted(_ permission: Answer, _ tries: Int, _ number: UInt32) {
        guard permission.verdict == .allow else { return retryLogon(permission, tries, number) }
        phase = .asking
        for session in own {
            // Its connection has no rights without it.
            logOnWatch = watchEnd(of: session) { connection, reason in
                connection.fail(DoorFault("logon", "who logged on here has no session any more (\(reason))"))
                connection.flush()
            }
            guard logOnWatch != nil else {
                return fail(DoorFault("logon", "who logged on here has no session any more"))
            }
        }
        noteUse()
        self.answer(Answer(.allow, .granted), .logon, number)
    }

    /// Refuses a log-on; the client may answer with other credentials, but not for ever.
    func retryLogon(_ answer: Answer, _ tries: Int, _ number: UInt32) {
        for session in own { _ = door.host.ask(.logout(session)) }
        own = []
        connection.countFault("logon-refused")
        self.answer(answer, .logon, number)
        if tries + 1 >= Self.mostTries {
            fail(DoorFault("logon", "\(Self.mostTries) tries to log on are accepted"))
        } else {
            phase = .loggingOn(tries: tries + 1)
        }
    }
}

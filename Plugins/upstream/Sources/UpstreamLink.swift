import AuthHostClient
import ModuleKit
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The connection to the other authhost, and what it says unasked.
final class UpstreamLink: Sendable {
    let sessions = RemoteSessions()
    private let host: HostInterface
    private let client: AuthHostClient

    init(_ host: HostInterface, address: String, destination: String?, mostPending: Int32) throws(ClientError) {
        self.host = host
        var options = AuthHostClient.Options(address: address)
        options.mostPending = mostPending
        let events = LinkEvents(host, sessions, address)
        options.onEvent = { events.hear($0) }
        if let destination {
            let logon = LinkLogOn(host, destination)
            options.logon = { logon.give($0) }
            options.loggedOn = { logon.completed($0) }
        }
        client = try AuthHostClient(options)
    }

    /// Ends the connection; what waits could not be decided.
    func close() { client.close() }

    /// Asks what belongs to no session.
    func ask(
        _ question: ClientQuestion, until deadline: Duration, _ answered: @escaping @Sendable (ClientAnswer) -> Void
    ) {
        client.ask(question, timeout: deadline - host.monotonicTime, answered)
    }

    /// Asks about a session; one that the other authhost has lost is resumed there first, once.
    ///
    /// - Parameter question: makes the question about a session there. Called before this returns.
    func ask(
        about id: ModuleKit.SessionID, until deadline: Duration, _ question: (ClientSession) -> ClientQuestion,
        _ answered: @escaping @Sendable (ClientAnswer) -> Void
    ) {
        guard let session = sessions.lastName(id) else {
            return answered(ClientAnswer(undecided: "unknown-session"))
        }
        let question = question(session)
        let again: @Sendable (ClientSession?) -> Void = { [self] session in
            guard let session else { return answered(ClientAnswer(undecided: "unknown-session")) }
            question.about(session)
            ask(question, until: deadline) { [self] answer in
                settle(answer, of: id)
                answered(answer)
            }
        }
        if sessions.wait(id, whenOpen: again) { return }
        ask(question, until: deadline) { [self] answer in
            guard answer.isOfUnknownSession else {
                settle(answer, of: id)
                return answered(answer)
            }
            if sessions.lost(id, session, whenOpen: again) { resume(id, until: deadline) }
        }
    }

    /// An ejected session ends here too.
    private func settle(_ answer: ClientAnswer, of id: ModuleKit.SessionID) {
        if answer.verdict == .ejected { host.eject(id) }
    }

    private func resume(_ id: ModuleKit.SessionID, until deadline: Duration) {
        ask(.resuming(id, of: host), until: deadline) { [self] answer in
            var reason = "\(answer)"
            if let session = answer.session {
                // The session here has its user for good.
                if isOwn(id, answer.user) {
                    if !sessions.resumed(id, session) { endRemote(session) }
                    return
                }
                endRemote(session)
                reason = "it would be another user's"
            }
            host.log(.warn, "a session could not be resumed upstream: \(reason)")
            // Where it could not be decided, the next question tries again with the name that was lost.
            if answer.verdict == .undecided { return sessions.postpone(id) }
            _ = sessions.resumed(id, nil)
            host.eject(id)
        }
    }

    private func isOwn(_ id: ModuleKit.SessionID, _ user: String?) -> Bool {
        guard let user, let own = host.attribute(.user, of: id) else { return false }
        return user.utf8.elementsEqual(own.utf8)
    }

    /// Ends a session there as it ends here.
    func end(_ id: ModuleKit.SessionID) { if let session = sessions.remove(id) { endRemote(session) } }

    private func endRemote(_ session: ClientSession) {
        client.ask(.logout(session), timeout: .seconds(30)) { _ in }
    }
}

/// Hears what the other authhost says unasked.
private final class LinkEvents: Sendable {
    private let host: HostInterface
    private let sessions: RemoteSessions
    private let address: String
    /// Whether the log says already that there is no connection.
    private let isAway = Mutex(false)

    init(_ host: HostInterface, _ sessions: RemoteSessions, _ address: String) {
        self.host = host
        self.sessions = sessions
        self.address = address
    }

    func hear(_ event: ClientEvent) {
        switch event {
        case .connected:
            // What became invalid meanwhile was not heard.
            host.invalidate(.all)
            isAway.withLock { $0 = false }
            host.log(.notify, "connected to `\(address)`")
        case .disconnected(let why), .connectFailed(let why):
            let isNew = isAway.withLock { isAway in
                defer { isAway = true }
                return !isAway
            }
            if isNew { host.log(.warn, "no connection to `\(address)`: \(why); questions wait for it") }
        case .ended(let session): if let id = sessions.local(session) { host.eject(id) }
        case .invalidated: host.invalidate(.all)
        case .invalidatedUser(let user): host.invalidate(.user(user))
        case .invalidatedObject(let object): host.invalidate(.object(object))
        case .invalidatedSession(let session):
            if let id = sessions.local(session) { host.invalidate(.session(id)) }
        }
    }
}

/// Gives the credentials of a destination, with which the connection logs on.
private final class LinkLogOn: Sendable {
    private let host: HostInterface
    private let destination: String
    /// What the last try presented.
    private let presented = Mutex<Credential?>(nil)

    init(_ host: HostInterface, _ destination: String) {
        self.host = host
        self.destination = destination
    }

    func give(_ challenge: String?) -> AuthHostClient.LogOn? {
        let credential: Credential
        do throws(CredentialFailure) {
            credential =
                if let challenge {
                    try host.credential(for: destination, challenge: Array(challenge.utf8).span)
                } else {
                    try host.credential(for: destination)
                }
        } catch {
            host.log(.warn, "no credentials for `\(destination)`: \(error)")
            return nil
        }
        presented.withLock { $0 = credential }
        return AuthHostClient.LogOn(user: credential.user) { buffer in
            credential.withSecret { secret in
                guard secret.count <= buffer.count else { return nil }
                buffer.copyMemory(from: secret)
                return secret.count
            }
        }
    }

    func completed(_ accepted: Bool) {
        guard let used = presented.withLock({ $0.take() }) else { return }
        host.completed(used, for: destination, accepted: accepted)
        if !accepted { host.log(.warn, "the credentials of `\(destination)` were refused") }
    }
}

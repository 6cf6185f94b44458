import AuthCore
import Basics
import Logging
import ModuleHost

/// What a module may ask of its host. Nothing here calls a module.
extension Host: ModuleServices {
    /// Nanoseconds since 1970-01-01 00:00 UTC.
    public var wallTime: Int64 { clock.wall }
    /// Nanoseconds of a clock that never goes back.
    public var monotonicTime: Int64 { clock.monotonic }

    /// Writes a module's line to the event log.
    public func log(_ severity: ModuleLogSeverity, _ text: String, module: String) {
        let level: Logger.Level =
            switch severity {
            case .debug: .debug
            case .info: .info
            case .notify: .notice
            case .warn: .warning
            case .error: .error
            case .crit: .critical
            }
        log.log(level: level, "\(module): \(text)")
    }

    /// Takes the answer to a question that a module has left open.
    public func complete(token: UInt64, _ answer: ModuleAnswer) -> CompletionOutcome {
        decider?.complete(token, answer) ?? .unknown
    }

    /// The token of the oldest question that an event of generations 6 and 7 is about.
    public func pendingToken(session: UInt64, kind: PendingKind, name: String?, contributionID: String?) -> UInt64? {
        decider?.pendingToken(session: session, kind: kind, name: name, contributionID: contributionID)
    }

    /// Ejects sessions, oldest first; their clients are told so at their next question.
    @discardableResult
    public func eject(user: String?, count: Int?, applicationID: String?, machineID: String?) -> Int {
        var filter = SessionFilter()
        filter.user = user
        filter.applicationID = applicationID
        filter.machineID = machineID
        return eject(filter, count: count, note: "")
    }

    /// Ejects one session; its client is told so at its next question.
    public func eject(sessionHandle handle: UInt64) -> Bool {
        guard let session = sessions.session(handle: handle), end(session, .ejected) else { return false }
        loginCache.noteInvalidation()
        log.notice("Ejected \(session.text)")
        return true
    }

    /// Forgets what is kept in a scope; the next question asks the module again.
    public func invalidate(_ scope: InvalidationScope) {
        loginCache.noteInvalidation()
        let forgotten: [SessionID]
        switch scope {
        case .all: forgotten = loginCache.forgetAll()
        case .user(let user): forgotten = loginCache.forget(user: user)
        case .session(let handle): forgotten = sessions.session(handle: handle).map { loginCache.forget($0.id) } ?? []
        case .object: forgotten = []
        }
        for id in forgotten {
            if let session = sessions.session(id) { end(session, .expired) }
        }
        tellInvalidated(scope)
    }

    private func tellInvalidated(_ scope: InvalidationScope) {
        if invalidationObservers.isEmpty { return }
        switch scope {
        case .all: invalidationObservers.tell(.everything)
        case .user(let user): invalidationObservers.tell(.user(user))
        case .session(let handle):
            if let session = sessions.session(handle: handle) { invalidationObservers.tell(.session(session.id)) }
        case .object(let name): invalidationObservers.tell(.object(name))
        }
    }

    /// What is known of a session, by its handle; nil where there is none.
    public func attribute(_ attribute: SessionAttribute, ofSession handle: UInt64) -> String? {
        guard let session = sessions.session(handle: handle) else { return nil }
        return switch attribute {
        case .user: session.user
        case .applicationID: session.applicationID
        case .machineID: session.machineID
        case .address: session.address
        case .door: session.door
        }
    }

    /// Checks a signed token with the configured keys; without any, nobody can say.
    public func checkSignature(key: String, token: String, user: String) -> SignatureOutcome {
        guard let check = configuration.signatureCheck else {
            return .failed(reason: "there is no signature key `\(key)`: the configuration has no `add-sigkey`")
        }
        let outcome = check(key, token, user)
        // Before the module can answer the log-in.
        if outcome == .valid { loginCache.noteSignature(of: user, at: clock.monotonic) }
        return outcome
    }

    /// The credential of a destination, as a module asks for it. Blocks until it is there or cannot be had.
    public func credential(for destination: String, challenge: Secret?) -> ModuleAnswer {
        var answer = ModuleAnswer(.error)
        switch broker?.credential(for: destination, challenge: challenge) {
        case .success(let credential)?:
            answer.status = .ok
            answer.user = credential.user
            answer.secret = credential.secret
            answer.expiry = credential.expiry ?? 0
            answer.serial = credential.serial
        case .failure(let failure)?: answer.logText = failure.description
        case nil: answer.logText = "no destination is configured"
        }
        return answer
    }

    /// Tells how a destination took the credential of a serial number.
    public func credentialCompleted(for destination: String, serial: UInt32, accepted: Bool) {
        broker?.completed(destination, serial: serial, accepted: accepted)
    }

    /// Whether the configuration trusts the files of a user.
    public func trusts(owner: UInt32) -> Bool { FileTrust(owners: configuration.trustedOwners).trusts(owner) }

    /// Notes how the rules of a module stand to those on disk.
    public func noteRules(_ state: RulesState, module: String) { noteRules(state, of: "module `\(module)`") }

    /// Writes down what a module did against its contract.
    func report(_ incident: ModuleIncident, of module: String) {
        incident.count()
        incident.write(to: log, of: module)
    }
}

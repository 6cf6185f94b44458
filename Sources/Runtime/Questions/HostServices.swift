import AuthCore
import Basics
import Logging
import Metrics
import ModuleHost

/// What a module may ask of its host. Nothing here calls a module.
final class HostServices: ModuleServices {
    /// Gives the credentials of destinations, where any is configured.
    let broker = SetOnce<CredentialBroker>()
    private let sessions: Sessions
    private let invalidations: Invalidations
    private let objects: Objects
    private let operators: Operators
    private let rules: RulesInForce
    private let configuration: HostConfiguration
    private let log: Logger

    /// - Parameters:
    ///   - configuration: who checks signed tokens, and whose files are trusted.
    init(
        _ configuration: HostConfiguration, _ sessions: Sessions, _ invalidations: Invalidations,
        _ objects: Objects, _ operators: Operators, _ rules: RulesInForce, log: Logger
    ) {
        self.configuration = configuration
        self.sessions = sessions
        self.invalidations = invalidations
        self.objects = objects
        self.operators = operators
        self.rules = rules
        self.log = log
    }

    var wallTime: Int64 { sessions.clock.wall }
    var monotonicTime: Int64 { sessions.clock.monotonic }

    func log(_ severity: ModuleLogSeverity, _ text: String, module: String) {
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

    // An answer is taken by the decider that asked: see ``InstanceServices``. Authenticators have brokers of their own.
    func complete(token: UInt64, _ answer: ModuleAnswer) -> CompletionOutcome { .unknown }

    func pendingToken(session: UInt64, kind: PendingKind, name: String?, contributionID: String?) -> UInt64? { nil }

    @discardableResult
    func eject(user: String?, count: Int?, applicationID: String?, machineID: String?) -> Int {
        var filter = SessionFilter()
        filter.user = user
        filter.applicationID = applicationID
        filter.machineID = machineID
        let alone: @Sendable () -> Int = { [operators, filter] in operators.eject(filter, count: count, note: "") }
        if let count, count > 0, configuration.clusterEjector?(count, user, applicationID, machineID, alone) == true {
            // The registry knows which are the oldest, and ends them; which of them are here is not known yet.
            return min(count, operators.sessions(matching: filter, offset: 0, limit: 0).total)
        }
        if count == nil { configuration.clusterTeller?(.eject(filter)) }
        return alone()
    }

    func eject(sessionHandle handle: UInt64) -> Bool {
        guard let session = sessions.session(handle: handle) else { return false }
        if !sessions.eject(session) {
            // A log-in whose module has named another user puts another session in its place meanwhile.
            guard let next = sessions.session(handle: handle), next !== session, sessions.eject(next) else {
                return false
            }
        }
        invalidations.noteEjection()
        return true
    }

    func invalidate(_ scope: InvalidationScope) {
        invalidations.invalidate(scope)
        if case .session = scope { return }
        configuration.clusterTeller?(.invalidate(scope))
    }

    func attribute(_ attribute: SessionAttribute, ofSession handle: UInt64) -> String? {
        guard let session = sessions.session(handle: handle) ?? sessions.leaving[handle] else { return nil }
        return switch attribute {
        case .user: session.user
        case .applicationID: session.applicationID
        case .machineID: session.machineID
        case .address: session.address
        case .door: session.door
        case .id: session.id.description
        }
    }

    /// Checks a signed token with the configured keys; without any, the host cannot say.
    func checkSignature(key: String, token: String, user: String) -> SignatureOutcome {
        guard let check = configuration.signatureCheck else {
            return .failed(reason: "there is no signature key `\(key)`: the configuration has no `add-sigkey`")
        }
        let outcome = check(key, token, user)
        // This is before the module can answer the log-in.
        if outcome == .valid {
            sessions.cache.noteSignature(token, of: user, session: CallContext.session, at: monotonicTime)
        }
        return outcome
    }

    func value(of field: String, ofObject name: String) -> String? { objects.value(of: field, ofObject: name) }

    func credential(for destination: String, challenge: Secret?) -> ModuleAnswer {
        var answer = ModuleAnswer(.error)
        switch broker.value?.credential(for: destination, challenge: challenge) {
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

    func credentialCompleted(for destination: String, serial: UInt32, accepted: Bool) {
        broker.value?.completed(destination, serial: serial, accepted: accepted)
    }

    func trusts(owner: UInt32) -> Bool { FileTrust(owners: configuration.trustedOwners).trusts(owner) }

    func nextLife() -> UInt32 { 0 }

    func noteHelperEnd(_ end: HelperEnd, module: String) {
        let outcome = end.isQuarantined ? "quarantine" : "restart"
        Counter(
            label: "authhost_module_helper_ends_total", dimensions: [("outcome", outcome)],
            factory: configuration.metrics
        ).increment()
        log(.crit, end.text, module: module)
    }

    func noteRules(_ state: RulesState, module: String) { rules.note(state, ofModule: module) }

    func noteDigest(_ digest: String, module: String) { rules.note(digest: digest) }
}

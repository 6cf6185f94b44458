import AuthCore
import ModuleHost
import Synchronization

/// What one instance of a module may ask of its host. An instance that is not in force, not yet or no more, changes nothing: its
/// answers to what it was asked are taken, and its lines are logged.
final class InstanceServices: ModuleServices {
    enum Stage: UInt8 {
        /// It is loaded and tried.
        case trial
        case inForce
        /// It was replaced.
        case leaving
    }

    /// Takes the instance's answers.
    let decider = SetOnce<any Decider>()
    /// The host that the instance is tried in, while it is tried.
    private let trial = Mutex<HostServices?>(nil)
    private let host: HostServices
    private let stage: Atomic<UInt8>
    /// How its rules stand, while no part of the host is to be told.
    private let heldRules = Mutex<RulesState?>(nil)
    /// What tells its rules from others; "" where it does not say.
    private let digest = Mutex("")

    private let newLife: @Sendable () -> UInt32

    /// - Parameter newLife: numbers that no instance and no helper process has.
    init(_ host: HostServices, _ stage: Stage, newLife: @escaping @Sendable () -> UInt32 = { 0 }) {
        self.host = host
        self.newLife = newLife
        self.stage = Atomic(stage.rawValue)
    }

    /// What it has said about its rules while it was tried; nil where it has said nothing.
    var rulesInTrial: RulesState? { heldRules.withLock { $0 } }

    /// Moves on. What was held back until the instance is in force is said now.
    ///
    /// - Parameter module: what the module calls itself.
    func advance(to stage: Stage, module: String) {
        self.stage.store(stage.rawValue, ordering: .sequentiallyConsistent)
        trial.withLock { $0 = nil }
        guard stage == .inForce else { return }
        host.noteDigest(digest.withLock { $0 }, module: module)
        if let state = heldRules.withLock({ $0.take() }) { host.noteRules(state, module: module) }
    }

    private var isInForce: Bool { stage.load(ordering: .acquiring) == Stage.inForce.rawValue }
    private var target: HostServices {
        stage.load(ordering: .acquiring) == Stage.trial.rawValue ? trial.withLock { $0 } ?? host : host
    }

    /// Tells the instance of the sessions of the host that it is tried in.
    func tries(in host: HostServices) { trial.withLock { $0 = host } }

    var wallTime: Int64 { host.wallTime }
    var monotonicTime: Int64 { host.monotonicTime }

    func log(_ severity: ModuleLogSeverity, _ text: String, module: String) {
        host.log(severity, text, module: module)
    }

    func complete(token: UInt64, _ answer: ModuleAnswer) -> CompletionOutcome {
        decider.value?.complete(token, answer) ?? .unknown
    }

    func pendingToken(session: UInt64, kind: PendingKind, name: String?, contributionID: String?) -> UInt64? {
        decider.value?.pendingToken(session: session, kind: kind, name: name, contributionID: contributionID)
    }

    func eject(user: String?, count: Int?, applicationID: String?, machineID: String?) -> Int {
        guard isInForce else { return 0 }
        return host.eject(user: user, count: count, applicationID: applicationID, machineID: machineID)
    }

    func eject(sessionHandle handle: UInt64) -> Bool { isInForce && host.eject(sessionHandle: handle) }

    func invalidate(_ scope: InvalidationScope) {
        // It may map names from now on, whether it is in force or not.
        if case .all = scope { decider.value?.noteInvalidation() }
        if isInForce { host.invalidate(scope) }
    }

    func attribute(_ attribute: SessionAttribute, ofSession handle: UInt64) -> String? {
        target.attribute(attribute, ofSession: handle)
    }

    func checkSignature(key: String, token: String, user: String) -> SignatureOutcome {
        host.checkSignature(key: key, token: token, user: user)
    }

    func value(of field: String, ofObject name: String) -> String? { host.value(of: field, ofObject: name) }

    func credential(for destination: String, challenge: Secret?) -> ModuleAnswer {
        host.credential(for: destination, challenge: challenge)
    }

    func credentialCompleted(for destination: String, serial: UInt32, accepted: Bool) {
        host.credentialCompleted(for: destination, serial: serial, accepted: accepted)
    }

    func nextLife() -> UInt32 { newLife() }

    func noteHelperEnd(_ end: HelperEnd, module: String) {
        decider.value?.failQuestions(of: end.holds)
        host.noteHelperEnd(end, module: module)
    }

    func trusts(owner: UInt32) -> Bool { host.trusts(owner: owner) }

    func noteRules(_ state: RulesState, module: String) {
        let isHeld = heldRules.withLock { held -> Bool in
            guard stage.load(ordering: .acquiring) == Stage.trial.rawValue else { return false }
            held = state
            return true
        }
        if !isHeld, isInForce { host.noteRules(state, module: module) }
    }
    func noteDigest(_ digest: String, module: String) {
        self.digest.withLock { $0 = digest }
        if isInForce { host.noteDigest(digest, module: module) }
    }
}

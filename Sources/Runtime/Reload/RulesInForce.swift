import AuthCore
import Basics
import Logging
import ModuleHost
import Synchronization

/// The rules that questions are decided by: how they stand to those on disk, and a module that reads them again.
public final class RulesInForce: Sendable {
    let freshness: RulesFreshness
    private let retry = Mutex(ReloadRetry())
    private let decider: DeciderInForce
    private let invalidations: Invalidations
    private let clock: any HostClock
    private let log: Logger
    /// Bytes of a digest that are kept: those of SHA-512.
    private static let longestDigest = 128
    private let known = Mutex("")

    /// What tells the rules of the module from others, such as the SHA-256 of their file; "" where the module does not say.
    public var digest: String { known.withLock { $0 } }

    /// - Parameters:
    ///   - decider: asked to read its rules again, once there is one.
    ///   - invalidations: told that decisions may be different now.
    init(
        _ policy: StaleRules, decider: DeciderInForce, invalidations: Invalidations, clock: any HostClock,
        log: Logger
    ) {
        freshness = RulesFreshness(policy, log: log)
        self.decider = decider
        self.invalidations = invalidations
        self.clock = clock
        self.log = log
    }

    /// Whether nothing may be decided now.
    var denies: Bool { freshness.denies }

    /// Why the host is not ready; nil where the rules are, or were until a moment ago, those on disk.
    var fault: String? { freshness.fault(at: clock.monotonic) }

    /// Notes how the rules of a source, such as `the configuration`, stand to those on disk.
    public func note(_ state: RulesState, of source: String) { freshness.note(source, state, at: clock.monotonic) }

    /// Notes how the rules of a module stand to those on disk.
    func note(_ state: RulesState, ofModule name: String) { note(state, of: "module `\(name)`") }

    /// Notes what tells the rules that the module decides by from others.
    func note(digest: String) { known.withLock { $0 = String(digest.prefix(Self.longestDigest)) } }

    /// Takes over what follows from stale rules.
    func apply(_ policy: StaleRules) { freshness.apply(policy, at: clock.monotonic) }

    /// Says what is due to be said, and asks a module again whose reload failed. Called each second.
    func sweep() {
        freshness.turn(at: clock.monotonic)
        retryReload()
    }

    /// Asks the module to re-read its configuration; `done` is told whether it did, or nil when it cannot.
    ///
    /// A module that failed is asked again until it has succeeded, unless it says itself how its rules stand to those on disk:
    /// then it looks after them too.
    public func reload(_ done: @escaping @Sendable (Bool?) -> Void = { _ in }) {
        guard let decider = decider.value else { return done(false) }
        let name = decider.about.identity.name
        decider.reload { [self] status in
            switch status {
            case nil: log.notice("module has nothing to re-read")
            case .ok?:
                invalidations.askAnew()
                retry.withLock { $0.succeeded() }
                log.notice("module has re-read its configuration")
                note(.current, ofModule: name)
            case let status?: reloadFailed(status, "module `\(name)`")
            }
            done(status.map { $0 == .ok })
        }
    }

    /// Asks a module again whose `auth_reload` failed, when that is due; returns whether it was.
    @discardableResult
    func retryReload(_ done: @escaping @Sendable (Bool?) -> Void = { _ in }) -> Bool {
        guard retry.withLock({ $0.takeDue(at: clock.monotonic) }) else { return false }
        reload(done)
        return true
    }

    private func reloadFailed(_ status: Status, _ source: String) {
        let (what, now) = ("auth_reload returned \(status.shown)", clock.monotonic)
        let isOurs = freshness.noteUnlessNoted(source, .wrong(what), at: now)
        let isFirst = retry.withLock { retry -> Bool in
            defer { if isOurs || retry.failures > 0 { retry.failed(at: now) } }
            return retry.failures == 0
        }
        if isFirst { log.error("module kept its configuration: \(what)\(isOurs ? "; it is asked again" : "")") }
    }
}

import AuthCore
import Basics
import Logging
import ModuleHost
import Synchronization

/// What happens where the rules in force are older than those that they are read from.
public struct StaleRules: Sendable, Hashable {
    /// How long that may be (`rules-stale-time`).
    public var time: Duration = .seconds(60)
    /// Whether nothing is decided then, where the newer rules could not be read (`rules-stale`).
    public var denies = true

    /// Makes the defaults of the configuration.
    public init() {}
}

/// How the rules in force stand to those on disk, for each source of rules: the module, the configuration, certificates.
///
/// A source whose rules could not be read or are wrong makes the host unready after the allowed time, and an event says so
/// each time that passes again. Where they could not be read, the old ones decide nothing from then on: a user may
/// have been taken out of them.
final class RulesFreshness: Sendable {
    private struct Source {
        var state: RulesState
        /// Since when the rules are not those on disk.
        let since: Int64
        /// Since when it is not known what those on disk say; nil where they are known to be wrong.
        var unreadableSince: Int64?
        /// When an event last said so; nil: not yet.
        var told: Int64?

        var reason: String {
            switch state {
            case .current: ""
            case .unreadable(let reason), .wrong(let reason): reason
            }
        }
    }

    private struct State {
        var policy: StaleRules
        var sources: [String: Source] = [:]
    }

    private let state: Mutex<State>
    private let denying = Atomic<Bool>(false)
    private let log: Logger

    init(_ policy: StaleRules, log: Logger) {
        state = Mutex(State(policy: policy))
        self.log = log
    }

    /// Whether nothing may be decided now.
    var denies: Bool { denying.load(ordering: .acquiring) }

    /// Takes over what follows from now on.
    func apply(_ policy: StaleRules, at now: Int64) {
        state.withLock { $0.policy = policy }
        turn(at: now)
    }

    /// Notes how the rules of a source stand to those on disk.
    ///
    /// - Parameter now: on the monotonic clock.
    func note(_ name: String, _ found: RulesState, at now: Int64) {
        let wasTold = state.withLock { state -> Bool in
            guard found != .current else { return state.sources.removeValue(forKey: name)?.told != nil }
            var source = state.sources[name] ?? Source(state: found, since: now)
            source.state = found
            if case .unreadable = found {
                source.unreadableSince = source.unreadableSince ?? now
            } else {
                source.unreadableSince = nil
            }
            state.sources[name] = source
            return false
        }
        turn(at: now)
        if wasTold { log.notice("the rules of \(name) are those on disk again") }
    }

    /// Notes it for a source that has not said itself how its rules stand; returns whether that was so.
    func noteUnlessNoted(_ name: String, _ found: RulesState, at now: Int64) -> Bool {
        guard state.withLock({ $0.sources[name] == nil }) else { return false }
        note(name, found, at: now)
        return true
    }

    /// Why the host is not ready; nil where all rules are, or were until a moment ago, as on disk.
    func fault(at now: Int64) -> String? {
        state.withLock { state in
            let limit = state.policy.time.nanoseconds
            return state.sources.filter { now - $0.value.since >= limit }.min { $0.key < $1.key }
                .map { "the rules of \($0.key) are older than those on disk: \($0.value.reason)" }
        }
    }

    /// Says what is due to be said, and begins or ends denying. Called each second.
    func turn(at now: Int64) {
        let lines = state.withLock { state -> [String] in
            let limit = state.policy.time.nanoseconds
            var isDenying = false
            var lines: [String] = []
            for (name, var source) in state.sources where now - source.since >= limit {
                let denies = state.policy.denies && source.unreadableSince.map { now - $0 >= limit } == true
                isDenying = isDenying || denies
                if source.told.map({ now - $0 < limit }) == true { continue }
                source.told = now
                state.sources[name] = source
                let then = denies ? "; every question is answered `could not decide` until they are read" : ""
                let seconds = (now - source.since) / 1_000_000_000
                lines.append(
                    "the rules of \(name) have been older than those on disk for \(seconds) s: \(source.reason)\(then)")
            }
            denying.store(isDenying, ordering: .releasing)
            return lines
        }
        for line in lines { log.error("\(line)") }
    }
}

import AuthCore
import ModuleHost
import Synchronization
import Testing

@testable import Runtime

@Suite struct `The rules in force` {
    private let parts = TestParts()
    private let told = Seen<Bool?>()

    private func rules(_ decider: DeciderInForce? = nil) -> RulesInForce {
        RulesInForce(
            StaleRules(), decider: decider ?? parts.asked, invalidations: parts.invalidations, clock: parts.clock,
            log: parts.log)
    }

    private func answer(_ status: Status?) { parts.decider.state.withLock { $0.reload = status } }

    @Test func `are read again, and what was kept is asked anew`() throws {
        answer(.ok)
        let seen = Seen<Invalidation>()
        let watch = parts.invalidations.watch { seen.add($0) }
        let login = try parts.login()
        let kept = parts.logins.authenticate(login, parts.decider).decided?.session
        rules().reload { told.add($0) }
        #expect(told.all == [true])
        #expect(seen.all == [.everything])
        #expect(parts.logins.authenticate(login, parts.decider).decided?.session != kept)
        withExtendedLifetime(watch) {}
    }

    @Test func `are kept by a module that has none to re-read, and there are none without a module`() {
        let seen = Seen<Invalidation>()
        let watch = parts.invalidations.watch { seen.add($0) }
        answer(nil)
        rules().reload { told.add($0) }
        rules(DeciderInForce()).reload { told.add($0) }
        #expect(told.all == [nil, false])
        #expect(seen.all.isEmpty)
        withExtendedLifetime(watch) {}
    }

    @Test func `are asked for again after a failure, later each time`() {
        let rules = rules()
        answer(.error)
        rules.reload()
        for seconds in [1, 2, 4] {
            #expect(!rules.retryReload())
            parts.clock.advance(.seconds(seconds))
            rules.sweep()
        }
        #expect(parts.decider.told.count == 4)
        #expect(parts.lines.all.count { $0.contains("module kept its configuration") } == 1)
        answer(.ok)
        parts.clock.advance(.seconds(8))
        rules.sweep()
        parts.clock.advance(.seconds(60))
        rules.sweep()
        #expect(parts.decider.told.count == 5)
        #expect(rules.fault == nil)
    }

    @Test func `deny everything while it is not known what those on disk say`() {
        let rules = rules()
        rules.note(.unreadable("no memory"), of: "the configuration")
        #expect(!rules.denies)
        parts.clock.advance(.seconds(60))
        rules.sweep()
        #expect(rules.denies)
        #expect(rules.fault?.contains("the configuration") == true)
        var policy = StaleRules()
        policy.denies = false
        rules.apply(policy)
        #expect(!rules.denies)
        rules.note(.current, of: "the configuration")
        #expect(rules.fault == nil)
    }
}

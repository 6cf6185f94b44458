import AuthCore
import ModuleHost
import Synchronization
import Testing

@testable import Runtime

@Suite struct `A batch` {
    private func ask(_ test: TestHost, _ session: SessionID, _ names: [String]) throws -> [Outcome] {
        test.host.ask(try names.map { Check(.read, try ObjectName($0)) }, session: session)
    }

    @Test func `is one call, of the rows whose names the module maps`() throws {
        let test = try TestHost("batch_delays_mapping")
        let answers = try ask(test, try test.session(), ["/a", "/bad/x", "/b"]).map(\.decided)
        #expect(answers.map { $0?.reason } == [.granted, .mappedNameInvalid, .granted])
        #expect(test.lines.wait(for: "batch of 2"))
    }

    @Test func `with a mapping that stays open gives it up, and is asked one by one`() throws {
        let test = try TestHost("batch_delays_mapping")
        let session = try test.session()
        let outcomes = try ask(test, session, ["/a", "/bad/x", "/never/x", "/b"])
        #expect(outcomes.map { $0.decided?.reason } == [.granted, .mappedNameInvalid, nil, .granted])
        // The mapping of the batch is over, that of the check is what the client waits for.
        #expect(test.lines.wait(for: "mapping is cancelled"))
        #expect(test.lines.all.count { $0.contains("mapping is open") } == 2)
        #expect(!test.lines.all.contains { $0.contains("batch of") })
        #expect(test.host.openQuestions == 1)
        test.clock.advance(.seconds(31))
        test.host.expireDeadlines()
        #expect(outcomes.map { TestHost.wait($0).reason }[2] == .deadline)
        #expect(test.host.openQuestions == 0)
    }

    @Test func `that is given up is counted when its rows are asked one by one, and not before`() throws {
        let counts = CountingFactory()
        let decider = ScriptedDecider(maps: true) {
            $0.answers = ["auth_map_object /bad": ModuleAnswer(.deny), "auth_map_object": ModuleAnswer(.notMapped)]
        }
        let parts = TestParts(decider, metrics: DecisionMetrics(counts))
        let session = try parts.session()
        let checks = try ["/bad", "/a"].map { Check(.read, try ObjectName($0)) }
        #expect(parts.objects.batch(checks, session, session.moduleSession, decider, at: parts.clock.monotonic) == nil)
        #expect(counts.all.isEmpty)
        decider.state.withLock { $0.batch = [ModuleAnswer(.ok)] }
        #expect(
            parts.objects.batch(checks, session, session.moduleSession, decider, at: parts.clock.monotonic)?.count == 2)
        #expect(counts.all == ["read deny denied-by-module": 1, "read allow granted": 1])
    }
}

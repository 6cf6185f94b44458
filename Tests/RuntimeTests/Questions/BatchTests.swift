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

    @Test func `leaves out the one whose mapping stays open, which is asked alone`() throws {
        let test = try TestHost("batch_delays_mapping")
        let session = try test.session()
        let outcomes = try ask(test, session, ["/a", "/bad/x", "/never/x", "/b"])
        #expect(outcomes.map { $0.decided?.reason } == [.granted, .mappedNameInvalid, nil, .granted])
        // The mapping of the batch is over, that of the check is what the client waits for.
        #expect(test.lines.wait(for: "mapping is cancelled"))
        #expect(test.lines.all.count { $0.contains("mapping is open") } == 2)
        #expect(test.lines.all.contains { $0.contains("batch of 2") })
        #expect(test.host.openQuestions == 1)
        test.clock.advance(.seconds(31))
        test.host.expireDeadlines()
        #expect(outcomes.map { TestHost.wait($0).reason }[2] == .deadline)
        #expect(test.host.openQuestions == 0)
    }

    @Test func `is one call for all sessions that ask at once, each row with its user`() throws {
        let test = try TestHost("asks_alone")
        let sessions = [try test.session("alice"), try test.session("bob")]
        let asked = try [(0, "/a"), (0, "/deny/b"), (1, "/c"), (0, "/d")].map {
            SessionCheck(sessions[$0.0], Check(.read, try ObjectName($0.1)))
        }
        let strange = SessionCheck(SessionID(high: 1, low: 2), asked[0].check)
        let answers = test.host.ask(asked + [strange]).map(\.decided)
        #expect(answers.map { $0?.reason } == [.granted, .deniedByModule, .granted, .granted, .unknownSession])
        #expect(answers.map { $0?.user } == ["alice", "alice", "bob", "alice", nil])
        let rows = test.lines.all.filter { $0.contains("row ") }.map { $0.replacing("info: asks_alone: ", with: "") }
        #expect(rows.count == 4 && test.lines.all.count { $0.contains("batch of 4") } == 1, "\(rows)")
        #expect(rows.map { $0.contains("of bob, token 0") } == [false, false, true, false], "\(rows)")
    }

    @Test func `has the rows asked alone of which the module says so, and they may be answered later`() throws {
        let test = try TestHost("asks_alone")
        let outcomes = try ask(test, try test.session(), ["/a", "/later/b", "/deny/c"])
        #expect(outcomes.map { TestHost.wait($0).reason } == [.granted, .granted, .deniedByModule])
        #expect(test.lines.all.contains { $0.contains("row /later/b of alice, token 0") })
        #expect(test.lines.wait(for: "complete returned 0"), "it was answered by its own entry, later")
    }

    @Test func `does not ask for ever: a check that is asked alone and says so again denies`() throws {
        let test = try TestHost("asks_alone")
        let outcomes = try ask(test, try test.session(), ["/a", "/late/broken"])
        #expect(outcomes.map { $0.decided?.reason } == [.granted, .unknownStatus])
        #expect(test.lines.wait(for: "68, which is no answer"))
    }

    @Test(arguments: [("batch_alone", Reason.noEntry), ("batch_alone_open", Reason.granted)])
    func `decides nothing that has no entry of its own`(_ fixture: String, _ read: Reason) throws {
        let test = try TestHost(fixture)
        let checks = try [Check.Action.read, .write, .create, .read].map { Check($0, try ObjectName("/a")) }
        let answers = test.host.ask(checks, session: try test.session()).map { TestHost.wait($0) }
        #expect(answers.map(\.reason) == [read, .noEntry, .noEntry, read])
        #expect(!test.lines.all.contains { $0.contains("batch of") }, "\(test.lines.all)")
    }

    @Test func `counts each row once`() throws {
        let decider = ScriptedDecider(maps: true) {
            $0.answers = ["auth_map_object /bad": ModuleAnswer(.deny), "auth_map_object": ModuleAnswer(.notMapped)]
        }
        let parts = TestParts(decider)
        let (rows, checks) = try parts.asked(["/bad", "/a", "/b"])
        var alone = BatchAnswers(count: 3, DecisionIDs())
        parts.objects.batch(rows, of: checks, decider, at: parts.clock.monotonic, into: &alone)
        #expect(alone.tallies.isEmpty, "they are counted when they are asked one by one")
        decider.state.withLock { $0.batch = [ModuleAnswer(.ok), ModuleAnswer(.askAlone)] }
        var together = BatchAnswers(count: 3, DecisionIDs())
        parts.objects.batch(rows, of: checks, decider, at: parts.clock.monotonic, into: &together)
        #expect(together.isAnswered == [true, true, false])
        #expect(together.tallies.map(\.reason) == [.deniedByModule, .granted])
        #expect(together.tallies.map(\.count) == [1, 1])
    }

    @Test func `counts rows that were answered alike in one go, the first time too`() {
        let counts = CountingFactory()
        let metrics = DecisionMetrics(counts)
        for _ in 0..<2 { metrics.count(.read, .allow, .granted, times: 3) }
        for _ in 0..<2 { metrics.count(.read, .undecided, .brokenAnswer, times: 2) }
        #expect(counts.all == ["read allow granted": 6, "read undecided broken-answer": 4])
    }
}

import AuthCore
import Synchronization
import Testing

@testable import Runtime

@Suite struct `The name of a decision` {
    @Test func `is another one each time, on every thread`() async {
        let ids = DecisionIDs()
        let all = await withTaskGroup(of: [DecisionID].self) { group in
            for _ in 0..<4 { group.addTask { (0..<50_000).map { _ in ids.next() } } }
            return await group.reduce(into: Set<DecisionID>()) { $0.formUnion($1) }
        }
        #expect(all.count == 200_000)
        #expect(!all.contains(.none))
        #expect(DecisionIDs().next() != ids.next())
    }

    @Test func `is 32 digits, and is read again`() throws {
        let id = DecisionID(high: 0x0011_2233_4455_6677, low: 0x8899_aabb_ccdd_eeff)
        #expect(id.hexadecimal == "00112233445566778899aabbccddeeff")
        #expect(DecisionID(Array(id.hexadecimal.utf8)) == id)
        #expect(DecisionID(Array("0011".utf8)) == nil)
    }

    @Test(arguments: ["good9", "good9_serial", "delayed6", "completes_from_thread"])
    func `comes with every answer, at once or later`(_ fixture: String) throws {
        let test = try TestHost(fixture)
        let login = test.ask(.login(try test.login("alice")))
        let session = try #require(login.session)
        let answers = [
            login, TestHost.wait(try test.check(session, .read, "/a")),
            test.ask(.map(session, try ObjectName("/a"))), test.ask(.logout(session)),
            TestHost.wait(try test.check(session, .read, "/a")),
        ]
        #expect(answers.allSatisfy { !$0.decision.isNone }, "\(answers.map(\.decision))")
        #expect(Set(answers.map(\.decision)).count == answers.count)
    }

    @Test func `is each asker's own where equal log-ins share an answer`() throws {
        let test = try TestHost("good9_serial")
        let login = try test.login("alice")
        let outcomes = (0..<8).map { _ in test.host.ask(.authenticate(login)) }
        let answers = outcomes.map { TestHost.wait($0) }
        #expect(Set(answers.map(\.session)).count == 1)
        #expect(Set(answers.map(\.decision)).count == 8)
    }

    @Test func `is each row's own in a batch`() throws {
        let test = try TestHost("explains")
        let session = try test.session()
        let checks = try ["/a", "/b", "/c"].map { Check(.read, try ObjectName($0)) }
        let answers = test.host.ask(checks, session: session).map { TestHost.wait($0) }
        #expect(Set(answers.map(\.decision)).count == 3 && answers.allSatisfy { !$0.decision.isNone })
    }

    @Test func `is told a module that reads attributes, in place of what another host has said`() throws {
        let test = try TestHost("attributes")
        var login = try test.login("alice")
        login.attributes = [Field("decision-id", "of another host")]
        let entered = test.ask(.login(login))
        #expect(entered.attributes.filter { $0.name == "decision-id" }.map(\.value) == [entered.decision.hexadecimal])
        let answer = TestHost.wait(try test.check(try #require(entered.session), .read, "/a"))
        #expect(answer.attributes.filter { $0.name == "decision-id" }.map(\.value) == [answer.decision.hexadecimal])
    }

    @Test func `stands in the event of a log-in that failed`() throws {
        let test = try TestHost("explains")
        let answer = test.ask(.resume(try test.login("nobody")))
        #expect(answer.verdict != .allow)
        #expect(test.lines.wait(for: "decision \(answer.decision)"), "\(test.lines.all)")
    }
}

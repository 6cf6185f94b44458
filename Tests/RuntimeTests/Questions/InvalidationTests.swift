import AuthCore
import ModuleHost
import Runtime
import Testing

@Suite struct `An invalidation` {
    @Test func `is not passed by an answer that was asked for before it`() throws {
        let test = try TestHost("blocking_slow")
        let login = try test.login("slow")
        let first = test.host.ask(.authenticate(login))
        #expect(test.lines.wait(for: "waiting"))
        test.host.operators.invalidate(.user("slow"))
        let second = test.host.ask(.authenticate(login))
        let third = test.host.ask(.authenticate(login))
        // The third shares the second's question, and neither the first's.
        #expect(test.host.openQuestions == 2)
        for _ in 0..<2 { _ = test.ask(.login(try test.login("go"))) }
        let sessions = [first, second, third].map { TestHost.wait($0).session }
        #expect(sessions.allSatisfy { $0 != nil })
        #expect(sessions[0] != sessions[1])
        #expect(sessions[1] == sessions[2])
        #expect(test.ask(.authenticate(login)).session == sessions[1])
    }

    @Test(arguments: [true, false])
    func `has taken effect when the call returns`(_ everything: Bool) throws {
        let test = try TestHost("good9")
        let alice = test.ask(.authenticate(try test.login("alice"))).session
        let bob = test.ask(.authenticate(try test.login("bob"))).session
        test.host.operators.invalidate(everything ? .all : .user("alice"))
        #expect(test.host.sessionCount == (everything ? 0 : 1))
        #expect(test.ask(.authenticate(try test.login("alice"))).session != alice)
        #expect((test.ask(.authenticate(try test.login("bob"))).session == bob) == !everything)
    }

    @Test func `of an object keeps the log-ins, and nothing that was under way`() throws {
        let test = try TestHost("blocking_slow")
        let login = try test.login("slow")
        let first = test.host.ask(.authenticate(login))
        #expect(test.lines.wait(for: "waiting"))
        test.host.operators.invalidate(.object("/a"))
        _ = test.ask(.login(try test.login("go")))
        let session = TestHost.wait(first).session
        let asked = test.host.ask(.authenticate(login))
        _ = test.ask(.login(try test.login("go")))
        let again = TestHost.wait(asked)
        #expect(again.session != session)
        test.host.operators.invalidate(.object("/a"))
        #expect(TestHost.wait(test.host.ask(.authenticate(login))).session == again.session)
    }
}

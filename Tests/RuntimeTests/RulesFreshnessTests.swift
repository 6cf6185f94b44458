import AuthCore
import ModuleHost
import Testing

@testable import Runtime

@Suite struct `Rules that are older than those on disk` {
    private static let source = "module `good9`"

    private func host(denies: Bool = true) throws -> TestHost {
        try TestHost("good9") {
            $0.staleRules.time = .seconds(60)
            $0.staleRules.denies = denies
        }
    }

    private func pass(_ seconds: Int, _ test: TestHost) {
        test.clock.advance(.seconds(seconds))
        test.host.expireDeadlines()
    }

    @Test func `decide for as long as is allowed, and nothing is decided by them after that`() throws {
        let test = try host()
        let session = try test.session()
        _ = test.ask(.authenticate(try test.login("alice")))
        test.services.noteRules(.unreadable("users.xml: too many open files"), module: "good9")
        pass(59, test)
        #expect(TestHost.wait(try test.check(session, .read, "/a")).verdict == .allow)
        #expect(test.host.readiness.ready)
        pass(1, test)
        let answers = [
            TestHost.wait(try test.check(session, .read, "/a")), test.ask(.login(try test.login("alice"))),
            test.ask(.authenticate(try test.login("alice"))), test.ask(.resume(try test.login("alice"))),
            test.ask(.map(session, try ObjectName("/a"))),
            TestHost.wait(
                test.host.permits(
                    RealmRequest(.get, path: try ObjectName("/v1/admin"), user: "alice", password: Secret("x")),
                    session: session, object: try ObjectName("/authhost/admin"))),
        ]
        #expect(answers.map(\.reason) == answers.map { _ in .staleRules })
        #expect(answers.allSatisfy { $0.verdict == .undecided })
        let batch = test.host.ask(
            [Check(.read, try ObjectName("/a")), Check(.read, try ObjectName("/b"))], session: session)
        #expect(batch.map(TestHost.wait).allSatisfy { $0.reason == .staleRules })
        #expect(!test.host.readiness.ready)
        #expect(test.host.readiness.detail.contains("users.xml: too many open files"))
        #expect(test.ask(.logout(session)).verdict == .allow)
    }

    @Test func `are asked for again until a module that says nothing of them has re-read them`() async throws {
        let test = try TestHost("reload_fails_twice") { $0.staleRules.time = .seconds(2) }
        let first = await withCheckedContinuation { done in test.host.rules.reload { done.resume(returning: $0) } }
        #expect(first == false)
        #expect(!test.host.rules.retryReload())
        test.clock.advance(.seconds(1))
        let second = await withCheckedContinuation { done in test.host.rules.retryReload { done.resume(returning: $0) }
        }
        #expect(second == false)
        // The second pause is longer.
        test.clock.advance(.seconds(1))
        #expect(!test.host.rules.retryReload())
        #expect(!test.host.readiness.ready && test.host.readiness.detail.contains("auth_reload returned"))
        pass(1, test)
        #expect(test.lines.wait(for: "module has re-read its configuration"))
        #expect(test.lines.wait(for: "are those on disk again"))
        #expect(test.host.readiness.ready)
        test.clock.advance(.seconds(120))
        #expect(!test.host.rules.retryReload())
        let said = test.lines.all.filter { $0.contains("kept its configuration") || $0.contains("has re-read") }
        #expect(said.count == 2, "\(said)")
    }

    @Test func `decide again as soon as they have been read`() throws {
        let test = try host()
        let session = try test.session()
        test.services.noteRules(.unreadable("no memory"), module: "good9")
        pass(60, test)
        test.services.noteRules(.current, module: "good9")
        #expect(TestHost.wait(try test.check(session, .read, "/a")).verdict == .allow)
        #expect(test.host.readiness.ready)
        #expect(test.lines.all.contains { $0.contains("the rules of \(Self.source) are those on disk again") })
    }

    @Test func `go on to decide where they are wrong, or where that was chosen, and are told of again and again`()
        throws
    {
        for (denies, state) in [(true, RulesState.wrong("line 3")), (false, .unreadable("line 3"))] {
            let test = try host(denies: denies)
            let session = try test.session()
            test.services.noteRules(state, module: "good9")
            for _ in 0..<180 { pass(1, test) }
            #expect(TestHost.wait(try test.check(session, .read, "/a")).verdict == .allow)
            #expect(!test.host.readiness.ready)
            let told = test.lines.all.filter { $0.contains("have been older than those on disk for") }
            #expect(told.count == 3 && told.allSatisfy { $0.contains("line 3") }, "\(told)")
        }
    }

    @Test func `are counted from when they could not be read, not from when they were wrong`() throws {
        let test = try host()
        let session = try test.session()
        test.services.noteRules(.wrong("line 3"), module: "good9")
        pass(100, test)
        test.services.noteRules(.unreadable("gone"), module: "good9")
        pass(59, test)
        #expect(TestHost.wait(try test.check(session, .read, "/a")).verdict == .allow)
        pass(1, test)
        #expect(TestHost.wait(try test.check(session, .read, "/a")).reason == .staleRules)
    }

    @Test func `of one source do not hide those of another`() throws {
        let test = try host()
        let session = try test.session()
        test.host.rules.note(.unreadable("a"), of: "the configuration")
        test.services.noteRules(.unreadable("b"), module: "good9")
        pass(60, test)
        test.services.noteRules(.current, module: "good9")
        #expect(TestHost.wait(try test.check(session, .read, "/a")).reason == .staleRules)
        test.host.rules.note(.current, of: "the configuration")
        #expect(TestHost.wait(try test.check(session, .read, "/a")).verdict == .allow)
    }

    @Test func `follow what a reload says of them`() throws {
        let test = try host()
        let session = try test.session()
        test.services.noteRules(.unreadable("a"), module: "good9")
        pass(60, test)
        #expect(TestHost.wait(try test.check(session, .read, "/a")).reason == .staleRules)
        var settings = HostConfiguration()
        settings.staleRules.denies = false
        test.host.apply(settings)
        #expect(TestHost.wait(try test.check(session, .read, "/a")).verdict == .allow)
    }
}

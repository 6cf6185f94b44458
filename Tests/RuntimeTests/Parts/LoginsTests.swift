import AuthCore
import ModuleHost
import Testing

@testable import Runtime

@Suite struct `Log-ins` {
    private func ask(_ parts: TestParts, _ user: String = "alice") throws -> Answer {
        let question = LoginQuestion(parts.logins, parts.decider, try parts.login(user), .login)
        return try #require(question.ask().decided)
    }

    @Test func `that a decider allows become sessions`() throws {
        let parts = TestParts()
        let answer = try ask(parts)
        #expect(answer.verdict == .allow)
        let id = try #require(answer.session)
        #expect(parts.sessions.session(id)?.user == "alice")
        #expect(parts.decider.asked == ["auth_new_user"])
    }

    @Test func `that are resumed ask the entry point for that`() throws {
        let parts = TestParts()
        let outcome = LoginQuestion(parts.logins, parts.decider, try parts.login(), .resume).ask()
        #expect(outcome.decided?.verdict == .allow)
        #expect(parts.decider.asked == ["auth_resume_user"])
    }

    @Test func `that a decider denies leave nothing behind, and one line a minute`() throws {
        let parts = TestParts(ScriptedDecider { $0.answers["auth_new_user"] = ModuleAnswer(.deny) })
        for _ in 0..<3 { #expect(try ask(parts).verdict == .wrongCredentials) }
        #expect(parts.sessions.count == 0)
        #expect(parts.decider.told.isEmpty)
        #expect(parts.lines.all.count { $0.contains("Log-in of user <alice> failed") } == 1)
        parts.clock.advance(.seconds(60))
        parts.logins.sweep()
        #expect(parts.lines.all.contains { $0.contains("2 more") })
    }

    @Test func `over a limit are told to the decider that allowed them`() throws {
        var limits = SessionLimits()
        limits.sessions = 1
        let parts = TestParts(limits: limits)
        #expect(try ask(parts).verdict == .allow)
        #expect(try ask(parts, "bob").reason == .siteLimit)
        #expect(parts.decider.told == ["free refused"])
    }

    @Test func `find the place of a session whose time has come`() throws {
        var limits = SessionLimits()
        limits.sessions = 1
        let parts = TestParts(limits: limits)
        let old = try parts.session(expiry: parts.clock.wall / 1_000_000_000 + 1)
        parts.clock.advance(.seconds(2))
        #expect(try ask(parts, "bob").verdict == .allow)
        #expect(old.state == .ended(.expired))
    }

    @Test func `after the host's end are told that it stops`() throws {
        let parts = TestParts()
        parts.sessions.close()
        #expect(try ask(parts).reason == .stopping)
        #expect(parts.sessions.count == 0)
    }

    @Test func `that are equal ask once, until they are invalidated`() throws {
        let parts = TestParts()
        let login = try parts.login()
        let answers = (0..<3).map { _ in parts.logins.authenticate(login, parts.decider).decided?.session }
        #expect(answers[0] != nil && Set(answers).count == 1)
        #expect(parts.decider.asked == ["auth_new_user"])
        parts.invalidations.invalidate(.user("alice"))
        #expect(parts.logins.authenticate(login, parts.decider).decided?.session != answers[0])
        #expect(parts.decider.asked == ["auth_new_user", "auth_new_user"])
        #expect(parts.sessions.count == 1)
    }

    @Test func `are counted once each, and an answer from the cache not at all`() throws {
        let counts = CountingFactory()
        let parts = TestParts(
            ScriptedDecider { $0.answers["auth_resume_user"] = ModuleAnswer(.deny) }, metrics: DecisionMetrics(counts))
        _ = try ask(parts)
        for _ in 0..<3 { _ = parts.logins.authenticate(try parts.login("bob"), parts.decider) }
        _ = LoginQuestion(parts.logins, parts.decider, try parts.login(), .resume).ask()
        #expect(counts.all == ["login allow granted": 2, "resume wrong-credentials denied-by-module": 1])
    }
}

import AuthCore
import Basics
import ModuleHost
import Testing

@testable import Runtime

@Suite struct `A host that is handed over` {
    private func read(_ host: Host, _ session: SessionID) throws -> Answer {
        TestHost.wait(host.ask(.check(session, Check(.read, try ObjectName("/A")))))
    }

    @Test func `answers nothing until it is told to`() throws {
        let test = try TestHost("good9")
        let session = try test.session()
        #expect(test.host.beginHandOver(within: .seconds(60)))
        #expect(!test.host.beginHandOver(within: .seconds(60)), "once at a time")
        #expect(try read(test.host, session).reason == .stopping)
        #expect(test.ask(.login(try test.login("bob"))).reason == .stopping)
        #expect(test.ask(.logout(session)).verdict == .undecided)
        #expect(test.host.readiness == (false, "another process takes over"))
        test.host.cancelHandOver()
        #expect(try read(test.host, session).verdict == .allow)
        #expect(test.ask(.logout(session)).verdict == .allow)
    }

    @Test func `lets no log-in take a place, and ejects no session for it`() throws {
        let box = AdmissionBox()
        let test = try TestHost("good9") {
            $0.admission = { box.wrap($0) }
            $0.limits.sessions = 1
            $0.limits.ejects = true
        }
        func begun(_ user: String) throws -> Ticket {
            guard case .delayed(let ticket) = test.host.ask(.login(try test.login(user))) else {
                throw CancellationError()
            }
            return ticket
        }
        let first = try begun("alice")
        try box.admission.answerAll()
        let session = try #require(TestHost.wait(.delayed(first)).session)
        let second = try begun("alice")
        #expect(test.host.beginHandOver(within: .seconds(60)))
        try box.admission.answerAll()
        #expect(TestHost.wait(.delayed(second)).reason == .stopping)
        #expect(test.host.handedSessions.map(\.id) == [session])
        test.host.cancelHandOver()
        let third = try begun("alice")
        try box.admission.answerAll()
        #expect(TestHost.wait(.delayed(third)).verdict == .allow)
    }

    @Test func `waits for a log-in that is being let in, and answers again where that takes too long`() throws {
        let box = AdmissionBox()
        let test = try TestHost("good9") { $0.admission = { box.wrap($0) } }
        guard case .delayed(let ticket) = test.host.ask(.login(try test.login("alice"))) else {
            throw CancellationError()
        }
        // The place is reserved, and its commit waits.
        try box.admission.answer(0)
        #expect(!test.host.beginHandOver(within: .milliseconds(20)))
        try box.admission.answerAll()
        let session = try #require(TestHost.wait(.delayed(ticket)).session)
        #expect(try read(test.host, session).verdict == .allow)
        #expect(test.host.beginHandOver(within: .seconds(60)))
        #expect(test.host.handedSessions.map(\.id) == [session])
    }

    @Test func `is the same in another process: sessions, their order, places and users`() throws {
        let before = try TestHost("good9")
        let ids = try ["alice", "bob", "alice"].map { try before.session($0) }
        before.clock.advance(.seconds(5))
        _ = try read(before.host, ids[2])
        before.clock.advance(.seconds(7))
        #expect(before.host.beginHandOver(within: .seconds(60)))
        let handed = before.host.handedSessions
        #expect(handed.map(\.id) == ids && handed.map(\.user) == ["alice", "bob", "alice"])
        #expect(handed.map(\.idle) == [12_000_000_000, 12_000_000_000, 7_000_000_000])
        let next = try TestHost("good9") { $0.limits.sessions = 4 }
        #expect(next.host.take(handed) == 3)
        #expect(next.host.take(handed) == 0, "a session is there once")
        #expect(next.host.sessionCount == 3)
        let one = before.host.describe(ids[1])
        let other = try #require(next.host.describe(ids[1]))
        #expect(other.user == "bob" && other.door == one?.door && other.connected == one?.connected)
        // The module is asked whether it resumes them, and the limits know them.
        for id in ids { #expect(try read(next.host, id).verdict == .allow) }
        #expect(next.ask(.login(try next.login("bob"))).verdict == .allow)
        #expect(next.ask(.login(try next.login("alice"))).verdict == .overLimit)
        #expect(next.ask(.logout(ids[0])).verdict == .allow)
        #expect(next.ask(.login(try next.login("alice"))).verdict == .allow)
    }

    @Test func `hands over no session of a kept log-in, which no client can name`() throws {
        let test = try TestHost("good9")
        let kept = test.ask(.authenticate(try test.login("alice")))
        #expect(kept.verdict == .allow && test.host.sessionCount == 1)
        let session = try test.session("bob")
        #expect(test.host.handedSessions.map(\.id) == [session])
        let again = test.ask(.authenticate(try test.login("alice")))
        #expect(again.session == kept.session, "nothing was forgotten for the list")
    }

    @Test func `takes no session that could not be`() throws {
        let test = try TestHost("good9")
        let good = HandedSession(id: SessionID(high: 1, low: 2), user: "alice", door: "http", connected: 0)
        var bad = good
        bad.id = SessionID(high: 3, low: 4)
        bad.user = "al\u{1}ice"
        #expect(test.host.take([bad]) == 0)
        bad.user = ""
        #expect(test.host.take([bad, good]) == 0)
        bad.user = "alice"
        bad.applicationID = String(repeating: "a", count: 256)
        #expect(test.host.take([bad]) == 0)
        bad.applicationID = ""
        bad.idle = .max
        bad.connected = .min
        #expect(test.host.take([bad, good]) == 2)
    }

    @Test func `tells its module that sessions go on without it`() throws {
        let test = try TestHost("good9")
        _ = try test.session()
        #expect(test.host.beginHandOver(within: .seconds(60)))
        test.host.endHandOver()
        test.host.stop()
        #expect(test.lines.wait(for: "free_user \(SessionEnd.swapped.rawValue)"))
    }
}

import AuthCore
import Synchronization
import Testing

@testable import Runtime

@Suite struct `The sessions of a host` {
    private let parts = TestParts()
    private var sessions: Sessions { parts.sessions }
    private var now: Int64 { parts.clock.monotonic }

    @Test func `are found by id and handle once they are open, and not before`() throws {
        let pending = sessions.prepare(try parts.login(), at: parts.clock.now)
        #expect(sessions.session(pending.id) == nil)
        #expect(sessions.use(pending.id, at: now) == nil)
        let open = try parts.session()
        #expect(sessions.session(open.id) === open)
        #expect(sessions.session(handle: open.handle) === open)
        #expect(sessions.use(open.id, at: now) === open)
        #expect(sessions.count == 1)
    }

    @Test func `end once, and everybody who must is told`() throws {
        let session = try parts.session()
        let ends = Mutex<[SessionEnd]>([])
        _ = sessions.whenEnded(session.id) { end in ends.withLock { $0.append(end) } }
        #expect(sessions.end(session, .logout))
        #expect(!sessions.end(session, .expired))
        #expect(ends.withLock { $0 } == [.logout])
        #expect(parts.decider.told == ["free logout"])
        #expect(sessions.session(session.id) == nil)
        #expect(sessions.session(handle: session.handle) == nil)
        #expect(sessions.count == 0)
        #expect(sessions.refusal(of: session.id).reason == .unknownSession)
    }

    @Test func `that wait for an answer have it cancelled by their end`() throws {
        let session = try parts.session()
        session.noteWaiting()
        sessions.end(session, .logout)
        #expect(parts.decider.told == ["cancel", "free logout"])
    }

    @Test func `that were ejected are remembered for an hour`() throws {
        let session = try parts.session()
        #expect(sessions.eject(session, note: ": by a test"))
        #expect(sessions.refusal(of: session.id).verdict == .ejected)
        #expect(parts.lines.all.contains { $0.contains("Ejected session \(session.id)") && $0.contains(": by a test") })
        parts.clock.advance(.seconds(3601))
        #expect(sessions.refusal(of: session.id).verdict == .deny)
    }

    @Test func `end by themselves at their expiry, with the next question or the next sweep`() throws {
        let expiry = parts.clock.wall / 1_000_000_000 + 10
        let (asked, swept) = (try parts.session(expiry: expiry), try parts.session("bob", expiry: expiry))
        parts.clock.advance(.seconds(9))
        #expect(sessions.use(asked.id, at: now) === asked)
        parts.clock.advance(.seconds(2))
        #expect(sessions.use(asked.id, at: now) == nil)
        #expect(sessions.endDue() == 1)
        #expect(swept.state == .ended(.expired))
        #expect(sessions.count == 0)
    }

    @Test func `are idle from their last use on, which a look at them is not`() throws {
        sessions.setIdleLimits([ExactText("app"): .seconds(10)])
        let session = try parts.session(application: "app")
        parts.clock.advance(.seconds(6))
        #expect(sessions.use(session.id, at: now) === session)
        parts.clock.advance(.seconds(6))
        #expect(sessions.describe(session.id) != nil)
        #expect(sessions.endDue() == 0)
        parts.clock.advance(.seconds(4))
        #expect(sessions.describe(session.id) == nil)
    }

    @Test func `are all ended by the host's end, and those that open afterwards find it closed`() throws {
        let open = [try parts.session("a"), try parts.session("b")]
        sessions.close()
        #expect(open.allSatisfy { $0.state == .ended(.stop) })
        #expect(sessions.isClosed)
    }

    @Test func `that lost their place live on, until their log-in's grace is over`() throws {
        var limits = SessionLimits()
        limits.sessions = 1
        let parts = TestParts(limits: limits)
        let login = try parts.login()
        let id = try #require(parts.logins.authenticate(login, parts.decider).decided?.session)
        let session = try #require(parts.sessions.session(id))
        #expect(throws: TestParts.NoPlace.self) { try parts.session("bob") }
        parts.clock.advance(.seconds(60))
        parts.sessions.endReplaced()
        #expect(parts.sessions.use(id, at: parts.clock.monotonic) === session)
        _ = try parts.session("bob")
        parts.clock.advance(.seconds(10))
        parts.sessions.endReplaced()
        #expect(session.state == .ended(.expired))
    }

    @Test func `are looked for by many threads while others begin and end them`() throws {
        let steady = try (0..<64).map { try parts.session("steady\($0)") }
        let lost = Atomic<Int>(0)
        TestThreads.run(4) { number in
            for round in 0..<500 {
                if number < 2 {
                    guard let session = try? parts.session("changing") else { continue }
                    sessions.end(session, .logout)
                } else if sessions.use(steady[round % 64].id, at: now) !== steady[round % 64] {
                    lost.add(1, ordering: .relaxed)
                }
            }
        }
        #expect(lost.load(ordering: .relaxed) == 0)
        #expect(sessions.count == 64)
        #expect(steady.allSatisfy { sessions.session($0.id) === $0 })
    }
}

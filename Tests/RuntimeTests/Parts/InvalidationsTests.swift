import AuthCore
import ModuleHost
import Testing

@testable import Runtime

@Suite struct `The invalidations of a host` {
    private let parts = TestParts()

    /// Logs users in by way of the cache; returns their sessions.
    private func kept(_ users: String...) throws -> [Session] {
        try users.map { user in
            let answer = parts.logins.authenticate(try parts.login(user), parts.decider).decided
            return try #require(answer?.session.flatMap { parts.sessions.session($0) })
        }
    }

    @Test func `of a user end the session that was kept, and no other`() throws {
        let sessions = try kept("alice", "bob") + [try parts.session("alice")]
        parts.invalidations.invalidate(.user("alice"))
        #expect(sessions.map(\.isOpen) == [false, true, true])
        #expect(parts.cache.count == 1)
    }

    @Test func `of a session end it where it was kept`() throws {
        let sessions = try kept("alice", "bob")
        parts.invalidations.invalidate(.session(handle: sessions[1].handle))
        #expect(sessions.map(\.isOpen) == [true, false])
    }

    @Test func `of an object end no session`() throws {
        let sessions = try kept("alice")
        parts.invalidations.invalidate(.object("/a"))
        #expect(sessions[0].isOpen)
    }

    @Test func `are told to those who watch, until they let go`() throws {
        let seen = Seen<Invalidation>()
        do {
            let watch = parts.invalidations.watch { seen.add($0) }
            parts.invalidations.invalidate(.all)
            withExtendedLifetime(watch) {}
        }
        parts.invalidations.invalidate(.all)
        #expect(seen.all == [.everything])
    }

    @Test func `after rules were read again leave sessions to the questions that have them`() throws {
        let sessions = try kept("alice")
        parts.invalidations.askAnew()
        #expect(sessions[0].isOpen)
        #expect(parts.cache.count == 0)
        #expect(try kept("alice")[0] !== sessions[0])
    }
}

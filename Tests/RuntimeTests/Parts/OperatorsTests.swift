import AuthCore
import ModuleHost
import Testing

@testable import Runtime

@Suite struct `What operators do` {
    private func filter(_ user: String) -> SessionFilter {
        var filter = SessionFilter()
        filter.user = user
        return filter
    }

    @Test func `begins with a list of sessions, in parts, oldest first`() throws {
        let parts = TestParts()
        let ids = try (0..<5).map { _ in try parts.session().id }
        _ = try parts.session("bob")
        let found = parts.operators.sessions(matching: filter("alice"), offset: 1, limit: 2)
        #expect(found.total == 5)
        #expect(found.sessions.map(\.id) == [ids[1], ids[2]])
    }

    @Test func `ejects so many of those that match, and keeps no answer that was under way`() throws {
        let parts = TestParts()
        let (first, second) = (try parts.session(), try parts.session())
        let key = parts.cache.keys.key(of: try parts.login(), realm: "")
        guard case .first(let asking) = parts.cache.look(up: key, at: 0) else {
            Issue.record("the cache knows it already")
            return
        }
        #expect(parts.operators.eject(filter("alice"), count: 1) == 1)
        #expect(first.state == .ended(.ejected) && second.isOpen)
        let answer = Answer(.allow, .granted, session: second.id)
        _ = parts.cache.settle(key, asking, answer, user: "alice", owner: "alice", at: 0)
        #expect(parts.cache.count == 0)
        #expect(parts.lines.all.contains { $0.hasSuffix(": by the operator") })
    }

    @Test func `invalidates sessions, of which doors that watch are told`() throws {
        let parts = TestParts()
        let session = try parts.session()
        let seen = Seen<Invalidation>()
        let watch = parts.invalidations.watch { seen.add($0) }
        #expect(parts.operators.invalidate(sessions: filter("alice")) == 1)
        #expect(seen.all == [.session(session.id)])
        parts.operators.invalidate(.all)
        #expect(seen.all.last == .everything)
        withExtendedLifetime(watch) {}
    }

    @Test func `has a check explained, and what the module cannot explain answered`() throws {
        var said = ModuleAnswer(.deny)
        said.explanation = "no rule\n"
        let parts = TestParts(
            ScriptedDecider(entries: ["auth_explain"]) { [said] in $0.answers["auth_explain"] = said })
        let check = Check(.read, try ObjectName("/a"))
        let explained = Seen<ExplainedAnswer>()
        for id in [try parts.session().id, .random()] {
            parts.operators.explain(check, session: id) { explained.add($0) }
        }
        #expect(explained.all.map(\.answer.verdict) == [.deny, .deny])
        #expect(explained.all.map(\.explanation) == ["no rule\n", nil])
        // The second session there is not.
        #expect(parts.decider.asked == ["auth_explain"])
    }
}

import AuthCore
import ModuleHost
import Testing

@testable import Runtime

@Suite struct `HTTP realms` {
    private func ask(_ parts: TestParts, _ method: RealmRequest.Method) throws -> Answer {
        let request = RealmRequest(
            method, path: try ObjectName("/admin"), user: "alice", password: Secret("secret"))
        let session = try parts.session()
        let outcome = Realms(objects: parts.objects, metrics: parts.metrics).ask(
            request, session, session.moduleSession, object: try ObjectName("/realm"), parts.decider,
            at: parts.clock.monotonic)
        return try #require(outcome.decided)
    }

    @Test func `are asked of the entry point for them, where there is one`() throws {
        let parts = TestParts(ScriptedDecider(entries: ["auth_http_request", "auth_check_read"]))
        #expect(try ask(parts, .get).verdict == .allow)
        #expect(parts.decider.asked == ["auth_http_request"])
    }

    @Test(arguments: [
        (RealmRequest.Method.get, "auth_check_read"), (.head, "auth_check_read"), (.post, "auth_check_write"),
        (.other, "auth_check_write"),
    ])
    func `are checks else, by the method`(_ method: RealmRequest.Method, _ entry: String) throws {
        let parts = TestParts(ScriptedDecider(entries: ["auth_check_read", "auth_check_write"]))
        let answer = try ask(parts, method)
        #expect(answer.verdict == .allow && answer.mappedName?.text == "/realm")
        #expect(parts.decider.asked == [entry])
    }

    @Test func `are closed where the module has no entry point for them`() throws {
        let parts = TestParts(ScriptedDecider(entries: ["auth_check_read"]))
        #expect(try ask(parts, .post).reason == .noEntry)
        #expect(parts.decider.asked.isEmpty)
    }
}

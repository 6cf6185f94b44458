import AuthCore
import ModuleHost
import Testing

@Suite struct `A module has tokens checked by the host` {
    private let services = RecordingServices()

    private func login(_ user: String, _ token: String) throws -> ModuleAnswer? {
        let module = try Fixtures.load("signed_tokens", services)
        return try module.newUser(Ask.login(user, password: token), session: 1, Ask.terms)
    }

    @Test(arguments: [
        ("alice", "good", Status.ok, ""), ("alice", "x", .invalidPassword, "the token of `alice` has é"),
        ("mallory", "good", .error, "there is no key `unknown`"),
    ])
    func `the host's answer and its reason come back`(
        _ user: String, _ token: String, _ status: Status, _ reason: String
    ) throws {
        let answer = try #require(try login(user, token))
        #expect(answer.status == status)
        #expect(answer.logText == reason)
    }

    @Test(arguments: [60, 61])
    func `a reason is cut at a character to what the module lends`(_ length: Int) throws {
        let answer = try #require(try login("alice", String(repeating: "x", count: length)))
        let start = "the token of `alice` has "
        // 64 bytes with the NUL: 38 are left, which is 19 characters of two bytes.
        #expect(answer.logText == start + String(repeating: "é", count: (63 - start.utf8.count) / 2))
    }
}

import Rules
import Testing

@testable import Accounts

@Suite struct ExplanationTests {
    private let entries: [Entry] = [
        .user("alice", [.groups: "desk"], [.allow("write", "/FX/*")]),
        .group("desk", [.roles: "trader"], [.deny("write create", "/FX/GBP")]),
        .role("trader", [:], [.allow("write", "/FX/GBP", [.when("size", [.maximum: "5"])])]),
        .everybody([:], [.allow("read", "/FX/GBP")]),
    ]

    private func ask(_ user: String, _ name: String, requested: String? = nil) throws -> CheckExplanation {
        let made = try snapshot(entries)
        let auth = try authority { made }
        defer { auth.close() }
        return auth.explain(
            user: Array(user.utf8).span, action: .write, name: Array(name.utf8).span,
            requested: Array((requested ?? name).utf8).span
        ) { $0(Array("size".utf8).span, Array("9".utf8).span) }
    }

    @Test func `names the rule that decided and those that lost, and why`() throws {
        let explanation = try ask("alice", "/FX/GBP", requested: "/GBP")
        #expect(
            explanation.lines == [
                "denied by `deny write create /FX/GBP` of the group `desk` at `users`:4",
                "asked for as `/GBP`, which is `/FX/GBP` inside",
                "lost: `allow write /FX/*` of the user `alice` at `users`:2: a more specific pattern decides",
                "lost: `allow write /FX/GBP` when … of the role `trader` at `users`:6: a deny of equal specificity beats it",
                "lost: `allow read /FX/GBP` of everybody at `users`:9: it is about other actions",
            ])
        #expect(explanation.outcome == .denied(reason: explanation.lines[0]))
    }

    @Test func `says that a user is not known and that nothing matches`() throws {
        #expect(try ask("bob", "/FX/GBP").lines == ["denied: the user is not known"])
        #expect(try ask("alice", "/EQ").lines == ["denied: no rule matches"])
    }

    @Test func `names the rule of an allow when it is asked to`() throws {
        let made = try snapshot(entries)
        let auth = try authority { made }
        defer { auth.close() }
        #expect(
            auth.check("alice", .write, "/FX/EUR", reason: true)
                == .allowed(reason: "allowed by `allow write /FX/*` of the user `alice` at `users`:2"))
        #expect(auth.check("alice", .write, "/FX/EUR") == .allowed(reason: nil))
        #expect(
            auth.check("alice", .create, "/FX/GBP", reason: true)
                == .denied(reason: "denied by `deny write create /FX/GBP` of the group `desk` at `users`:4"))
    }
}

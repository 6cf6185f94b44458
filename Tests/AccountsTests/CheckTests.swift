import Rules
import Testing

@testable import Accounts

@Suite struct CheckTests {
    @Test func `checks and maps, and names the line that decided`() throws {
        let auth = try authority(
            .user("alice", [:], [.allow("read", "/A/%u"), .deny("write", "/A/**"), .map("/M/%1", "/M/%u/%1")]))
        defer { auth.close() }
        #expect(auth.check("alice", .read, "/A/alice") == .allowed(reason: nil))
        #expect(auth.check("alice", .write, "/A/alice") == .denied(reason: nil))
        #expect(auth.check("alice", .read, "/B") == .noMatch)
        #expect(auth.check("bob", .read, "/A/bob") == .unknownUser)
        #expect(auth.mapped("alice", "/M/x") == .mapped(Array("/M/alice/x".utf8)))
        #expect(auth.mapped("alice", "/N/x") == .unmapped)
        #expect(auth.mapped("bob", "/M/x") == .refused(reason: "the user is not known"))
        let long = "/M/" + String(repeating: "x", count: 4_090)
        #expect(auth.mapped("alice", long) == .refused(reason: "the mapped name is longer than 4095 bytes"))
    }

    @Test func `gives users the permissions of their roles, of those of their groups, and of everybody's`() throws {
        let auth = try authority(
            .user("alice", [.roles: "own"]), .user("bob", [.groups: "inner"]), .user("carol"),
            .group("inner", [.groups: "outer"]), .group("outer", [.roles: "grouped"]),
            .everybody([.roles: "common"]),
            .role("own", [.roles: "included"], [.allow("read", "/OWN")]),
            .role("included", [:], [.allow("read", "/INCLUDED")]),
            .role("grouped", [:], [.allow("read", "/GROUPED"), .allow("read", "/G/%g")]),
            .role("common", [:], [.allow("read", "/COMMON")]))
        defer { auth.close() }
        func readable(_ user: String) -> [String] {
            ["/OWN", "/INCLUDED", "/GROUPED", "/COMMON", "/G/outer", "/G/grouped", "/G/"].filter {
                auth.check(user, .read, $0).isAllowed
            }
        }
        #expect(readable("alice") == ["/OWN", "/INCLUDED", "/COMMON"])
        #expect(readable("bob") == ["/GROUPED", "/COMMON", "/G/outer"])
        #expect(readable("carol") == ["/COMMON"])
    }

    @Test func `refuses roles and groups that are declared nowhere or twice`() {
        #expect(
            fault(.user("a", [.roles: "tarder"]), .role("trader"))?.message
                == "the role `tarder` is declared nowhere (did you mean `trader`?)")
        #expect(fault(.user("a", [.roles: "x"]))?.code == .unknownRole)
        #expect(fault(.group("x"), .user("a", [.roles: "x"]))?.code == .unknownRole)
        #expect(fault(.everybody([.groups: "", .roles: "x"]))?.place == Place(line: 1, column: 1))
        #expect(fault(.role("x"), .role("x"))?.message == "the role `x` is declared twice")
        #expect(fault(.role("x y"))?.message == "the role name `x y` holds a space")
        #expect(fault(.group("x"), .role("x")) == nil)
    }

    @Test func `tells whose entries changed`() throws {
        let password = Entry.Attributes.Element(key: .password, value: "{PLAIN}x")
        func file(_ users: Entry..., common: [Entry] = []) throws -> AccountSnapshot {
            try snapshot([.group("g", [:], common), .role("r")] + users)
        }
        let old = try file(.user("a"), .user("b", [.groups: "g"]), .user("c"), .user("d"))
        let new = try file(
            .user("e"), .user("d", [:], [.allow("read", "/")]),
            .user("b", [.groups: "g", password.key: password.value]),
            .user("a"))
        #expect(new.changes(since: old) == .users([Array("b".utf8), Array("c".utf8), Array("d".utf8)]))
        #expect(old.changes(since: old) == .users([]))
        #expect(try file(.user("a"), common: [.allow("read", "/")]).changes(since: old) == .everybody)
    }

    @Test(arguments: [
        (Field.keyID, "k"), (.groups, "g"), (.roles, "r"), (.notBefore, "2026-01-01T00:00:00Z"),
        (.expires, "2026-01-01T00:00:00Z"), (.addresses, "::1"), (.hours, "Mon 00:00-24:00"), (.applications, "x"),
        (.maxSessions, "1"), (.password, "{PLAIN}"),
    ])
    func `tells that any part of a user changed`(field: Field, value: String) throws {
        let common: [Entry] = [.group("g"), .role("r")]
        let old = try snapshot(common + [.user("a"), .user("b")])
        let new = try snapshot(common + [.user("a", [field: value]), .user("b")])
        #expect(new.changes(since: old) == .users([Array("a".utf8)]))
        #expect(old.changes(since: new) == .users([Array("a".utf8)]))
    }

    @Test(arguments: [
        Entry.allow("read", "/A"), .deny("read", "/A"), .allow("write", "/A"), .map("/A", "/B"), .limit("x", "2"),
        .limit("x", "3"), .allow("write", "/A", [.when("f", [.equals: "v"])]),
        .allow("write", "/A", [.when("f", [.matches: "v"])]),
    ])
    func `tells that what a user is given changed`(part: Entry) throws {
        let old = try snapshot(.user("a", [:], [.limit("y", "1")]))
        let new = try snapshot(.user("a", [:], [part]))
        #expect(new.changes(since: old) == .users([Array("a".utf8)]))
    }

    @Test(arguments: [
        [Entry.group("g", [.addresses: "::1"]), .role("r")], [.group("g", [.roles: "r"]), .role("r")],
        [.group("g"), .role("r", [:], [.allow("read", "/")])], [.group("g"), .role("r"), .key("k")],
        [.group("g"), .role("r"), .everybody([.maxSessions: "3"])],
        [.group("g"), .role("r"), .everybody([:], [.limit("x", "1")])],
    ])
    func `tells that what everybody may have changed`(common: [Entry]) throws {
        let old = try snapshot([.group("g"), .role("r"), .user("a")])
        #expect(try snapshot(common + [.user("a")]).changes(since: old) == .everybody)
    }
}

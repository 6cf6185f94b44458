import Rules
import Testing

@testable import Accounts
@testable import XMLAuthCore

private func parse(_ body: String, allowsPlain: Bool = false) throws(UsersFileError) -> AccountSnapshot {
    try UsersReader.read(Array(body.utf8), name: "users.xml", allowsPlain: allowsPlain)
}

private func message(_ text: String) -> String {
    do {
        _ = try parse(text)
        return "no error"
    } catch {
        return error.description
    }
}

@Suite struct UsersFileTests {
    static let salted = "{SSHA256}" + String(repeating: "A", count: 48)

    @Test(arguments: [
        (
            "<users/>",
            "users.xml:1:1: found the element `users` as the outermost element, expected `authhost-users`"
        ),
        ("<authhost-users/>", "users.xml:1:1: `authhost-users` has no attribute `version`"),
        (
            "<authhost-users version='2'/>",
            "users.xml:1:26: this version of the format is not known, expected `1`"
        ),
        (
            "<authhost-users version='1'>\n  <usr name='a'/></authhost-users>",
            "users.xml:2:3: found the element `usr` inside `authhost-users`, expected `role`, `group`, `user`, `everybody`"
                + " (did you mean `user`?)"
        ),
        (
            "<authhost-users version='1'>\n<user nane='a'/></authhost-users>",
            "users.xml:2:1: found the attribute `nane` of `user`, expected `name`, `password`, `sigkey-id`, `groups`, `roles`,"
                + " `not-before`, `expires`, `addresses`, `hours`, `applications`, `max-sessions` (did you mean `name`?)"
        ),
        (
            "<authhost-users version='1'><user name='a'/>\n <user name='a'/></authhost-users>",
            "users.xml:2:14: the user `a` is declared twice"
        ),
        (
            "<authhost-users version='1'><user name='a/b'/></authhost-users>",
            "users.xml:1:41: `a/b` is no user name: 1 to 255 bytes without `/`, control characters and outer spaces are"
                + " accepted, and neither `.` nor `..`"
        ),
        (
            "<authhost-users version='1'><group name='desk'/>\n<user name='a' groups='desc'/></authhost-users>",
            "users.xml:2:1: the group `desc` is declared nowhere (did you mean `desk`?)"
        ),
        (
            "<authhost-users version='1'><everybody/><everybody/></authhost-users>",
            "users.xml:1:41: `everybody` is there twice"
        ),
        (
            "<authhost-users version='1'><everybody>\n  <allow actions='raed' object='/A'/></everybody></authhost-users>",
            "users.xml:2:19: found the action `raed`, expected `read`, `write` or `create` (did you mean `read`?)"
        ),
        (
            "<authhost-users version='1'><everybody><allow\n  actions='read'\n object='/A/EUR*'/></everybody></authhost-users>",
            "users.xml:3:16: `*` stands for a whole segment and cannot be a part of `EUR*`"
        ),
        (
            "<authhost-users version='1'><everybody><map from='/A/%1' to='/B/%2'/></everybody></authhost-users>",
            "users.xml:1:65: `%2` is not captured by the pattern"
        ),
        (
            "<authhost-users version='1'><everybody><allow actions='read read' object='/'/></everybody></authhost-users>",
            "users.xml:1:61: the action `read` is there twice"
        ),
        (
            "<authhost-users version='1'>text</authhost-users>",
            "users.xml:1:29: found text inside `authhost-users`, expected elements alone"
        ),
        (
            "<authhost-users version='1'><user name='a' password='x'/></authhost-users>",
            "users.xml:1:54: the stored password is in no known format; accepted are crypt(3) formats such as `$y$…`,"
                + " `$2b$…`, `$6$…`, and `{SSHA256}`"
        ),
        (
            "<authhost-users version='1'><user name='a' password='{PLAIN}x'/></authhost-users>",
            "users.xml:1:54: `{PLAIN}` is refused unless the option `allow-plain-passwords` is set"
        ),
        (
            "<authhost-users version='1'><user name='a' password='{SSHA256}AAAA'/></authhost-users>",
            "users.xml:1:54: `{SSHA256}` is not followed by the base64 of 32 digest bytes and a salt"
        ),
    ])
    func `refuses what the format does not have, and says where`(text: String, expected: String) {
        #expect(message(text).hasPrefix(expected))
    }

    @Test(arguments: [
        "", "<authhost-users version='1'>", "<authhost-users version='1'><user name='a'></authhost-users>",
        "<authhost-users version='1' version='1'/>",
        "<!DOCTYPE a><authhost-users version='1'/>",
        "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><authhost-users version='1'/>",
        "<!DOCTYPE a [<!ENTITY x 'y'>]><authhost-users version='1'><user name='&x;'/></authhost-users>",
        "<authhost-users version='1'><user name='&x;'/></authhost-users>",
        "<authhost-users version='1' xmlns='urn:x'/>",
        "<x:authhost-users version='1' xmlns:x='urn:x'/>",
        "<authhost-users version='1' xml:lang='en'/>",
        "<authhost-users version='1'/><authhost-users version='1'/>",
        "<authhost-users version='1'><user name='\u{C3}'</authhost-users>",
    ])
    func `refuses broken XML, document types, entities and namespaces`(text: String) {
        #expect(throws: UsersFileError.self) { try parse(text) }
    }

    @Test func `reads users, nested groups, rules and the five predefined entities`() throws {
        let snapshot = try parse(
            """
            <authhost-users version="1">
              <user name="a&amp;b&#38;&#x41;&amp;#38;" groups="inner" password="\(Self.salted)">
                <deny actions="write" object="/A/B"/>
              </user>
              <group name="outer"><allow actions="read write" object="/A/*"/></group>
              <group name="inner" groups="outer"/>
            </authhost-users>
            """)
        let user = Array("a&b&A&#38;".utf8)
        let found = snapshot.rules.principal(user: user.span)
        let principal = try #require(found)
        let name = Array("/A/B".utf8)
        #expect(snapshot.rules.decide(principal, .read, name.span).allowed)
        let denied = snapshot.rules.decide(principal, .write, name.span)
        #expect(!denied.allowed)
        #expect(denied.rule.map { snapshot.rules.line(ofRule: $0) } == 3)
        #expect(snapshot.storedPassword(of: principal) == Array(Self.salted.utf8))
    }

    @Test func `tells whose entries changed`() throws {
        func file(_ users: String, _ common: String = "") throws -> AccountSnapshot {
            try parse("<authhost-users version='1'><group name='g'>\(common)</group>\(users)</authhost-users>")
        }
        let old = try file("<user name='a'/><user name='b' groups='g'/><user name='c'/><user name='d'/>")
        let new = try file(
            "<user name='e'/><user name='d'><allow actions='read' object='/'/></user>"
                + "<user name='b' groups='g' password='\(Self.salted)'/><user name='a'/>")
        #expect(new.changes(since: old) == .users([Array("b".utf8), Array("c".utf8), Array("d".utf8)]))
        #expect(old.changes(since: old) == .users([]))
        let common = try file("<user name='a'/>", "<allow actions='read' object='/'/>")
        #expect(common.changes(since: old) == .everybody)
    }
}

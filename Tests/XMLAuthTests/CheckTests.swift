import Testing

@testable import XMLAuthCore

private let strong = "$y$j9T$Xf2mVq7rTzLp0aWcYdKe1.$PvAmqbgQeoIjr6wXSHIjUkjh.LnqK7R8XufKCfVBIk2"

/// 2026-01-01T00:00:00Z
private let now: Int64 = 1_767_225_600

private func findings(_ body: String) -> [String] {
    UsersCheck.findings("<authhost-users version='1'>\n\(body)\n</authhost-users>", name: "u.xml", now: now)
        .map(\.description)
}

@Suite struct CheckTests {
    @Test(arguments: [
        ("<user name='a'/>", ["u.xml:2:1: warning: the user `a` has neither a password nor a key and cannot log in"]),
        ("<user name='a' sigkey-id='k'/>", []),
        (
            "<user name='a' password='\(strong)' expires='2025-12-31T23:59:59Z'/>",
            ["u.xml:2:1: warning: the account of `a` has expired: `2025-12-31T23:59:59Z`"]
        ),
        ("<user name='a' password='\(strong)' expires='2026-01-01T00:00:01Z'/>", []),
        (
            "<user name='a' password='{PLAIN}x'/>",
            ["u.xml:2:1: warning: the password of `a` is weak: `{PLAIN}` is the password itself"]
        ),
        (
            "<group name='g' groups='h' roles='r'/><group name='h'/>\n<role name='r' roles='s'/><role name='s'/>",
            [
                "u.xml:2:1: warning: no user is in the group `g`", "u.xml:2:39: warning: no user is in the group `h`",
                "u.xml:3:1: warning: no user has the role `r`", "u.xml:3:27: warning: no user has the role `s`",
            ]
        ),
        (
            "<group name='g' groups='h' roles='r'/><group name='h'/><role name='r' roles='s'/><role name='s'/>"
                + "<user name='a' sigkey-id='k' groups='g'/>", []
        ),
        ("<role name='r' roles='s'/><role name='s'/><everybody roles='r'/>", []),
        (
            "<everybody><allow actions='read write' object='/A'/>\n<allow actions=' write  read' object='/A'/></everybody>",
            ["u.xml:3:1: warning: the rule repeats the one in line 2"]
        ),
        (
            "<everybody><allow actions='read' object='/A'/>\n<deny actions='write' object='/A'><when field='a' equals='b'/></deny>"
                + "\n<deny actions='write' object='/A'/></everybody>", []
        ),
        (
            "<user name='a' sigkey-id='k' groups='g'/>\n<user name='b' sigkey-id='k' groups='g' roles='wardens'/><role name='warden'/>",
            [
                "u.xml:2:1: error: the group `g` is declared nowhere",
                "u.xml:3:1: error: the role `wardens` is declared nowhere (did you mean `warden`?)",
                "u.xml:3:58: warning: no user has the role `warden`",
            ]
        ),
        (
            "<user name='a' sigkey-id='k' groups='g'>\n<allow actions='read' object='/A/**'/></user>"
                + "\n<group name='g'><deny actions='read write' object='/A/**'/></group>",
            ["u.xml:3:1: warning: the rule can never decide: the one in line 4 always does"]
        ),
    ])
    func `tells what is doubtful`(body: String, expected: [String]) {
        #expect(findings(body) == expected)
    }

    @Test func `goes on after a fault, and passes over what is inside of it`() {
        let body = """
            <user name='a/b'><allow actions='x' object='y'/></user>
            <user name='c' password='{PLAIN}x' expires='never'><deny/></user>
            <usr><any><thing/></any></usr>
            text
            <everybody><allow actions='read' object='A'/><allow actions='raed' object='/A'><when/></allow></everybody>
            <user name='d' groups='nowhere'/>
            """
        #expect(
            findings(body).map { String($0.split(separator: ":", maxSplits: 4)[1...3].joined(separator: ":")) } == [
                "2:1: warning", "2:13: error", "3:1: warning", "3:45: error", "4:1: error", "5:1: error",
                "6:42: error", "6:62: error", "7:1: warning", "7:1: error",
            ])
    }

    @Test func `says of a file that ends too early what it has seen`() {
        let found = UsersCheck.findings(
            "<authhost-users version='1'><user name='a' groups='later'/><user name='b/'/>", name: "u.xml", now: now)
        #expect(found.map(\.kind) == ["no-password", "no-password", "bad-value", "not-xml"])
    }

    @Test(arguments: [
        ("$1$salt$hash", true), ("$3$$hash", true), ("$sha1$480000$salt$hash", true), ("{SSHA256}AAAA", true),
        ("$2b$09$salt", true), ("$2b$10$salt", false), ("$2x$12$salt", true), ("$6$salt$hash", false),
        ("$6$rounds=4999$salt$hash", true), ("$5$rounds=5000$salt$hash", false), ("$y$j9T$salt$hash", false),
        ("$y$j8T$salt$hash", true), ("$gy$j75$salt$hash", true), ("$y$jAT$salt$hash", false),
        ("$7$CU..../....salt$hash", false), ("$7$BU..../....salt$hash", true), ("$unknown$x", false),
    ])
    func `knows weak passwords by their scheme and cost`(stored: String, isWeak: Bool) {
        #expect((PasswordWeakness.reason(Array(stored.utf8)) != nil) == isWeak)
    }

    @Test(arguments: [
        ("<group name='\u{202E}x'/>", "no user is in the group `\\u{202e}x`"),
        ("<group name='a&#x2066;&#x200B;'/>", "no user is in the group `a\\u{2066}\\u{200b}`"),
        ("<group name='&#x9b;31m'/>", "`\\u{9b}31m` is no group name"),
        ("<user name='a' roles='&#x9b;'/>", "the role `\\u{9b}` is declared nowhere"),
        ("<user name='a&#xA;b'/>", "`a\\u{a}b` is no user name"),
    ])
    func `shows what no reader could see, and what would turn the line around`(body: String, message: String) {
        #expect(findings(body).contains { $0.contains(message) }, "\(findings(body))")
    }
}

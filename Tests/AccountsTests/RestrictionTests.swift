import Glibc
import Testing

@testable import Accounts

@Suite struct RestrictionTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.0.0.0/8 ::1", "::1", true),
        ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.6", false), ("192.0.2.6/31", "192.0.2.7", true),
        ("192.0.2.6/31", "192.0.2.8", false), ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "2001:db8::1", false),
        ("::/0", "2001:db8::1", true), ("::/0", "192.0.2.1", false), ("::/0", "::ffff:192.0.2.1", false),
        ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
        ("192.0.2.0/24", "::ffff:192.0.2.9", true), ("::ffff:192.0.2.0/120", "192.0.2.9", true),
        ("::ffff:0:0/96", "192.0.2.9", true), ("fe80::/10", "fe80::1%eth0", true), ("10.0.0.0/8", "", false),
        ("0.0.0.0/0", "localhost", false), ("0.0.0.0/0", "10.0.0.1:80", false), ("0.0.0.0/0", "unix:", false),
    ])
    func `permits the addresses of the ranges and no other`(ranges: String, address: String, isIn: Bool) throws {
        #expect(try AddressRanges(lent(ranges)).contains(Array(address.utf8)) == isIn)
    }

    @Test(arguments: [
        ("", 0), (" ", 0), ("10.0.0", 0), ("10.0.0.1/33", 0), ("::1/129", 0), ("10.0.0.0/8/8", 0), ("10.0.0.0/", 0),
        ("10.0.0.0/+8", 0), ("::1 10.0.0.1/8", 4), ("::ffff:10.0.0.0/8", 0), ("fe80::1%eth0", 0), ("010.0.0.1", 0),
    ])
    func `refuses what is no address or range`(ranges: String, offset: Int) {
        let error = #expect(throws: EntryFault.self) { try AddressRanges(lent(ranges)) }
        #expect(error?.field == .addresses)
        #expect(error?.offset == offset)
    }

    @Test func `permits accounts from not-before on and until they expire`() async throws {
        let times: Entry.Attributes = [
            .password: "{PLAIN}x", .notBefore: "1970-01-01T00:00:10Z", .expires: "1970-01-01T00:00:20Z",
        ]
        for (now, isOpen) in [(9, false), (10, true), (19, true), (20, false)] as [(Int64, Bool)] {
            let auth = try authority(.user("a", times), clock: clock(now))
            defer { auth.close() }
            #expect(await auth.login("a", "x") == auth.resume("a"))
            #expect(auth.resume("a").admission == (isOpen ? Acceptance(expiry: 20) : nil))
            #expect(auth.resume("a").refusal == (isOpen ? nil : .expired))
            // A stranger learns nothing of it.
            #expect(await auth.login("a", "y") == .wrongCredentials(reason: "wrong password"))
        }
    }

    @Test func `holds log-ins against the restrictions of the user, of nested groups and of everybody`() throws {
        let auth = try authority(
            .user("a", [.groups: "inner", .addresses: "10.0.0.0/8", .applications: "web app"]),
            .group("inner", [.groups: "outer"]), .group("outer", [.addresses: "10.1.0.0/16"]),
            .group("other", [.addresses: "::1"]), .everybody([.applications: "web"]))
        defer { auth.close() }
        #expect(auth.resume("a", LoginClient("10.1.2.3", "web")) == .accepted(Acceptance()))
        #expect(auth.resume("a", LoginClient("10.2.2.3", "web")).refusal == .address)
        #expect(auth.resume("a", LoginClient("", "web")).refusal == .address)
        #expect(auth.resume("a", LoginClient("10.1.2.3", "app")).refusal == .application)
        #expect(auth.resume("a", LoginClient("10.1.2.3", "we")).refusal == .application)
        guard case .notPermitted(let refusal) = auth.resume("a", LoginClient("10.2.2.3", "web")) else { return }
        #expect(refusal.reason == "the address `10.2.2.3` is not permitted for the group `outer`")
        #expect(auth.resume("b") == .unknownUser)
    }

    @Test func `gives the user's own limits, else everybody's`() throws {
        let auth = try authority(
            .user("own", [.maxSessions: "5"], [.limit("web", "2"), .limit("app", "3")]), .user("other"),
            .everybody([.maxSessions: "7"], [.limit("web", "4"), .limit("fix", "1")]))
        defer { auth.close() }
        func limits(_ user: String, _ application: String) -> [UInt32] {
            let admission = auth.resume(user, LoginClient("", application)).admission
            return [admission?.sessionLimit ?? 99, admission?.applicationSessionLimit ?? 99]
        }
        #expect(limits("own", "web") == [5, 2])
        #expect(limits("own", "app") == [5, 3])
        #expect(limits("own", "fix") == [5, 1])
        #expect(limits("own", "") == [5, 0])
        #expect(limits("other", "web") == [7, 4])
        #expect(limits("other", "app") == [7, 0])
    }

    @Test(arguments: [
        (Entry.user("a", [.maxSessions: "0"]), "`0` is no number of sessions, 1 to 4294967295 are accepted"),
        (
            .user("a", [.maxSessions: "4294967296"]),
            "`4294967296` is no number of sessions, 1 to 4294967295 are accepted"
        ),
        (.user("a", [:], [.limit("x", "-1")]), "`-1` is no number of sessions, 1 to 4294967295 are accepted"),
        (.user("a", [:], [.limit("x", "1"), .limit("x", "1")]), "the application `x` has a limit already"),
        (.user("a", [:], [.limit("", "1")]), "an application id of 0 bytes, 1 to 255 are accepted"),
        (.user("a", [.applications: " "]), "no application, expected application ids with spaces between"),
        (
            .user("a", [.password: "{PLAIN}x", .keyID: "k"]),
            "the user `a` has a password and a key, one of them is accepted"
        ),
        (
            .user("a", [.keyID: "k k"]),
            "`k k` is no key id: 1 to 255 bytes without spaces and control characters are accepted"
        ),
        (
            .user("a", [.expires: "tomorrow"]),
            "`tomorrow` is no time of RFC 3339 with an offset, such as `2026-12-31T23:59:59Z` or"
                + " `2026-12-31T23:59:59+01:00`"
        ),
        (
            .user("a", [.notBefore: "2026-01-01T00:00:00Z", .expires: "2026-01-01T00:00:00Z"]),
            "the account expires before it is valid"
        ),
        (
            .user("a", [.addresses: "10.0.0.1/8"]),
            "`10.0.0.1/8` has bits set behind its prefix, expected the first address of the range"
        ),
    ])
    func `says what cannot be read`(entry: Entry, message: String) { #expect(fault(entry)?.message == message) }
}

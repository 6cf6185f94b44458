import Rules
import Synchronization
import Testing

@testable import Accounts

/// Seconds since 1970 of Monday 1970-01-05 10:00 UTC.
private let mondayAtTen: Int64 = 4 * 86_400 + 10 * 3_600

/// Puts entries in force, then others, on a Monday at ten. Returns whose sessions end.
private func ended(_ before: [Entry], _ after: [Entry]) throws -> [String] {
    let snapshots = Mutex([try snapshot(before), try snapshot(after)])
    let auth = try authority(clock: clock(mondayAtTen)) { snapshots.withLock { $0.removeFirst() } }
    defer { auth.close() }
    return try auth.reload().ended.map { String(decoding: $0, as: UTF8.self) }
}

private let password: Entry.Attributes = [.password: "{PLAIN}a"]

@Suite struct ReloadTests {
    @Test(
        arguments: [
            [:], [.password: "{PLAIN}a", .expires: "1970-01-05T10:00:00Z"],
            [.password: "{PLAIN}a", .notBefore: "1970-01-05T10:00:01Z"],
            [.password: "{PLAIN}a", .hours: "Mon 08:00-10:00"], [.password: "{PLAIN}a", .groups: "closed"],
        ] as [Entry.Attributes])
    func `ends the sessions of a user who may have none any more, and no others`(after: Entry.Attributes) throws {
        let others = [Entry.user("b", password), .group("closed", [.hours: "Tue 08:00-18:00"])]
        #expect(try ended([.user("a", password)] + others, others + [.user("a", after)]) == ["a"])
    }

    @Test func `says that nothing is mapped, and says it before names are`() throws {
        let mapped = Entry.user("a", password, [.map("/x", "/y")])
        let snapshots = Mutex([
            try snapshot([.user("a", password)]), try snapshot([mapped]), try snapshot([.user("a", password)]),
        ])
        let auth = try authority { snapshots.withLock { $0.removeFirst() } }
        defer { auth.close() }
        #expect(auth.mapped("a", "/x") == .nothingIsMapped)
        var seen: [MapOutcome] = []
        _ = try auth.reload { seen.append(auth.mapped("a", "/x")) }
        #expect(seen == [.unmapped])
        #expect(auth.mapped("a", "/x") == .mapped(Array("/y".utf8)))
        #expect(auth.mapped("a", "/z") == .unmapped)
        _ = try auth.reload { Issue.record("names were mapped before") }
        #expect(auth.mapped("a", "/x") == .nothingIsMapped)
    }

    @Test func `ends the sessions of a user who vanished`() throws {
        #expect(try ended([.user("a", password), .user("b", password)], [.user("b", password)]) == ["a"])
    }

    @Test(
        arguments: [
            [.password: "{PLAIN}b"], [.password: "{PLAIN}a", .expires: "1970-01-05T10:00:01Z"],
            [.password: "{PLAIN}a", .addresses: "192.0.2.1"], [.password: "{PLAIN}a", .hours: "Mon 08:00-10:01"],
            [.keyID: "k1"], [.password: "{PLAIN}a", .groups: "closed open"],
        ] as [Entry.Attributes])
    func `lets sessions go on whatever else changes`(after: Entry.Attributes) throws {
        let groups = [Entry.group("open", [.hours: "Mon 08:00-18:00"]), .group("closed")]
        #expect(try ended(groups + [.user("a", password)], groups + [.user("a", after)]) == [])
    }

    @Test func `ends sessions when what a group, everybody or the common key gave is gone`() throws {
        let users = [Entry.user("a", [.password: "{PLAIN}a", .groups: "g"]), .user("k")]
        #expect(
            try ended(users + [.group("g"), .key("k1")], users + [.group("g", [.hours: "Tue 08:00-18:00"])])
                == ["a", "k"])
        #expect(
            try ended(
                users + [.group("g"), .key("k1")],
                users + [.group("g"), .key("k1"), .everybody([.hours: "Tue 08:00-18:00"])]) == ["a", "k"])
    }

    @Test func `ends no session of a user who could have had none`() throws {
        let closed: Entry.Attributes = [.password: "{PLAIN}a", .hours: "Tue 08:00-18:00"]
        #expect(
            try ended([.user("a", closed), .user("n")], [.user("a", closed), .user("n", [.groups: ""])]) == [])
    }
}

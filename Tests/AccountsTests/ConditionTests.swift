import Rules
import Testing

@testable import Accounts

private func verdict(_ attributes: Entry.Attributes, _ value: String) throws -> FieldCondition.Verdict {
    try FieldCondition(Entry.condition("f", attributes)).verdict(Array(value.utf8).span)
}

@Suite struct ConditionTests {
    @Test(
        arguments: [
            ([Field.equals: "EUR"], "EUR", true), ([.equals: "EUR"], "eur", false), ([.equals: "EUR"], "EUR ", false),
            ([.equals: ""], "", true), ([.oneOf: "EUR USD"], "USD", true), ([.oneOf: "EUR USD"], "EUR USD", false),
            ([.minimum: "1", .maximum: "10"], "1", true), ([.minimum: "1", .maximum: "10"], "10.0", true),
            ([.minimum: "1", .maximum: "10"], "10.000000000000000000001", false), ([.minimum: "1"], "0.99", false),
            ([.maximum: "10"], "-11", true), ([.minimum: "-1.5"], "-1.50", true), ([.minimum: "-1.5"], "-1.51", false),
            ([.maximum: "0"], "-0", true), ([.maximum: "99"], "100", false), ([.maximum: "100"], "0099", true),
            ([.matches: "[A-Z]{3}"], "EUR", true), ([.matches: "[A-Z]{3}"], "EURO", false),
            ([.matches: "a|b"], "ab", false),
            ([.matches: "a|bc"], "bc", true), ([.matches: "x*"], "", true), ([.matches: ".*"], "a\nb", true),
            ([.matches: "a\\.b"], "a.b", true), ([.matches: "a\\.b"], "axb", false), ([.matches: "^a$"], "a", true),
            ([.matches: "[]^)(]+"], ")(]^", true), ([.matches: "[[:alpha:])]"], ")", true),
        ] as [(Entry.Attributes, String, Bool)])
    func `compares a value`(attributes: Entry.Attributes, value: String, holds: Bool) throws {
        #expect(try verdict(attributes, value) == (holds ? .holds : .fails))
    }

    @Test(arguments: [
        "", "1e3", "0x10", " 1", "1 ", "1,0", "inf", "nan", ".5", "5.", "+-1", "١", String(repeating: "1", count: 65),
    ])
    func `does not take for a number what is none`(value: String) throws {
        #expect(try verdict([.minimum: "0"], value) == .unreadable)
    }

    @Test func `does not match a value that is too long`() throws {
        #expect(try verdict([.matches: ".*"], String(repeating: "x", count: 4_096)) == .holds)
        #expect(try verdict([.matches: ".*"], String(repeating: "x", count: 4_097)) == .unreadable)
    }

    @Test(
        arguments: [
            ([:], nil, "no comparison, expected one of `equals`, `one-of`, `min` and `max`, `matches`"),
            (
                [.equals: "x", .minimum: "1"], nil,
                "more than one kind of comparison, expected one of `equals`, `one-of`, `min` and `max`, `matches`"
            ),
            ([.oneOf: " "], .oneOf, "no value, expected values with spaces between"),
            ([.minimum: "many"], .minimum, "`many` is no decimal number such as `-12.50`"),
            ([.minimum: "2", .maximum: "1"], .minimum, "the least accepted number is above the greatest"),
            (
                [.matches: "(a)\\1"], .matches,
                "the regular expression `(a)\\1` is refused: back-references are not accepted"
            ),
            (
                [.matches: "a)|(b"], .matches,
                "the regular expression `a)|(b` is refused: `)` without `(`, as itself it is written `\\)`"
            ),
            ([.matches: "(a"], .matches, "the regular expression `(a` is refused: unmatched ( or \\("),
            ([.matches: "[a"], .matches, "the regular expression `[a` is refused: `[` without `]`"),
            ([.matches: "a\\"], .matches, "the regular expression `a\\` is refused: `\\` at the end"),
            (
                [.matches: "\\w"], .matches,
                "the regular expression `\\w` is refused: `\\w` is no escape of a POSIX extended regular expression"
            ),
            ([.matches: ""], .matches, "the regular expression `` is refused: 0 bytes, 1 to 256 are accepted"),
            (
                [.matches: "((a{100}){100}){100}"], .matches,
                "the regular expression `((a{100}){100}){100}` is refused: repetitions of more than 1000 in all are not accepted"
            ),
            ([.matches: "a{3,1}"], .matches, "the regular expression `a{3,1}` is refused: invalid content of \\{\\}"),
        ] as [(Entry.Attributes, Field?, String)])
    func `says which condition cannot be read`(attributes: Entry.Attributes, field: Field?, message: String) {
        let found = fault(.everybody([:], [.allow("write", "/A", [.when("f", attributes)])]))
        #expect(found?.message == message)
        #expect(found?.field == field)
    }

    @Test func `applies a rule only when all of its conditions hold`() throws {
        let auth = try authority(
            .user("a"),
            .everybody(
                [:],
                [
                    .allow(
                        "write", "/O/*", [.when("currency", [.oneOf: "EUR USD"]), .when("amount", [.maximum: "100"])]),
                    .deny("write", "/O/*", [.when("desk", [.equals: "closed"])]),
                ]))
        defer { auth.close() }
        func allowed(_ fields: (String, String)...) -> Bool { auth.check("a", .write, "/O/1", fields).isAllowed }
        #expect(allowed(("currency", "EUR"), ("amount", "100")))
        #expect(!allowed(("currency", "EUR"), ("amount", "101")))
        #expect(!allowed(("currency", "EUR")))
        #expect(!allowed())
        // Twice: all must hold for an allow, one is enough for a deny.
        #expect(allowed(("currency", "EUR"), ("amount", "1"), ("currency", "USD")))
        #expect(!allowed(("currency", "EUR"), ("amount", "1"), ("currency", "GBP")))
        #expect(!allowed(("currency", "EUR"), ("amount", "1"), ("desk", "open"), ("desk", "closed")))
        #expect(allowed(("currency", "EUR"), ("amount", "1"), ("desk", "open")))
        // No number: an allow does not apply.
        #expect(!allowed(("currency", "EUR"), ("amount", "1e1")))
    }

    @Test func `holds a deny against a value that it cannot compare`() throws {
        let auth = try authority(
            .user("a", [:], [.allow("write", "/**"), .deny("write", "/**", [.when("amount", [.minimum: "100"])])]))
        defer { auth.close() }
        #expect(auth.check("a", .write, "/O", [("amount", "99")]).isAllowed)
        #expect(!auth.check("a", .write, "/O", [("amount", "1e3")]).isAllowed)
        #expect(auth.check("a", .write, "/O").isAllowed)
    }

    @Test func `cannot answer a read that hangs on the object's values`() throws {
        let auth = try authority(
            .user("a", [:], [.allow("read write", "/A", [.when("level", [.equals: "1"])]), .allow("read", "/B")]))
        defer { auth.close() }
        #expect(
            auth.check("a", .read, "/A", [("level", "1")])
                == .undetermined(
                    reason:
                        "the object's values will decide by `allow read write /A` when … of the user `a` at `users`:2"))
        #expect(auth.check("a", .write, "/A", [("level", "1")]).isAllowed)
        #expect(auth.check("a", .read, "/B").isAllowed)
    }

    @Test func `keeps equal conditions once`() throws {
        let rules = (0..<100).map { number in
            Entry.allow(
                "write", "/A/\(number)", [.when("f", [.matches: "a+"]), .when("g", [.equals: "\(number % 2)"])])
        }
        #expect(try directory(.everybody([:], rules)).conditions.counts == [3, 2])
    }
}

import Rules
import Testing

@testable import Accounts

private func verdict(_ attributes: Entry.Attributes, _ value: String) throws -> FieldCondition.Verdict {
    var work = ConditionWork()
    return try FieldCondition(Entry.condition("f", attributes)).verdict(Array(value.utf8).span, &work)
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
            ([.matches: "\\[a\\]"], "[a]", true), ([.matches: "[a\\]]"], "]", true), ([.matches: "a$"], "a\n", false),
            ([.matches: "é.."], "é\u{80}", true), ([.matches: "x{2,}"], "xxx", true),
            ([.matches: "x{2}"], "xxx", false),
            ([.matches: "a{1,2}|[[]"], "[", true), ([.matches: "(a|ab)(c|bcd)"], "abcd", true),
            ([.matches: "[]^)(]+"], ")(]^", true), ([.matches: "[[:alpha:])]"], ")", true),
        ] as [(Entry.Attributes, String, Bool)])
    func `compares a value`(attributes: Entry.Attributes, value: String, holds: Bool) throws {
        #expect(try verdict(attributes, value) == (holds ? .holds : .fails))
    }

    @Test(arguments: [
        "", "1e3", "0x10", " 1", "1 ", "1,0", "inf", "nan", ".5", "5.", "+-1", "١", String(repeating: "1", count: 65),
    ])
    func `does not take other text for a number`(value: String) throws {
        #expect(try verdict([.minimum: "0"], value) == .unreadable)
    }

    @Test func `does not match a value that is too long`() throws {
        #expect(try verdict([.matches: ".*"], String(repeating: "x", count: 4_096)) == .holds)
        #expect(try verdict([.matches: ".*"], String(repeating: "x", count: 4_097)) == .unreadable)
    }

    /// Each made regcomp(3) or regexec(3) of glibc take minutes, or memory without end.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ".*a.{300}", "((((a?)?){4}){4}){4}", "((a*)*){400}",
            String(repeating: "(", count: 22) + "a"
                + String(repeating: ")+", count: 22), "(a|aa)+", "((a+)+)+.", "(.*){400}a", ".*.*.*.*.*.*ab", "(a*)*b",
        ])
    func `compiles and matches within a bound, whatever the pattern and the value`(pattern: String) throws {
        let condition = try FieldCondition(Entry.condition("f", [.matches: pattern]))
        var values = (0..<20).map { _ in (0..<4_096).map { _ in UInt8.random(in: 97...98) } }
        values.append(Array(repeating: 97, count: 4_096))
        values.append(Array(repeating: 97, count: 4_095) + [98])
        // A match that is not bounded takes minutes or longer for some of these; the fastest of a bounded one, no machine so long.
        let clock = ContinuousClock()
        let fastest = values.map { value in
            var work = ConditionWork()
            return clock.measure { _ = condition.verdict(value.span, &work) }
        }.min()
        #expect(try #require(fastest) < .seconds(60))
    }

    @Test func `a match that would take too many steps holds for a deny and not for an allow`() throws {
        let hostile = Entry.when("f", [.matches: "(a|b|ab)*c"])
        let value = String(repeating: "ab", count: 200) + "dc"
        #expect(try verdict([.matches: "(a|b|ab)*c"], value) == .unreadable)
        let auth = try authority(
            .user("a"),
            .everybody(
                [:],
                [
                    .allow("write", "/D"), .deny("write", "/D", [hostile]), .allow("write", "/A", [hostile]),
                ]))
        defer { auth.close() }
        let doubt = "a value could not be compared, which holds for a deny and fails for an allow"
        #expect(auth.check("a", .write, "/D").isAllowed)
        #expect(auth.check("a", .write, "/D", [("f", value)], reason: true).isDenied(at: "`users`:4; \(doubt)"))
        #expect(
            auth.check("a", .write, "/A", [("f", value)], reason: true)
                == .denied(reason: "no rule matches; \(doubt)"))
        #expect(auth.check("a", .write, "/A", [("f", value)]) == .noMatch, "a reason without a reader")
        #expect(auth.check("a", .write, "/A", [("f", "abc")]).isAllowed)
    }

    @Test func `one check compares values for so many steps, and a thousand of usual length`() throws {
        let condition = try FieldCondition(Entry.condition("f", [.matches: "(a|b|ab)*c"]))
        let hostile = Array((String(repeating: "ab", count: 200) + "dc").utf8)
        var work = ConditionWork()
        for _ in 0..<1_024 { #expect(condition.verdict(hostile.span, &work) == .unreadable) }
        #expect(work.longMatches == 2)
        #expect(work.isSpent)
        let rules: [Entry] = [
            .allow("write", "/D"), .deny("write", "/D", [.when("f", [.matches: "(a|b|ab)*c"])]),
            .allow("write", "/B", [.when("f", [.matches: "[A-Z]+-[0-9]{4}"])]),
        ]
        let auth = try authority(.user("a"), .everybody([:], rules))
        defer { auth.close() }
        let usual = (0..<1_024).map { ("f", "ORDER-\(1_000 + $0)") }
        #expect(auth.check("a", .write, "/B", usual).isAllowed)
        let long = usual.map { ($0.0, $0.1 + String(repeating: "0", count: 1_000)) }
        let why =
            "comparing the values takes more than the 200000 steps of one check: those left out hold for a deny and "
            + "fail for an allow"
        #expect(auth.check("a", .write, "/B", long, reason: true) == .denied(reason: "no rule matches; \(why)"))
        let costly = usual.map { ($0.0, String(decoding: hostile, as: UTF8.self)) }
        #expect(auth.check("a", .write, "/D", costly, reason: true).isDenied(at: "`users`:4; \(why)"))
    }

    @Test(arguments: [("a**", 2), ("ab(c", 3), ("x[a", 1), ("ab\\1", 2), ("a(?=b)", 1)])
    func `says at which byte an expression is refused`(pattern: String, offset: Int) {
        let found = fault(.everybody([:], [.allow("write", "/A", [.when("f", [.matches: pattern])])]))
        #expect(found?.offset == offset)
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
                "the regular expression `a)|(b` is refused: unmatched closing parenthesis"
            ),
            ([.matches: "(a"], .matches, "the regular expression `(a` is refused: missing closing parenthesis"),
            ([.matches: "[a"], .matches, "the regular expression `[a` is refused: `[` without `]`"),
            ([.matches: "a\\"], .matches, "the regular expression `a\\` is refused: `\\` at the end"),
            (
                [.matches: "\\w"], .matches,
                "the regular expression `\\w` is refused: `\\w` is no escape of a POSIX extended regular expression"
            ),
            (
                [.matches: "[\\d]"], .matches,
                "the regular expression `[\\d]` is refused: `\\d` is no escape of a POSIX extended regular expression"
            ),
            ([.matches: ""], .matches, "the regular expression `` is refused: 0 bytes, 1 to 256 are accepted"),
            (
                [.matches: "((a{100}){100}){100}"], .matches,
                "the regular expression `((a{100}){100}){100}` is refused: regular expression is too large"
            ),
            (
                [.matches: "((a?b?){30}){30}"], .matches,
                "the regular expression `((a?b?){30}){30}` is refused: its repetitions make it longer than 8192"
                    + " bytes, as PCRE2 counts them"
            ),
            (
                [.matches: "a{3,1}"], .matches,
                "the regular expression `a{3,1}` is refused: numbers out of order in {} quantifier"
            ),
            (
                [.matches: "a{,3}"], .matches,
                "the regular expression `a{,3}` is refused: `{` without counts such as `{2}`, `{2,}` and `{2,5}`, as"
                    + " itself it is written `\\{`"
            ),
            (
                [.matches: "a*+"], .matches,
                "the regular expression `a*+` is refused: a repetition of a repetition needs `(` and `)`"
            ),
            (
                [.matches: "(?R)"], .matches,
                "the regular expression `(?R)` is refused: `(?` is not of a POSIX extended regular expression"
            ),
            (
                [.matches: "(*LIMIT_MATCH=9)a"], .matches,
                "the regular expression `(*LIMIT_MATCH=9)a` is refused: `(*` is not of a POSIX extended regular expression"
            ),
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
            auth.check("a", .read, "/A", [("level", "1")], reason: true)
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
        #expect(try snapshot(.everybody([:], rules)).conditions.counts == [3, 2])
    }
}

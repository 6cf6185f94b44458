import Testing

@testable import Rules

/// Rules for alice with conditions, what is known about these, and the answer.
struct ConditionRow: Sendable, CustomTestStringConvertible {
    let why: String
    let rules: [String]
    let truths: [ConditionTruth]
    let expected: Decision

    init(
        _ why: String, _ rules: [String], _ truths: [ConditionTruth], _ allowed: Bool, by rule: Int?,
        undetermined: Bool = false
    ) {
        self.why = why
        self.rules = rules
        self.truths = truths
        expected = Decision(allowed: allowed, rule: rule, isUndetermined: undetermined)
    }

    var testDescription: String { why }
}

@Suite struct ConditionTests {
    static let table: [ConditionRow] = [
        .init("holds", ["allow read /A to everybody if 0"], [.holds], true, by: 0),
        .init("fails", ["allow read /A to everybody if 0"], [.fails], false, by: nil),
        .init("is unknown", ["allow read /A to everybody if 0"], [.unknown], false, by: 0, undetermined: true),
        .init("an unknown deny changes nothing alone", ["deny read /A to everybody if 0"], [.unknown], false, by: nil),
        .init(
            "an unknown allow below a deny", ["deny read /A to everybody", "allow read /A to everybody if 0"],
            [.unknown], false, by: 0),
        .init(
            "an unknown deny above an allow", ["allow read /A to everybody", "deny read /A to everybody if 0"],
            [.unknown], false, by: 1, undetermined: true),
        .init(
            "an unknown deny that is less specific", ["allow read /A to everybody", "deny read /** to everybody if 0"],
            [.unknown], true, by: 0),
        .init(
            "an unknown allow above an allow", ["allow read /* to everybody", "allow read /A to everybody if 0"],
            [.unknown], true, by: 0),
        .init(
            "the allow always comes with a heavier deny",
            ["allow read /* to everybody if 0", "deny read /A to everybody if 0"], [.unknown], false, by: nil),
        .init(
            "the deny may come without the allow above it",
            ["allow read /** to everybody", "deny read /* to everybody if 0", "allow read /A to everybody if 1"],
            [.unknown, .unknown], false, by: 1, undetermined: true),
        .init(
            "a failing deny opens the allow behind it",
            ["allow read /* to everybody", "deny read /A to everybody if 0"],
            [.fails], true, by: 0),
        .init(
            "a later rule without a condition stands in",
            ["allow read /A to everybody if 0", "allow read /A to everybody"], [.fails], true, by: 1),
        .init(
            "the earlier of equals is named", ["allow read /A to everybody if 0", "allow read /A to everybody"],
            [.holds], true, by: 0),
        .init(
            "many conditions for one pattern",
            (0..<20).map { "allow read /A to everybody if \($0)" } + ["deny read /A to everybody if 20"],
            Array(repeating: .fails, count: 19) + [.holds, .fails], true, by: 19),
        .init("another action's condition is not regarded", ["allow write /A to everybody if 0"], [], false, by: nil),
    ]

    @Test(arguments: table)
    func `decides with conditions`(row: ConditionRow) throws {
        let set = try RuleSet.make(users: [("alice", [])], row.rules.map { TextRule($0) })
        #expect(set.ask("alice", .read, "/A") { row.truths[Int($0.rawValue)] } == row.expected)
        if row.truths.allSatisfy({ $0 == .unknown }) { #expect(set.ask("alice", .read, "/A") == row.expected) }
    }

    @Test func `explains what conditions did`() throws {
        let set = try RuleSet.make(
            users: [("alice", [])],
            [
                "allow read /* to everybody if 0", "allow read /A to everybody if 1", "allow read /A to everybody if 2",
                "deny read /A to everybody if 0", "allow read /A to everybody", "allow read /** to everybody if 1",
            ].map { TextRule($0) })
        let truths: [ConditionTruth] = [.fails, .unknown, .holds]
        let principal = try #require(set.known("alice"))
        let name = Array("/A".utf8)
        let found = set.explain(principal, .read, name.span) { truths[Int($0.rawValue)] }
        #expect(found.decision == Decision(allowed: true, rule: 2))
        #expect(found.lost.map(\.rule.index) == [0, 1, 3, 4, 5])
        #expect(found.lost.map(\.why) == [.lessSpecific, .conditionUnknown, .conditionFails, .later, .lessSpecific])
    }

    @Test func `describes a rule with its condition and source`() throws {
        var builder = RuleSetBuilder()
        let pattern = Array("/A/%u".utf8)
        try builder.add(
            .deny, .write, pattern.span, to: .everybody, when: ConditionID(rawValue: 7), source: 255, line: 3)
        try builder.add(.allow, .read, pattern.span, to: .everybody)
        let set = try builder.build()
        #expect(
            set.rule(0)
                == Rule(
                    index: 0, effect: .deny, actions: .write, pattern: pattern, subject: .everybody,
                    condition: ConditionID(rawValue: 7), source: 255, line: 3))
        #expect(set.rule(1).condition == nil)
        #expect(set.rule(1).source == 0)
    }
}

@Suite struct RoleTests {
    @Test func `gives what a role has to the members of groups that have it`() throws {
        let set = try RuleSet.make(
            users: [("alice", ["desk"]), ("bob", ["@reader"]), ("eve", ["reader"])],
            nested: [("desk", "@trader"), ("@trader", "@reader")],
            [TextRule("allow read /A to group @reader"), TextRule("allow read /T to group @trader")])
        #expect(set.ask("alice", .read, "/A")?.allowed == true)
        #expect(set.ask("alice", .read, "/T")?.allowed == true)
        #expect(set.ask("bob", .read, "/A")?.allowed == true)
        #expect(set.ask("bob", .read, "/T")?.allowed == false)
        // A group of the role's name is another thing.
        #expect(set.ask("eve", .read, "/A")?.allowed == false)
    }

    @Test func `does not take a role for a group in a pattern`() throws {
        let set = try RuleSet.make(
            users: [("alice", ["desk", "@trader"])], [TextRule("allow read /G/%g to everybody")])
        #expect(set.ask("alice", .read, "/G/desk")?.allowed == true)
        #expect(set.ask("alice", .read, "/G/trader")?.allowed == false)
    }

    @Test func `lists groups and roles apart`() throws {
        let set = try RuleSet.make(users: [("alice", ["@r", "g", "@s"])], nested: [("g", "h")], [])
        let principal = try #require(set.known("alice"))
        #expect(set.groups(of: principal).map { set.name(of: $0) } == [Array("g".utf8), Array("h".utf8)])
        #expect(set.roles(of: principal).map { set.name(of: $0) } == [Array("r".utf8), Array("s".utf8)])
        #expect(set.roles(of: principal).allSatisfy { set.isRole($0) })
    }
}

import Testing

@testable import Rules

/// The table of the manual page: rules, a question of alice (groups desk and traders), and the answer.
struct SemanticsRow: Sendable, CustomTestStringConvertible {
    let why: String
    let rules: [String]
    let action: ObjectAction
    let name: String
    let allowed: Bool
    /// 1-based position of the deciding rule; 0 for none.
    let line: Int

    init(_ why: String, _ rules: [String], _ action: ObjectAction, _ name: String, _ allowed: Bool, by line: Int) {
        self.why = why
        self.rules = rules
        self.action = action
        self.name = name
        self.allowed = allowed
        self.line = line
    }

    var testDescription: String { why }
}

@Suite struct RuleSetTests {
    static let table: [SemanticsRow] = [
        .init("no rule at all", [], .read, "/A", false, by: 0),
        .init("a rule that does not match", ["allow read /B to everybody"], .read, "/A", false, by: 0),
        .init("a rule for another action", ["allow read /A to everybody"], .write, "/A", false, by: 0),
        .init("create is not write", ["allow write /A to everybody"], .create, "/A", false, by: 0),
        .init("another user's rule", ["allow read /A to user bob"], .read, "/A", false, by: 0),
        .init("another group's rule", ["allow read /A to group staff"], .read, "/A", false, by: 0),
        .init("own rule", ["allow read write /A to user alice"], .write, "/A", true, by: 1),
        .init("group's rule", ["allow read /A to group desk"], .read, "/A", true, by: 1),
        .init("everybody's rule", ["allow read /A to everybody"], .read, "/A", true, by: 1),
        .init("the root", ["allow read / to everybody"], .read, "/", true, by: 1),
        .init("the root is not below itself", ["allow read /* to everybody"], .read, "/", false, by: 0),
        .init("`**` alone matches the root", ["allow read /** to everybody"], .read, "/", true, by: 1),
        .init("`*` is one segment", ["allow read /A/* to everybody"], .read, "/A/B/C", false, by: 0),
        .init("`*` is not none", ["allow read /A/* to everybody"], .read, "/A", false, by: 0),
        .init("`**` is none", ["allow read /A/** to everybody"], .read, "/A", true, by: 1),
        .init("`**` is many", ["allow read /A/** to everybody"], .read, "/A/B/C/D", true, by: 1),
        .init("`**` inside", ["allow read /A/**/Z to everybody"], .read, "/A/B/C/Z", true, by: 1),
        .init("`**` inside is none", ["allow read /A/**/Z to everybody"], .read, "/A/Z", true, by: 1),
        .init("`**` backs off", ["allow read /**/B/C to everybody"], .read, "/B/B/B/C", true, by: 1),
        .init("`**/*` is at least one", ["allow read /A/**/* to everybody"], .read, "/A", false, by: 0),
        .init("prefixes do not match", ["allow read /AB to everybody"], .read, "/A", false, by: 0),
        .init("case matters", ["allow read /a to everybody"], .read, "/A", false, by: 0),
        .init("`%u` is the user", ["allow read /U/%u to everybody"], .read, "/U/alice", true, by: 1),
        .init("`%u` is no other user", ["allow read /U/%u to everybody"], .read, "/U/bob", false, by: 0),
        .init("`%u` inside a segment", ["allow read /U/x-%u.z to everybody"], .read, "/U/x-alice.z", true, by: 1),
        .init("`%g` is each group", ["allow read /G/%g to everybody"], .read, "/G/traders", true, by: 1),
        .init("`%g` is no other group", ["allow read /G/%g to everybody"], .read, "/G/staff", false, by: 0),
        .init("`%g` is one group", ["allow read /%g/%g to everybody"], .read, "/desk/traders", false, by: 0),
        .init("`%g` twice", ["allow read /%g/x-%g to everybody"], .read, "/desk/x-desk", true, by: 1),
        .init("`%%`", ["allow read /100%% to everybody"], .read, "/100%", true, by: 1),
        .init("a star in a name is text", ["allow read /A/B to everybody"], .read, "/A/*", false, by: 0),
        .init(
            "deny beats allow", ["allow read /A to everybody", "deny read /A to everybody"], .read, "/A", false, by: 2),
        .init(
            "order makes no difference", ["deny read /A to everybody", "allow read /A to everybody"], .read, "/A",
            false, by: 1),
        .init(
            "the subject makes no difference", ["allow read /A to user alice", "deny read /A to everybody"], .read,
            "/A", false, by: 2),
        .init(
            "deny of another action", ["allow read write /A to everybody", "deny write /A to everybody"], .read, "/A",
            true, by: 1),
        .init(
            "fixed beats `*`", ["deny read /A/* to everybody", "allow read /A/B to everybody"], .read, "/A/B", true,
            by: 2),
        .init(
            "`*` beats `**`", ["deny read /A/** to everybody", "allow read /A/* to everybody"], .read, "/A/B", true,
            by: 2),
        .init(
            "the end beats `**`", ["deny read /A/** to everybody", "allow read /A to everybody"], .read, "/A", true,
            by: 2),
        .init(
            "longer fixed part beats `**`", ["deny read /A/** to everybody", "allow read /A/B/** to everybody"], .read,
            "/A/B/C", true, by: 2),
        .init(
            "the first difference decides", ["deny read /*/B to everybody", "allow read /A/* to everybody"], .read,
            "/A/B", true, by: 2),
        .init(
            "`%u` is as specific as text", ["allow read /U/alice to everybody", "deny read /U/%u to everybody"], .read,
            "/U/alice", false, by: 2),
        .init(
            "the first of equals is named", ["allow read /A to group desk", "allow read /A to everybody"], .read, "/A",
            true, by: 1),
        .init("a doubled slash matches nothing", ["allow read /** to everybody"], .read, "/A//B", false, by: 0),
        .init("a trailing slash matches nothing", ["allow read /A/** to everybody"], .read, "/A/B/", false, by: 0),
        .init("a doubled slash further on", ["allow read /A/** to everybody"], .read, "/A/B/C//D", false, by: 0),
        .init("a relative name matches nothing", ["allow read /** to everybody"], .read, "A", false, by: 0),
        .init("the empty name matches nothing", ["allow read /** to everybody"], .read, "", false, by: 0),
    ]

    @Test(arguments: table)
    func `decides as the manual's table says`(row: SemanticsRow) throws {
        let set = try RuleSet.make(
            users: [("alice", ["desk", "traders"]), ("bob", ["staff"])], row.rules.map { TextRule($0) })
        let found = set.ask("alice", row.action, row.name)
        #expect(found?.allowed == row.allowed)
        #expect(found?.rule.map { set.line(ofRule: $0) } ?? 0 == row.line)
    }

    @Test func `does not know a user that was never added`() throws {
        let set = try RuleSet.make(users: [("alice", [])], [TextRule("allow read /** to everybody")])
        #expect(set.ask("mallory", .read, "/A") == nil)
        #expect(set.ask("alice", .read, "/A")?.allowed == true)
    }

    @Test func `gives members of a nested group what the outer group has`() throws {
        let set = try RuleSet.make(
            users: [("alice", ["inner"]), ("bob", ["outer"])], nested: [("inner", "outer"), ("outer", "inner")],
            [TextRule("allow read /O to group outer"), TextRule("allow read /G/%g to everybody")])
        #expect(set.ask("alice", .read, "/O")?.allowed == true)
        #expect(set.ask("alice", .read, "/G/outer")?.allowed == true)
        #expect(set.ask("bob", .read, "/G/inner")?.allowed == true)
    }

    @Test func `keeps many rules of one subject and pattern apart by action`() throws {
        var rules = (0..<50).map { _ in TextRule("allow read /A to everybody") }
        rules += [TextRule("allow write /A to everybody"), TextRule("deny read create /A to everybody")]
        let set = try RuleSet.make(users: [("alice", [])], rules)
        #expect(set.ask("alice", .read, "/A") == Decision(allowed: false, rule: 51))
        #expect(set.ask("alice", .write, "/A") == Decision(allowed: true, rule: 50))
        #expect(set.ask("alice", .create, "/A") == Decision(allowed: false, rule: 51))
    }

    @Test func `finds each of a thousand patterns of one user`() throws {
        let rules = (0..<1_000).map {
            TextRule("\($0 % 2 == 0 ? "allow" : "deny") read /A/\($0)/long-segment-\($0) to user u")
        }
        let set = try RuleSet.make(users: [("u", [])], rules)
        for index in 0..<1_000 {
            let found = set.ask("u", .read, "/A/\(index)/long-segment-\(index)")
            #expect(found == Decision(allowed: index % 2 == 0, rule: index))
        }
    }

    @Test(arguments: [1, 2, 8, 9, 40])
    func `finds the rule of each of many subjects of one pattern`(count: Int) throws {
        let users = (0..<count).map { ("u\($0)", ["g\($0)"]) }
        let rules = (0..<count).flatMap { number in
            let effect = number % 2 == 0 ? "allow" : "deny"
            return [
                "\(effect) read /A to user u\(number)", "\(effect) write /A to group g\(number)",
                "\(effect) create /A/\(number % 3) to group g\(number)",
            ]
        }
        let set = try RuleSet.make(users: users + [("nobody", [])], rules.map { TextRule($0) })
        for number in 0..<count {
            let allowed = number % 2 == 0
            #expect(set.ask("u\(number)", .read, "/A") == Decision(allowed: allowed, rule: number * 3))
            #expect(set.ask("u\(number)", .write, "/A") == Decision(allowed: allowed, rule: number * 3 + 1))
            let created = set.ask("u\(number)", .create, "/A/\(number % 3)")
            #expect(created == Decision(allowed: allowed, rule: number * 3 + 2))
        }
        #expect(set.ask("nobody", .read, "/A") == .noMatch)
        #expect(set.ask("nobody", .create, "/A/0") == .noMatch)
    }

    @Test func `walks a hostile name through many deep wildcards without blowing up`() throws {
        var rules = [TextRule("allow read /**/a/**/a/**/a/**/a/**/z to everybody")]
        rules += (0..<100).map { TextRule("deny read /**/s\($0)/**/z to everybody") }
        let set = try RuleSet.make(users: [("u", [])], rules)
        let name = "/" + Array(repeating: "a", count: 700).joined(separator: "/")
        #expect(set.ask("u", .read, name) == .noMatch)
        #expect(set.ask("u", .read, name + "/z") == Decision(allowed: true, rule: 0))
        let wide = "/" + (0..<100).map { "s\($0)" }.joined(separator: "/") + "/z"
        #expect(set.ask("u", .read, wide)?.allowed == false)
    }

    @Test func `refuses names above 4095 bytes`() throws {
        let set = try RuleSet.make(users: [("u", [])], [TextRule("allow read /** to everybody")])
        #expect(set.ask("u", .read, "/" + String(repeating: "a", count: 4_094))?.allowed == true)
        #expect(set.ask("u", .read, "/" + String(repeating: "a", count: 4_095)) == .noMatch)
    }

    @Test func `explains which rules lost and why`() throws {
        let set = try RuleSet.make(
            users: [("alice", ["desk"])],
            [
                "allow read /** to everybody", "allow read /A/* to group desk", "deny read /A/* to everybody",
                "deny read write /A/* to user alice", "allow write /A/B to user alice", "deny read /Z to everybody",
            ].map { TextRule($0) })
        let user = Array("alice".utf8)
        let known = set.principal(user: user.span)
        let principal = try #require(known)
        let object = Array("/A/B".utf8)
        let found = set.explain(principal, .read, object.span)
        #expect(found.decision == Decision(allowed: false, rule: 2))
        #expect(found.lost.map(\.rule.line) == [1, 2, 4, 5])
        #expect(found.lost.map(\.why) == [.lessSpecific, .denied, .later, .otherAction])
    }
}

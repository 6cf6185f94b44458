import Testing

@testable import Rules

@Suite struct UnreachableTests {
    @Test(arguments: [
        (["allow read /A to everybody", "allow read /A to everybody"], [[1, 0]]),
        (["allow read /A to everybody", "deny read /A to everybody"], [[0, 1]]),
        (["allow read write /A to everybody", "deny read /A to everybody"], []),
        (["allow read /A to everybody", "deny read create /A to everybody"], [[0, 1]]),
        (["allow read /A to user alice", "deny read /A to everybody"], [[0, 1]]),
        (["allow read /A to everybody", "deny read /A to user alice"], []),
        (["allow read /A to user alice", "deny read /A to group outer"], [[0, 1]]),
        (["allow read /A to group inner", "deny read /A to group outer"], [[0, 1]]),
        (["allow read /A to group outer", "deny read /A to group inner"], []),
        (["allow read /A to user alice", "deny read /A to group @role"], [[0, 1]]),
        (["allow read /A to user bob", "deny read /A to group outer"], []),
        (["allow read /A to everybody", "deny read /A to everybody if 0"], []),
        (["allow read /A to everybody if 0", "allow read /A to everybody"], []),
        (["allow read /A to everybody", "allow read /A to everybody if 0"], [[1, 0]]),
        (["allow read /A/**/* to everybody", "allow read /A/*/** to everybody"], [[0, 1]]),
        (["allow read /A/**/*/**/B to everybody", "deny read /A/*/**/B to everybody"], [[0, 1]]),
        (["allow read /A/** to everybody", "deny read /A/* to everybody"], []),
        (["allow read /A/%u to everybody", "deny read /A/* to everybody"], []),
        (["deny read /A/* to everybody", "allow read /A/%u to everybody"], []),
        (
            [
                "allow read /A to everybody", "allow read write /A to user alice", "deny read write /A to everybody",
                "deny read /A to everybody",
            ], [[0, 2], [1, 2], [3, 2]]
        ),
    ])
    func `finds rules that another always beats`(rules: [String], expected: [[Int]]) throws {
        let set = try RuleSet.make(
            users: [("alice", ["inner"]), ("bob", [])], nested: [("inner", "outer"), ("outer", "@role")],
            rules.map { TextRule($0) })
        #expect(set.unreachableRules().map { [$0.rule, $0.because] } == expected)
    }

    @Test(arguments: [UInt64.random(in: 0...UInt64.max), 1])
    func `never lists a rule that decides`(seed: UInt64) throws {
        print("seed \(seed)")
        var random = SplitMix(state: seed)
        var listed = 0
        var decisive = 0
        for _ in 0..<200 {
            let naive = RandomRulesTests.makeRules(&random, conditions: Bool.random(using: &random), segments: 2)
            let nested = naive.parents.flatMap { inner, outers in outers.map { (inner, $0) } }
            let set = try RuleSet.make(users: naive.users.map { ($0, $1) }, nested: nested, naive.rules)
            let unreachable = Set(set.unreachableRules().map(\.rule))
            listed += unreachable.count
            for _ in 0..<200 {
                let user = RandomRulesTests.users.randomElement(using: &random) ?? ""
                let name = RandomRulesTests.makeName(&random, segments: 2)
                let action = ObjectAction.allCases.randomElement(using: &random) ?? .read
                let truths = RandomRulesTests.makeTruths(&random)
                guard let rule = set.ask(user, action, name, { truths[Int($0.rawValue)] })?.rule else { continue }
                decisive += 1
                try #require(!unreachable.contains(rule), "seed \(seed): \(user) \(action) \(name) in \(naive.rules)")
            }
        }
        #expect(listed > 100)
        #expect(decisive > 10_000)
    }

    @Test func `looks through 100,000 rules of one pattern`() throws {
        let groups = (0..<50_000).map { "g\($0)" }
        let rules = groups.flatMap { group in
            ["allow read /FX/** to group \(group)", "deny read /FX/\(group) to group \(group)"]
        }
        let set = try RuleSet.make(
            users: [("u", groups)], (rules + ["deny read /FX/** to everybody"]).map { TextRule($0) })
        let found = set.unreachableRules()
        #expect(found.count == 50_000)
        #expect(found.allSatisfy { $0.because == 100_000 && $0.rule % 2 == 0 })
    }
}

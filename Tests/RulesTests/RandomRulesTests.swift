import Testing

@testable import Rules

/// Compares the compiled rules with the naive ones on random rules, users and names.
@Suite struct RandomRulesTests {
    static let segments = [
        "a", "b", "c", "u1", "u2", "g1", "x-u1", "g1.g1", "@r1", "r1", "a-long-segment-name", "%", "*",
    ]
    static let patternSegments = [
        "a", "b", "c", "a", "b", "*", "*", "**", "%u", "x-%u", "%g", "%g.%g", "u1", "g1", "a-long-segment-name", "%%",
    ]
    /// A name with @ is a role's.
    static let groups = ["g1", "g2", "g3", "g4", "@r1", "@g1"]
    static let users = ["u1", "u2", "u3", "*"]

    @Test(arguments: [UInt64.random(in: 0...UInt64.max), 1, 2, 3])
    func `decides like the naive implementation on 25,000 random triples`(seed: UInt64) throws {
        print("seed \(seed)")
        var random = SplitMix(state: seed)
        var allowed = 0
        var undetermined = 0
        for _ in 0..<250 {
            let naive = Self.makeRules(&random, conditions: Bool.random(using: &random))
            let nested = naive.parents.flatMap { inner, outers in outers.map { (inner, $0) } }
            let compiled = try RuleSet.make(users: naive.users.map { ($0, $1) }, nested: nested, naive.rules)
            for _ in 0..<100 {
                let user = Self.users.randomElement(using: &random) ?? ""
                let name = Self.makeName(&random)
                let action = ObjectAction.allCases.randomElement(using: &random) ?? .read
                let truths = Self.makeTruths(&random)
                let expected = naive.decide(user, action, name, truths)
                let found = compiled.ask(user, action, name) { truths[Int($0.rawValue)] }
                let hint = "seed \(seed): \(user) \(action) \(name) in \(naive.rules) nested \(naive.parents) \(truths)"
                try #require(found == expected, "\(hint)")
                allowed += expected.allowed ? 1 : 0
                undetermined += expected.isUndetermined ? 1 : 0
            }
        }
        // The comparison means something only when all answers occur often, whatever the seed: about 2 % are undetermined.
        #expect((2_500...22_500).contains(allowed))
        #expect(undetermined > 50)
    }

    static func makeName(_ random: inout SplitMix, segments most: Int = 5) -> String {
        let count = Int.random(in: 0...most, using: &random)
        return "/" + (0..<count).map { _ in Self.segments.randomElement(using: &random) ?? "" }.joined(separator: "/")
    }

    static func makeTruths(_ random: inout SplitMix) -> [ConditionTruth] {
        let truths: [ConditionTruth] = [.holds, .fails, .unknown]
        return (0..<4).map { _ in truths.randomElement(using: &random) ?? .unknown }
    }

    static func makeRules(_ random: inout SplitMix, conditions: Bool, segments most: Int = 4) -> NaiveRules {
        var users: [String: [String]] = [:]
        for user in Self.users { users[user] = Self.groups.filter { _ in Bool.random(using: &random) } }
        var parents: [String: [String]] = [:]
        for group in Self.groups where Int.random(in: 0...3, using: &random) == 0 {
            parents[group] = [Self.groups.randomElement(using: &random) ?? "g1"]
        }
        let rules = (0..<Int.random(in: 1...40, using: &random)).map { _ in
            let count = Int.random(in: 0...most, using: &random)
            let path = (0..<count).map { _ in Self.patternSegments.randomElement(using: &random) ?? "" }
            let subject: TextRule.TextSubject =
                switch Int.random(in: 0...2, using: &random) {
                case 0: .everybody
                case 1: .group(Self.groups.randomElement(using: &random) ?? "")
                default: .user(Self.users.randomElement(using: &random) ?? "")
                }
            return TextRule(
                effect: Int.random(in: 0...2, using: &random) == 0 ? .deny : .allow,
                actions: ObjectActions(rawValue: UInt8.random(in: 1...7, using: &random)),
                pattern: "/" + path.joined(separator: "/"), subject: subject,
                condition: conditions && Bool.random(using: &random) ? Int.random(in: 0...3, using: &random) : nil)
        }
        return NaiveRules(users: users, parents: parents, rules: rules)
    }
}

/// SplitMix64: small, seedable, good enough for tests.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

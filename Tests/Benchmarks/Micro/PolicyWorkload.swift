import Glibc

/// 10,000 users in 100 groups with one group each, rules of the groups, and questions about them, half of them denied.
///
/// Of every ten rules seven name a provider and a field for every instrument, one a provider alone, and two a single object.
/// Providers, instruments and fields grow with the rules, so that more rules are about more names. The same for equal sizes.
struct PolicyWorkload {
    struct Rule: Hashable {
        let group: Int
        let writes: Bool
        let pattern: String
    }

    struct Question {
        let user: Int
        let writes: Bool
        let object: String
        let allowed: Bool
    }

    static let users = 10_000
    static let groups = 100
    static let questionCount = 20_000

    let rules: [Rule]
    let questions: [Question]

    init(rules count: Int) {
        var random = FixedRandom()
        let names = Names(rules: count)
        let rules = (0..<count).map { names.rule($0, &random) }
        self.rules = rules
        let known = Set(rules)
        let byGroup = Dictionary(grouping: rules, by: \.group)
        var questions: [Question] = []
        while questions.count < Self.questionCount {
            let user = Int.random(in: 0..<Self.users, using: &random)
            let own = byGroup[user % Self.groups]?.randomElement(using: &random)
            let wanted = questions.count % 2 == 0
            let asked = names.object(like: own, matching: wanted, &random)
            let question = Question(
                user: user, writes: asked.writes, object: asked.object,
                allowed: Self.allows(known, user % Self.groups, asked.writes, asked.object))
            if question.allowed == wanted { questions.append(question) }
        }
        self.questions = questions
    }

    /// The right answer, by trying each pattern that could match.
    private static func allows(_ rules: Set<Rule>, _ group: Int, _ writes: Bool, _ object: String) -> Bool {
        let parts = object.split(separator: "/")
        for name in [parts[1], "*"] {
            for field in [parts[2], "*"] {
                let rule = Rule(group: group, writes: writes, pattern: "/\(parts[0])/\(name)/\(field)")
                if rules.contains(rule) { return true }
            }
        }
        return false
    }

    /// Writes the same users, groups and rules as a file of xmlauth.
    func writeUsersFile(_ path: String) throws {
        var text = "<authhost-users version=\"1\">\n"
        for (group, rules) in Dictionary(grouping: rules, by: \.group).sorted(by: { $0.key < $1.key }) {
            text += "  <group name=\"g\(group)\">\n"
            for rule in rules {
                text += "    <allow actions=\"\(rule.writes ? "write" : "read")\" object=\"\(rule.pattern)\"/>\n"
            }
            text += "  </group>\n"
        }
        for user in 0..<Self.users { text += "  <user name=\"u\(user)\" groups=\"g\(user % Self.groups)\"/>\n" }
        text += "</authhost-users>\n"
        guard let file = fopen(path, "w") else { throw BenchmarkError("cannot write `\(path)`") }
        fputs(text, file)
        guard fclose(file) == 0, chmod(path, 0o644) == 0 else { throw BenchmarkError("cannot write `\(path)`") }
    }
}

/// The names that rules and questions are made of.
private struct Names {
    let providers: Int
    let instruments: Int
    let fields: Int

    init(rules: Int) {
        let scale = max(1, Int((Double(rules) / 1000).squareRoot().rounded()))
        (providers, instruments, fields) = (10 * scale, 500 * scale, 10 * scale)
    }

    private func provider(_ random: inout FixedRandom) -> String {
        "PROV\(Int.random(in: 0..<providers, using: &random))"
    }
    private func instrument(_ random: inout FixedRandom) -> String {
        "I\(Int.random(in: 0..<instruments, using: &random))"
    }
    private func field(_ random: inout FixedRandom) -> String { "FIELD\(Int.random(in: 0..<fields, using: &random))" }

    func rule(_ number: Int, _ random: inout FixedRandom) -> PolicyWorkload.Rule {
        let kind = number / PolicyWorkload.groups % 10
        // One in ten is about a whole provider, of which there are few: above so many rules they would allow everything.
        let wide = kind == 7 && number < 10_000
        let name = kind < 7 || wide ? "*" : instrument(&random)
        let pattern = "/\(provider(&random))/\(name)/\(wide ? "*" : field(&random))"
        let writes = Int.random(in: 0..<10, using: &random) < 4
        return PolicyWorkload.Rule(group: number % PolicyWorkload.groups, writes: writes, pattern: pattern)
    }

    /// An object that the rule allows, or one of the same provider, or any.
    func object(
        like rule: PolicyWorkload.Rule?, matching: Bool, _ random: inout FixedRandom
    ) -> (writes: Bool, object: String) {
        let parts = rule.map { $0.pattern.split(separator: "/").map(String.init) } ?? ["*", "*", "*"]
        let near = matching || Bool.random(using: &random)
        let name = matching && parts[1] != "*" ? parts[1] : instrument(&random)
        let last = matching && parts[2] != "*" ? parts[2] : field(&random)
        let writes = matching ? rule?.writes ?? false : Bool.random(using: &random)
        return (writes, "/\(near && rule != nil ? parts[0] : provider(&random))/\(name)/\(last)")
    }
}

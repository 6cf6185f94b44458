import Accounts
import Rules

/// Where two users files answer differently.
package struct UsersDifference {
    /// A question that the files answer differently; it stands for its region, in which the same rules decide.
    package struct Question {
        /// The user who asks.
        package let user: String
        /// How many users more it stands for.
        package let others: Int
        package let action: ObjectAction
        package let object: String
        /// What the files answer, and by which rule; nil where none matches.
        package let first, second: (allowed: Bool, rule: String?)
        /// Whether the answer is the same but under other conditions.
        package let isConditional: Bool
    }

    /// Users of one file alone.
    package let onlyFirst, onlySecond: [String]
    package let questions: [Question]

    package var isEmpty: Bool { onlyFirst.isEmpty && onlySecond.isEmpty && questions.isEmpty }

    /// Reads two files and compares them. Blocks for as long as reading takes.
    ///
    /// Users that have the same rules are compared once. Conditions are compared as they are written: rules that decide
    /// with other conditions than before are a difference.
    /// - Throws: ``UsersFileError`` for a file that cannot be used.
    package init(_ first: String, _ second: String) throws(UsersFileError) {
        let first = ComparedUsers(try UsersFile.read(first))
        let second = ComparedUsers(try UsersFile.read(second))
        onlyFirst = first.names.filter { second.principal($0) == nil }
        onlySecond = second.names.filter { first.principal($0) == nil }
        var classes: [String: [String]] = [:]
        var order: [String] = []
        for name in first.names {
            guard let one = first.terms(of: name), let other = second.terms(of: name), one != other else { continue }
            let key = one + "\u{1}" + other
            if classes[key] == nil { order.append(key) }
            classes[key, default: []].append(name)
        }
        questions = order.flatMap { key in Self.compare(first, second, classes[key] ?? []) }
    }

    private static func compare(_ first: ComparedUsers, _ second: ComparedUsers, _ users: [String]) -> [Question] {
        guard let user = users.first else { return [] }
        let patterns = Array(Set(first.patterns(of: user) + second.patterns(of: user))).sorted()
            .compactMap { try? ObjectPattern(Array($0.utf8)) }
        let groups = Array(Set(first.groups(of: user) + second.groups(of: user)))
        var names: Set<[UInt8]> = []
        for (index, pattern) in patterns.enumerated() {
            for other in patterns[index...] {
                names.formUnion(ObjectPattern.witnesses(pattern, other, user: Array(user.utf8), groups: groups))
            }
        }
        var seen: Set<String> = []
        var found: [Question] = []
        for name in names.sorted(by: { ($0.count, $0.description) < ($1.count, $1.description) }) {
            for action in ObjectAction.allCases {
                for truth in [ConditionTruth.holds, .fails] {
                    let (one, other) = (
                        first.decide(user, action, name, truth), second.decide(user, action, name, truth)
                    )
                    let isConditional = one.allowed == other.allowed
                    if isConditional, one.condition == other.condition { continue }
                    // One question for each pair of rules that decide.
                    guard seen.insert("\(action) \(one.rule ?? "-") \(other.rule ?? "-")").inserted else { continue }
                    found.append(
                        Question(
                            user: user, others: users.count - 1, action: action,
                            object: String(decoding: name, as: UTF8.self), first: (one.allowed, one.rule),
                            second: (other.allowed, other.rule), isConditional: isConditional))
                }
            }
        }
        return found
    }
}

/// The users of one file, with what holds for each.
struct ComparedUsers {
    private let snapshot: AccountSnapshot
    private let rulesOfSubject: [RuleSubject: [Int]]

    init(_ snapshot: AccountSnapshot) {
        self.snapshot = snapshot
        rulesOfSubject = Dictionary(grouping: 0..<snapshot.rules.ruleCount) { snapshot.rules.rule($0).subject }
    }

    var names: [String] {
        (0..<snapshot.rules.userCount).map {
            String(decoding: snapshot.rules.name(of: UserID(position: $0)), as: UTF8.self)
        }
    }

    func principal(_ name: String) -> Principal? { snapshot.rules.principal(user: Array(name.utf8).span) }

    /// What all rules of a user say, and the groups that `%g` may stand for.
    func terms(of user: String) -> String? {
        guard principal(user) != nil else { return nil }
        let groups = groups(of: user).map { String(decoding: $0, as: UTF8.self) }
        return (rules(of: user).map(snapshot.terms(ofRule:)).sorted() + groups.sorted()).joined(separator: "\u{0}")
    }

    func patterns(of user: String) -> [String] {
        rules(of: user).map { String(decoding: snapshot.rules.rule($0).pattern, as: UTF8.self) }
    }

    func groups(of user: String) -> [[UInt8]] {
        principal(user).map { snapshot.rules.groups(of: $0).map(snapshot.rules.name(of:)) } ?? []
    }

    func decide(
        _ user: String, _ action: ObjectAction, _ name: [UInt8], _ truth: ConditionTruth
    ) -> (allowed: Bool, rule: String?, condition: String?) {
        guard let principal = principal(user) else { return (false, nil, nil) }
        let decision = snapshot.rules.decide(principal, action, name.span) { _ in truth }
        let isConditional = decision.rule.map { snapshot.rules.rule($0).condition != nil } == true
        return (
            decision.allowed, decision.rule.map(snapshot.text(ofRule:)),
            isConditional ? decision.rule.map(snapshot.terms(ofRule:)) : nil
        )
    }

    private func rules(of user: String) -> [Int] {
        guard let principal = principal(user) else { return [] }
        let groups = snapshot.rules.groups(of: principal) + snapshot.rules.roles(of: principal)
        let subjects = [.everybody, .user(principal.user)] + groups.map(RuleSubject.group)
        return subjects.flatMap { rulesOfSubject[$0] ?? [] }
    }
}

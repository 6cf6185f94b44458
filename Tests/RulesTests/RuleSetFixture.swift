@testable import Rules

/// One rule as the tests write it: "allow read /A/* to group g", "deny write create /A/** to everybody if 7".
///
/// A group whose name begins with @ is a role.
struct TextRule: Sendable, CustomStringConvertible {
    let effect: RuleEffect
    let actions: ObjectActions
    let pattern: String
    let subject: TextSubject
    /// The number of its condition.
    let condition: Int?

    enum TextSubject: Sendable, Hashable {
        case everybody
        case group(String)
        case user(String)
    }

    init(
        effect: RuleEffect, actions: ObjectActions, pattern: String, subject: TextSubject, condition: Int? = nil
    ) {
        self.effect = effect
        self.actions = actions
        self.pattern = pattern
        self.subject = subject
        self.condition = condition
    }

    init(_ text: String) {
        var words = text.split(separator: " ").map(String.init)
        let mark = words.firstIndex(of: "if")
        condition = mark.flatMap { Int(words[$0 + 1]) }
        if let mark { words.removeSubrange(mark...) }
        effect = words[0] == "deny" ? .deny : .allow
        var actions: ObjectActions = []
        for word in words {
            if word == "read" { actions.insert(.read) }
            if word == "write" { actions.insert(.write) }
            if word == "create" { actions.insert(.create) }
        }
        self.actions = actions
        pattern = words.first { $0.hasPrefix("/") } ?? ""
        subject =
            words.contains("everybody")
            ? .everybody
            : words.contains("group") ? .group(words[words.count - 1]) : .user(words[words.count - 1])
    }

    var description: String {
        "\(effect) \(actions.rawValue) \(pattern) \(subject)" + (condition.map { " if \($0)" } ?? "")
    }
}

extension RuleSet {
    /// Builds a set from users with their groups, and rules whose lines are their positions, 1-based.
    static func make(users: [(String, [String])], nested: [(String, String)] = [], _ rules: [TextRule]) throws
        -> RuleSet
    {
        var builder = RuleSetBuilder()
        for (inner, outer) in nested {
            builder.nest(builder.groupOrRole(inner), in: builder.groupOrRole(outer))
        }
        var ids: [String: UserID] = [:]
        for (user, groups) in users {
            var members: [GroupID] = []
            for group in groups { members.append(builder.groupOrRole(group)) }
            let list = builder.groupList(members)
            ids[user] = builder.user(Array(user.utf8).span, groups: list)
        }
        for (index, rule) in rules.enumerated() {
            let subject: RuleSubject
            switch rule.subject {
            case .everybody: subject = .everybody
            case .group(let name): subject = .group(builder.groupOrRole(name))
            case .user(let name): subject = .user(ids[name] ?? UserID(position: 1 << 20))
            }
            try builder.add(
                rule.effect, rule.actions, Array(rule.pattern.utf8).span, to: subject,
                when: rule.condition.map { ConditionID(rawValue: UInt32($0)) }, line: index + 1)
        }
        return try builder.build()
    }

    /// Asks by text; nil when the user is unknown.
    func ask(_ user: String, _ action: ObjectAction, _ name: String) -> Decision? {
        known(user).map { decide($0, action, Array(name.utf8).span) }
    }

    /// Asks by text what the answer is with these conditions; nil when the user is unknown.
    func ask(
        _ user: String, _ action: ObjectAction, _ name: String, _ conditions: (ConditionID) -> ConditionTruth
    ) -> Decision? {
        known(user).map { decide($0, action, Array(name.utf8).span, conditions: conditions) }
    }

    /// Finds a user by text.
    func known(_ user: String) -> Principal? { principal(user: Array(user.utf8).span) }
}

extension RuleSetBuilder {
    mutating func groupOrRole(_ name: String) -> GroupID {
        name.hasPrefix("@") ? role(Array(name.dropFirst().utf8).span) : group(Array(name.utf8).span)
    }
}

// The testing macros cannot hold spans, so the tests ask by arrays and texts.

extension NameTable {
    func found(_ name: [UInt8]) -> Int? { find(name.span) }

    mutating func inserted(_ name: [UInt8]) -> [Int] {
        let (index, isNew) = insert(name.span)
        return [index, isNew ? 1 : 0]
    }
}

extension ObjectMapping {
    func applied(_ name: [UInt8], user: String, into result: inout [UInt8]) -> Outcome {
        apply(name.span, user: Array(user.utf8).span, into: &result)
    }
}

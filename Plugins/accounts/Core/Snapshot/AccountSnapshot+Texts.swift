import Rules

extension AccountSnapshot {
    /// Describes a rule for people, with its place: `allow read /A/**` of the group `staff` at `users.xml`:12.
    package func text(ofRule index: Int) -> String { text(of: rules.rule(index)) }

    /// What a rule says, without its place and its users: equal for rules that are worth the same.
    package func terms(ofRule index: Int) -> String {
        let rule = rules.rule(index)
        let condition = rule.condition.map { " when " + conditions.key(of: $0) } ?? ""
        return "\(rule.effect) \(rule.actions.rawValue) \(String(decoding: rule.pattern, as: UTF8.self))\(condition)"
    }

    /// Describes a rule for people.
    func text(of rule: Rule) -> String {
        let verbs: [(ObjectActions, String)] = [(.read, "read"), (.write, "write"), (.create, "create")]
        let actions = verbs.filter { rule.actions.contains($0.0) }.map(\.1).joined(separator: " ")
        let effect = rule.effect == .allow ? "allow" : "deny"
        let pattern = String(decoding: rule.pattern, as: UTF8.self)
        let condition = rule.condition == nil ? "" : " when …"
        let owner = owner(of: rule.subject)
        return
            "`\(effect) \(actions) \(pattern)`\(condition) of \(owner) at \(place(file: rule.source, line: rule.line))"
    }

    private func owner(of subject: RuleSubject) -> String {
        switch subject {
        case .everybody: "everybody"
        case .user(let id): "the user \(shown(rules.name(of: id)))"
        case .group(let id): "the \(rules.isRole(id) ? "role" : "group") \(shown(rules.name(of: id)))"
        }
    }

    /// A line of a file that was read.
    func place(file: Int, line: Int) -> String {
        common.files.indices.contains(file) ? "`\(common.files[file])`:\(line)" : "line \(line)"
    }
}

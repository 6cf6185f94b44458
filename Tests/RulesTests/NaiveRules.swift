@testable import Rules

/// A second implementation of the rules, written from the manual: a list walked top to bottom, on strings.
struct NaiveRules {
    let users: [String: [String]]
    let parents: [String: [String]]
    let rules: [TextRule]

    /// Decides with what is known about each condition, and tries all ways in which unknown ones can hold or fail.
    func decide(_ user: String, _ action: ObjectAction, _ name: String, _ truths: [ConditionTruth]) -> Decision {
        let matching = matching(user, action, name)
        let unknown = truths.indices.filter { truths[$0] == .unknown }
        let certain = winner(matching, holding: Set(truths.indices.filter { truths[$0] == .holds }))
        let allowed = allows(certain)
        var turning: [Int] = []
        for way in 0..<(1 << unknown.count) {
            let holding = Set(
                truths.indices.filter { condition in
                    truths[condition] == .holds
                        || unknown.firstIndex(of: condition).map { way >> $0 & 1 == 1 } ?? false
                })
            let other = winner(matching, holding: holding)
            if let other, allows(other) != allowed { turning.append(other) }
        }
        if let first = turning.first {
            let heaviest = turning.reduce(first) { weighs($1, moreThan: $0) ? $1 : $0 }
            return Decision(allowed: false, rule: heaviest, isUndetermined: true)
        }
        return Decision(allowed: allowed, rule: certain)
    }

    private func allows(_ rule: Int?) -> Bool { rule.map { rules[$0].effect == .allow } ?? false }

    private func winner(_ matching: [Int], holding: Set<Int>) -> Int? {
        let applying = matching.filter { rules[$0].condition.map(holding.contains) ?? true }
        return applying.first.map { first in applying.reduce(first) { weighs($1, moreThan: $0) ? $1 : $0 } }
    }

    private func weighs(_ index: Int, moreThan other: Int) -> Bool {
        let (shape, otherShape) = (Self.shape(rules[index].pattern), Self.shape(rules[other].pattern))
        if shape != otherShape { return otherShape.lexicographicallyPrecedes(shape) }
        let (isDeny, isOtherDeny) = (rules[index].effect == .deny, rules[other].effect == .deny)
        return isDeny == isOtherDeny ? index < other : isDeny
    }

    private func matching(_ user: String, _ action: ObjectAction, _ name: String) -> [Int] {
        let groups = allGroups(of: user)
        return rules.indices.filter { index in
            let rule = rules[index]
            switch rule.subject {
            case .everybody: break
            case .group(let group): if !groups.contains(group) { return false }
            case .user(let name): if name != user { return false }
            }
            return rule.actions.contains(action.asSet) && matches(rule.pattern, name, user, groups)
        }
    }

    private func allGroups(of user: String) -> Set<String> {
        var found = Set(users[user] ?? [])
        while true {
            let more = found.union(found.flatMap { parents[$0] ?? [] })
            if more == found { return found }
            found = more
        }
    }

    private func matches(_ pattern: String, _ name: String, _ user: String, _ groups: Set<String>) -> Bool {
        let segments = name == "/" ? [] : name.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        let candidates = pattern.contains("%g") ? groups.filter { !$0.hasPrefix("@") } : [""]
        return candidates.contains { group in
            let filled = Self.split(pattern).map { segment -> String in
                if segment == "*" || segment == "**" { return segment }
                // `=` marks fixed text, so that a user called `*` is no wildcard.
                var text = "="
                var rest = segment[...]
                while let character = rest.popFirst() {
                    guard character == "%" else {
                        text.append(character)
                        continue
                    }
                    text += rest.first == "u" ? user : rest.first == "g" ? group : "%"
                    rest = rest.dropFirst()
                }
                return text
            }
            return Self.glob(filled[...], segments.map(String.init)[...])
        }
    }

    private static func glob(_ pattern: ArraySlice<String>, _ name: ArraySlice<String>) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        if first == "**" {
            return glob(pattern.dropFirst(), name) || (!name.isEmpty && glob(pattern, name.dropFirst()))
        }
        guard let segment = name.first, first == "*" || first == "=" + segment else { return false }
        return glob(pattern.dropFirst(), name.dropFirst())
    }

    private static func split(_ pattern: String) -> [String] {
        var segments: [String] = []
        for segment in pattern.dropFirst().split(separator: "/").map(String.init) {
            if segment == "**" && segments.last == "**" { continue }
            segments.append(segment)
        }
        return segments
    }

    private static func shape(_ pattern: String) -> [Int] {
        split(pattern).map { $0 == "**" ? 0 : $0 == "*" ? 2 : 3 } + [1]
    }
}

@testable import Rules

/// A second implementation of the rules, written from the manual: a list walked top to bottom, on strings.
struct NaiveRules {
    let users: [String: [String]]
    let parents: [String: [String]]
    let rules: [TextRule]

    /// Returns whether the action is allowed, and the 0-based position of the deciding rule.
    func decide(_ user: String, _ action: ObjectAction, _ name: String) -> (allowed: Bool, rule: Int?) {
        let groups = allGroups(of: user)
        var winner: (rule: Int, shape: [Int], deny: Bool)?
        for (index, rule) in rules.enumerated() {
            switch rule.subject {
            case .everybody: break
            case .group(let group): if !groups.contains(group) { continue }
            case .user(let name): if name != user { continue }
            }
            guard rule.actions.contains(action.asSet), matches(rule.pattern, name, user, groups) else { continue }
            let candidate = (rule: index, shape: Self.shape(rule.pattern), deny: rule.effect == .deny)
            guard let best = winner else {
                winner = candidate
                continue
            }
            let isMoreSpecific = best.shape.lexicographicallyPrecedes(candidate.shape)
            if isMoreSpecific || (best.shape == candidate.shape && candidate.deny && !best.deny) { winner = candidate }
        }
        return (winner.map { !$0.deny } ?? false, winner?.rule)
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
        let candidates = pattern.contains("%g") ? Array(groups) : [""]
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

/// The elements of a users file.
enum Element: Int, CaseIterable {
    case root, group, user, everybody, allow, deny, map

    var name: String {
        switch self {
        case .root: "authhost-users"
        case .group: "group"
        case .user: "user"
        case .everybody: "everybody"
        case .allow: "allow"
        case .deny: "deny"
        case .map: "map"
        }
    }

    /// What may stand inside.
    var children: [Element] {
        switch self {
        case .root: [.group, .user, .everybody]
        case .group, .user, .everybody: [.allow, .deny, .map]
        case .allow, .deny, .map: []
        }
    }

    var required: [Attribute] {
        switch self {
        case .root: [.version]
        case .group, .user: [.name]
        case .everybody: []
        case .allow, .deny: [.actions, .object]
        case .map: [.from, .to]
        }
    }

    var optional: [Attribute] {
        switch self {
        case .group: [.groups]
        case .user: [.password, .groups]
        default: []
        }
    }
}

/// The attributes of a users file.
enum Attribute: Int, CaseIterable {
    case version, name, password, groups, actions, object, from, to

    var text: String { "\(self)" }
}

/// Finds the accepted word nearest to what was written.
enum NearestWord {
    /// Returns " (did you mean `x`?)" for a word at most half of its letters away, or nothing.
    static func hint(_ found: String, among words: [String]) -> String {
        let best = words.map { ($0, distance(Array(found.utf8), Array($0.utf8))) }.min { $0.1 < $1.1 }
        guard let (word, edits) = best, edits <= word.utf8.count / 2 else { return "" }
        return " (did you mean `\(word)`?)"
    }

    /// Counts insertions, deletions and substitutions (Levenshtein).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        if left.count > 255 || right.count > 255 { return Int.max }
        var row = Array(0...right.count)
        for (i, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let substituted = diagonal + (byte == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}

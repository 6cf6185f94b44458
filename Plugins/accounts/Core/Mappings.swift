import Rules

/// Holds a mapping, and where it stands.
struct PlacedMapping: Sendable {
    let mapping: ObjectMapping
    let file: UInt8
    let line: UInt32
    let column: UInt32

    init(_ mapping: ObjectMapping, _ place: Place) {
        self.mapping = mapping
        file = UInt8(truncatingIfNeeded: place.file)
        line = UInt32(truncatingIfNeeded: place.line)
        column = UInt32(truncatingIfNeeded: place.column)
    }

    var place: Place { Place(file: Int(file), line: Int(line), column: Int(column)) }
}

/// Keeps mappings in file order, each for a user, a group or everybody.
struct Mappings: Sendable {
    private var users: [UserID: [PlacedMapping]] = [:]
    private var groups: [(group: GroupID, mapping: PlacedMapping)] = []
    private var everybody: [PlacedMapping] = []

    mutating func append(_ mapping: PlacedMapping, for subject: RuleSubject) {
        switch subject {
        case .user(let id): users[id, default: []].append(mapping)
        case .group(let id): groups.append((id, mapping))
        case .everybody: everybody.append(mapping)
        }
    }

    var isEmpty: Bool { users.isEmpty && groups.isEmpty && everybody.isEmpty }

    /// Applies the first mapping that matches: the user's own, then those of the user's groups, then everybody's.
    func apply(
        _ name: Span<UInt8>, principal: Principal, user: Span<UInt8>, in rules: RuleSet, into result: inout [UInt8]
    ) -> ObjectMapping.Outcome {
        for mapping in users[principal.user] ?? [] {
            let outcome = mapping.mapping.apply(name, user: user, into: &result)
            if outcome != .unmapped { return outcome }
        }
        let memberships = groups.isEmpty ? [] : Set(rules.groups(of: principal))
        for (group, mapping) in groups where memberships.contains(group) {
            let outcome = mapping.mapping.apply(name, user: user, into: &result)
            if outcome != .unmapped { return outcome }
        }
        for mapping in everybody {
            let outcome = mapping.mapping.apply(name, user: user, into: &result)
            if outcome != .unmapped { return outcome }
        }
        return .unmapped
    }

    /// Finds mappings of one user, in the order in which they are tried, whose results lead back to where they began.
    ///
    /// Returns the mappings of the first such way, in order of application; nil when there is none.
    func loop(in rules: RuleSet) -> [PlacedMapping]? {
        if isEmpty { return nil }
        var checked: Set<[GroupID]> = []
        let bound = Set(groups.map(\.group))
        for position in 0..<rules.userCount {
            let user = UserID(position: position)
            let memberships = bound.isEmpty ? [] : Self.groups(of: user, in: rules).filter(bound.contains)
            let own = users[user] ?? []
            if own.isEmpty, !checked.insert(memberships).inserted { continue }
            let tried = own + groups.filter { memberships.contains($0.group) }.map(\.mapping) + everybody
            if let loop = ObjectMapping.loop(in: tried.map(\.mapping)) { return loop.map { tried[$0] } }
        }
        return ObjectMapping.loop(in: everybody.map(\.mapping)).map { loop in loop.map { everybody[$0] } }
    }

    private static func groups(of user: UserID, in rules: RuleSet) -> [GroupID] {
        let name = rules.name(of: user)
        return rules.principal(user: name.span).map { rules.groups(of: $0) } ?? []
    }
}

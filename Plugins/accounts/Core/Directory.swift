import Rules

/// Holds what one reading of users said; never changes.
package final class Directory: Sendable {
    /// Who may do what.
    package let rules: RuleSet
    let accounts: AccountTable
    let mappings: Mappings
    /// Over everything that groups and everybody are given.
    let commonFingerprint: Int

    init(rules: RuleSet, accounts: consuming AccountTable, mappings: Mappings, commonFingerprint: Int) {
        self.rules = rules
        self.accounts = accounts
        self.mappings = mappings
        self.commonFingerprint = commonFingerprint
    }

    /// The stored password of a user; empty when the user has none.
    package func storedPassword(of principal: Principal) -> [UInt8] { accounts.password(principal.user.position) }

    /// Compares with the snapshot before this one.
    package func changes(since old: Directory) -> DirectoryChanges {
        if commonFingerprint != old.commonFingerprint { return .everybody }
        var changed: [[UInt8]] = []
        for index in 0..<old.rules.userCount {
            let name = old.rules.name(of: UserID(position: index))
            let now = rules.principal(user: name.span)
            if now.map({ accounts.fingerprint($0.user.position) }) != old.accounts.fingerprint(index) {
                changed.append(name)
            }
        }
        return .users(changed)
    }
}

/// Says whose sessions a re-read file may have changed.
package enum DirectoryChanges: Sendable, Hashable {
    /// What groups or everybody may do changed: anybody's.
    case everybody
    /// The users whose own entry changed or vanished, UTF-8; possibly nobody.
    case users([[UInt8]])
}

/// Keeps one password and one fingerprint a user, in few large blocks.
struct AccountTable: ~Copyable, Sendable {
    private var text: [UInt8] = []
    private var ends: [UInt32] = []
    private var fingerprints: [Int] = []
    /// A stored password of the family that most users have; what an unknown user's password is hashed against.
    private(set) var commonest: [UInt8] = []

    mutating func append(password: UnsafeBufferPointer<UInt8>) {
        text.append(contentsOf: password)
        ends.append(UInt32(truncatingIfNeeded: text.count))
        fingerprints.append(0)
    }

    mutating func setFingerprint(_ value: Int) {
        if let last = fingerprints.indices.last { fingerprints[last] = value }
    }

    /// Looks for the commonest family, in at most 1,000 passwords spread over the file.
    mutating func finish() {
        var families: [[UInt8]: (count: Int, example: [UInt8])] = [:]
        for index in stride(from: 0, to: ends.count, by: max(1, ends.count / 1_000)) {
            let stored = password(index)
            guard !stored.isEmpty, !stored.starts(with: PasswordHash.plainPrefix) else { continue }
            families[PasswordHash.family(of: stored), default: (0, stored)].count += 1
        }
        commonest = families.values.max { ($0.count, $1.example.count) < ($1.count, $0.example.count) }?.example ?? []
    }

    func password(_ index: Int) -> [UInt8] { Array(text[(index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])]) }

    func fingerprint(_ index: Int) -> Int { fingerprints[index] }
}

/// Keeps mappings in file order, each for a user, a group or everybody.
struct Mappings: Sendable {
    private var users: [UserID: [ObjectMapping]] = [:]
    private var groups: [(group: GroupID, mapping: ObjectMapping)] = []
    private var everybody: [ObjectMapping] = []

    mutating func append(_ mapping: ObjectMapping, for subject: RuleSubject) {
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
            let outcome = mapping.apply(name, user: user, into: &result)
            if outcome != .unmapped { return outcome }
        }
        let memberships = groups.isEmpty ? [] : Set(rules.groups(of: principal))
        for (group, mapping) in groups where memberships.contains(group) {
            let outcome = mapping.apply(name, user: user, into: &result)
            if outcome != .unmapped { return outcome }
        }
        for mapping in everybody {
            let outcome = mapping.apply(name, user: user, into: &result)
            if outcome != .unmapped { return outcome }
        }
        return .unmapped
    }
}

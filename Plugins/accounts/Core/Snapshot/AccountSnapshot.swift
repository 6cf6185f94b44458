import Rules

/// Holds what is granted to more than one user, and where all of it comes from.
struct CommonTerms: Sendable {
    /// What holds for users without a number of their own.
    let everybody: AccountTerms
    let groupRestrictions: [(group: GroupID, restriction: UInt32)]
    /// Of users without password and key; 0 for none.
    let defaultKey: UInt32
    /// By number.
    let files: [String]
    /// Over everything that roles, groups and everybody are given.
    let fingerprint: UInt64
}

/// Holds what one reading of users said; never changes.
package final class AccountSnapshot: Sendable {
    /// Who may do what.
    package let rules: RuleSet
    let accounts: AccountTable
    let restrictions: RestrictionTable
    let conditions: ConditionTable
    let mappings: Mappings
    let common: CommonTerms

    init(
        rules: RuleSet, accounts: consuming AccountTable, restrictions: consuming RestrictionTable,
        conditions: consuming ConditionTable, mappings: Mappings, common: CommonTerms
    ) {
        self.rules = rules
        self.accounts = accounts
        self.restrictions = restrictions
        self.conditions = conditions
        self.mappings = mappings
        self.common = common
    }

    /// The files that the entries came from, by number.
    package var files: [String] { common.files }

    /// The stored password of a user; empty when the user has none.
    package func storedPassword(of principal: Principal) -> [UInt8] { accounts.password(principal.user.position) }

    /// Compares with the snapshot before this one.
    package func changes(since old: AccountSnapshot) -> SnapshotChanges {
        if common.fingerprint != old.common.fingerprint { return .everybody }
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

import Accounts

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

    /// What may stand inside, one bit for each raw value: tried for every element of a large file, so nothing is
    /// allocated.
    var childMask: UInt8 {
        switch self {
        case .root: 1 << 1 | 1 << 2 | 1 << 3
        case .group, .user, .everybody: 1 << 4 | 1 << 5 | 1 << 6
        case .allow, .deny, .map: 0
        }
    }

    /// The attributes that must be there, one bit for each raw value.
    var requiredMask: UInt8 {
        switch self {
        case .root: 1 << 0
        case .group, .user: 1 << 1
        case .everybody: 0
        case .allow, .deny: 1 << 4 | 1 << 5
        case .map: 1 << 6 | 1 << 7
        }
    }

    /// The attributes that may be there, the required ones included.
    var attributeMask: UInt8 {
        switch self {
        case .group: requiredMask | 1 << 3
        case .user: requiredMask | 1 << 2 | 1 << 3
        default: requiredMask
        }
    }

    /// What may stand inside.
    var children: [Element] { Element.allCases.filter { childMask >> $0.rawValue & 1 == 1 } }
}

/// The attributes of a users file.
enum Attribute: Int, CaseIterable {
    case version, name, password, groups, actions, object, from, to

    var text: String { "\(self)" }

    /// Finds the attribute in which an entry's field is written.
    init?(_ field: Field) {
        guard let found = Self.allCases.first(where: { $0.text == field.rawValue }) else { return nil }
        self = found
    }

    static func of(_ mask: UInt8) -> [Attribute] { allCases.filter { mask >> $0.rawValue & 1 == 1 } }
}

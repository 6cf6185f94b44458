import Accounts

/// The elements of a users file.
enum Element: Int, CaseIterable {
    case root, role, group, user, everybody, allow, deny, map, limit, when

    var name: String { self == .root ? "authhost-users" : "\(self)" }
}

/// The attributes of a users file, in the order in which `xmlauth format` writes them.
enum Attribute: Int, CaseIterable {
    case version, name, password, keyID, groups, roles, notBefore, expires, addresses, hours, applications, application
    case maxSessions, actions, object, field, equals, oneOf, min, max, matches, from, to

    var text: String {
        switch self {
        case .keyID: "sigkey-id"
        case .notBefore: "not-before"
        case .maxSessions: "max-sessions"
        case .oneOf: "one-of"
        default: "\(self)"
        }
    }

    /// Finds the attribute in which an entry's field is written.
    init?(_ field: Field) {
        guard let found = Self.allCases.first(where: { $0.text == field.rawValue }) else { return nil }
        self = found
    }

    static func of(_ mask: UInt32) -> [Attribute] { allCases.filter { mask >> $0.rawValue & 1 == 1 } }
}

/// Says what one element may hold; masks have one bit for each raw value, so that a large file is read without
/// allocating.
struct ElementGrammar {
    /// The elements that may stand inside.
    let children: UInt32
    /// The attributes that must be there.
    let required: UInt32
    /// The attributes that may be there, the required ones included.
    let accepted: UInt32

    private init(_ children: [Element], _ required: [Attribute], _ optional: [Attribute]) {
        self.children = children.reduce(0) { $0 | 1 << UInt32($1.rawValue) }
        self.required = required.reduce(0) { $0 | 1 << UInt32($1.rawValue) }
        accepted = optional.reduce(self.required) { $0 | 1 << UInt32($1.rawValue) }
    }

    init(of element: Element) {
        let restrictions: [Attribute] = [.addresses, .hours, .applications]
        switch element {
        case .root: self.init([.role, .group, .user, .everybody], [.version], [.keyID])
        case .role: self.init([.allow, .deny], [.name], [.roles])
        case .group: self.init([.allow, .deny, .map], [.name], [.groups, .roles] + restrictions)
        case .user:
            self.init(
                [.allow, .deny, .map, .limit], [.name],
                [.password, .keyID, .groups, .roles, .notBefore, .expires, .maxSessions] + restrictions)
        case .everybody: self.init([.allow, .deny, .map, .limit], [], [.roles, .maxSessions] + restrictions)
        case .allow, .deny: self.init([.when], [.actions, .object], [])
        case .map: self.init([], [.from, .to], [])
        case .limit: self.init([], [.application, .maxSessions], [])
        case .when: self.init([], [.field], [.equals, .oneOf, .min, .max, .matches])
        }
    }
}

import Accounts

/// Gathers, while a file is read, what a check of it wants to know and accounts do not keep.
final class UsersSurvey {
    /// A role, a group, a user or what everybody is given.
    struct Subject {
        let element: Element
        let name: [UInt8]
        let place: Place
        let groups: [[UInt8]]
        let roles: [[UInt8]]
        /// Of a user.
        let password: [UInt8]?
        let hasKey: Bool
        let expires: [UInt8]?

        init(_ element: Element, _ values: AttributeValues, at place: Place) {
            self.element = element
            self.place = place
            name = values[.name].map { Array($0) } ?? []
            groups = Self.words(values[.groups])
            roles = Self.words(values[.roles])
            password = values[.password].map { Array($0) }
            hasKey = values[.keyID] != nil
            expires = values[.expires].map { Array($0) }
        }

        private static func words(_ text: LentText?) -> [[UInt8]] {
            text?.split(separator: 0x20).map { Array($0) } ?? []
        }
    }

    /// A rule; in the order of the file, which is the order of their numbers in the accounts.
    struct Rule: Hashable {
        /// The subject it binds, an index into ``subjects``.
        let subject: Int
        let isAllow: Bool
        let actions: Set<[UInt8]>
        let object: [UInt8]
        var conditions: Set<[UInt8]> = []
    }

    private(set) var subjects: [Subject] = []
    private(set) var rules: [Rule] = []
    private(set) var rulePlaces: [Place] = []
    private(set) var hasDefaultKey = false
    private(set) var faults: [UsersFileError] = []
    /// Whether the file is not XML to its end.
    private(set) var isMalformed = false

    func begin(_ element: Element, _ values: AttributeValues, at place: Place) {
        switch element {
        case .root: hasDefaultKey = values[.keyID] != nil
        case .role, .group, .user, .everybody: subjects.append(Subject(element, values, at: place))
        case .allow, .deny:
            let actions = values.required(.actions).split(separator: 0x20).map { Array($0) }
            rules.append(
                Rule(
                    subject: subjects.count - 1, isAllow: element == .allow, actions: Set(actions),
                    object: Array(values.required(.object))))
            rulePlaces.append(place)
        case .when:
            let parts: [Attribute] = [.field, .equals, .oneOf, .min, .max, .matches]
            let key = parts.map { part in [UInt8](part.text.utf8) + (values[part].map { [61] + Array($0) } ?? []) + [0]
            }
            if !rules.isEmpty { rules[rules.count - 1].conditions.insert(Array(key.joined())) }
        case .map, .limit: return
        }
    }

    /// Takes a fault; false when so many are there that the rest of the file is not worth looking at.
    func report(_ fault: UsersFileError) -> Bool {
        if fault.code == .notXML {
            if isMalformed { return true }
            isMalformed = true
        }
        if faults.count > Self.mostFaults { return false }
        if faults.count < Self.mostFaults {
            faults.append(fault)
            return true
        }
        isMalformed = true
        faults.append(
            UsersFileError(
                code: .notXML, file: fault.file, line: fault.line, column: fault.column,
                message: "\(Self.mostFaults) mistakes until here: the rest of the file is not looked at"))
        return false
    }

    static let mostFaults = 1_000
}

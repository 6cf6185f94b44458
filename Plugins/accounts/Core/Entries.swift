/// Lends bytes for the length of one call: UTF-8, part of what a reader has read.
package typealias LentText = UnsafeBufferPointer<UInt8>

/// Says where an entry stands.
package struct Place: Sendable, Hashable {
    /// The number of the file, as ``DirectoryBuilder/addFile(_:)`` gave it.
    package var file: Int
    /// 1-based; 0 when it is not known.
    package var line: Int
    /// 1-based, in bytes; 0 when it is not known.
    package var column: Int

    /// Takes the numbers as they are.
    package init(file: Int = 0, line: Int, column: Int = 0) {
        self.file = file
        self.line = line
        self.column = column
    }
}

/// Names the parts of an entry, so that a reader can tell where in its file a fault is.
package enum Field: String, Sendable, CaseIterable {
    case name, password, groups, roles, addresses, hours, applications, expires, actions, object, from, to, application
    case keyID = "sigkey-id"
    case notBefore = "not-before"
    case maxSessions = "max-sessions"
    /// The parts of a condition.
    case field, equals, matches
    case oneOf = "one-of"
    case minimum = "min"
    case maximum = "max"
}

/// Says what is wrong with an entry, and at which part of it.
package struct DirectoryFault: Error, Sendable, Hashable {
    /// The kinds of trouble; more may come.
    package struct Code: RawRepresentable, Sendable, Hashable {
        /// The kind's name.
        package let rawValue: String

        /// Takes a kind's name as it is.
        package init(rawValue: String) { self.rawValue = rawValue }

        /// Something required is not there.
        package static let missing = Code(rawValue: "missing")
        /// A value cannot be read.
        package static let badValue = Code(rawValue: "bad-value")
        /// A name occurs twice.
        package static let duplicate = Code(rawValue: "duplicate")
        /// A group is named and nowhere declared.
        package static let unknownGroup = Code(rawValue: "unknown-group")
        /// A role is named and nowhere declared.
        package static let unknownRole = Code(rawValue: "unknown-role")
        /// Mappings lead from a name back to it.
        package static let loop = Code(rawValue: "mapping-loop")
        /// There is more of something than is taken.
        package static let limit = Code(rawValue: "limit")
    }

    /// What kind of trouble.
    package let code: Code
    /// The part of the entry that is at fault; nil when it is the entry as a whole.
    package let field: Field?
    /// The offset into that part, in bytes.
    package let offset: Int
    /// Where the entry at fault stands, when it is not the one that was handed over.
    package let place: Place?
    /// What was found and what was expected; never a password.
    package let message: String

    init(_ code: Code, _ field: Field?, offset: Int = 0, at place: Place? = nil, _ message: String) {
        self.code = code
        self.field = field
        self.offset = offset
        self.place = place
        self.message = message
    }
}

/// Holds the restrictions of a user, a group or everybody as they are written; nil is none.
package struct RestrictionEntry {
    /// IPv4 and IPv6 addresses and CIDR ranges, with spaces between.
    package var addresses: LentText?
    /// `Mon-Fri 08:00-18:00; Sat 09:00-12:00`, local time.
    package var hours: LentText?
    /// Application ids, with spaces between.
    package var applications: LentText?

    /// Takes the texts as they are.
    package init(addresses: LentText? = nil, hours: LentText? = nil, applications: LentText? = nil) {
        self.addresses = addresses
        self.hours = hours
        self.applications = applications
    }
}

/// Holds a user as it is written; nil is "not there".
package struct UserEntry {
    package var name: LentText
    /// A stored password, see ``PasswordHash``.
    package var password: LentText?
    /// The key whose tokens are taken in place of a password; excludes ``password``.
    package var keyID: LentText?
    /// Names with spaces between.
    package var groups: LentText?
    /// Names with spaces between.
    package var roles: LentText?
    /// RFC 3339 with offset.
    package var notBefore: LentText?
    /// RFC 3339 with offset.
    package var expires: LentText?
    package var restrictions = RestrictionEntry()
    /// 1...4,294,967,295.
    package var maxSessions: LentText?

    /// Takes the name; the rest is "not there" until it is set.
    package init(name: LentText) { self.name = name }
}

/// Holds a group as it is written; nil is "not there".
package struct GroupEntry {
    package var name: LentText
    /// The groups whose members its members are too; names with spaces between.
    package var groups: LentText?
    /// The roles that its members have; names with spaces between.
    package var roles: LentText?
    package var restrictions = RestrictionEntry()

    /// Takes the name; the rest is "not there" until it is set.
    package init(name: LentText) { self.name = name }
}

/// Holds a role as it is written.
package struct RoleEntry {
    package var name: LentText
    /// The roles whose permissions it includes; names with spaces between.
    package var roles: LentText?

    /// Takes the name and the roles.
    package init(name: LentText, roles: LentText? = nil) {
        self.name = name
        self.roles = roles
    }
}

/// Holds what every user is given, as it is written; nil is "not there".
package struct EverybodyEntry {
    /// Names with spaces between.
    package var roles: LentText?
    package var restrictions = RestrictionEntry()
    /// 1...4,294,967,295; for users without a number of their own.
    package var maxSessions: LentText?

    /// Makes an entry of which nothing is there.
    package init() {}
}

/// Holds a rule as it is written.
package struct RuleEntry {
    package var isAllow: Bool
    /// `read`, `write`, `create`, with spaces between.
    package var actions: LentText
    /// An object pattern.
    package var object: LentText

    /// Takes the texts as they are.
    package init(isAllow: Bool, actions: LentText, object: LentText) {
        self.isAllow = isAllow
        self.actions = actions
        self.object = object
    }
}

/// Holds a condition of a rule as it is written: a field, and exactly one kind of comparison.
package struct ConditionEntry {
    package var field: LentText
    /// The value, compared byte by byte.
    package var equals: LentText?
    /// Values with spaces between.
    package var oneOf: LentText?
    /// A decimal number; one kind together with ``maximum``.
    package var minimum: LentText?
    /// A decimal number.
    package var maximum: LentText?
    /// A POSIX extended regular expression for the whole value.
    package var matches: LentText?

    /// Takes the field's name; the rest is "not there" until it is set.
    package init(field: LentText) { self.field = field }
}

/// Holds a mapping as it is written.
package struct MappingEntry {
    package var from: LentText
    package var to: LentText

    /// Takes the texts as they are.
    package init(from: LentText, to: LentText) {
        self.from = from
        self.to = to
    }
}

/// Holds a limit of the sessions from one application as it is written.
package struct LimitEntry {
    package var application: LentText
    /// 1...4,294,967,295.
    package var maxSessions: LentText

    /// Takes the texts as they are.
    package init(application: LentText, maxSessions: LentText) {
        self.application = application
        self.maxSessions = maxSessions
    }
}

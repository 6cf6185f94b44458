/// Lends bytes for the length of one call: UTF-8, part of what a reader has read.
package typealias LentText = UnsafeBufferPointer<UInt8>

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

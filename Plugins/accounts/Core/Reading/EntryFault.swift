import Basics

/// Says where an entry stands.
package struct Place: Sendable, Hashable {
    /// The number of the file, as ``SnapshotBuilder/addFile(_:)`` gave it.
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
package struct EntryFault: Error, Sendable, Hashable {
    /// The kinds of trouble; more may come.
    package typealias Code = ErrorCode<EntryFault>

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

extension ErrorCode<EntryFault> {
    /// Something required is not there.
    package static var missing: Self { "missing" }
    /// A value cannot be read.
    package static var badValue: Self { "bad-value" }
    /// A name occurs twice.
    package static var duplicate: Self { "duplicate" }
    /// A group is named and nowhere declared.
    package static var unknownGroup: Self { "unknown-group" }
    /// A role is named and nowhere declared.
    package static var unknownRole: Self { "unknown-role" }
    /// Mappings lead from a name back to it.
    package static var loop: Self { "mapping-loop" }
    /// There is more of something than is taken.
    package static var limit: Self { "limit" }
}

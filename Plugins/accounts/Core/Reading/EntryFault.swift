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

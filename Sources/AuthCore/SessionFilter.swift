/// Which sessions an operator means: those that have every property that is given.
public struct SessionFilter: Equatable, Sendable {
    /// The user's name, compared byte by byte.
    public var user: String?
    /// The application id, "" for sessions without one.
    public var applicationID: String?
    /// The machine id, compared byte by byte.
    public var machineID: String?
    /// The client's address as text.
    public var address: String?
    /// The door that it came in by, such as `http`.
    public var door: String?
    /// The first hexadecimal digits of the session's id, 4 to 32 of them, in lower case.
    public var idPrefix: String?

    /// Matches every session.
    public init() {}

    /// A property, and what operators call it.
    public struct Member: Sendable {
        /// The name in requests and options.
        public let name: String
        /// The property.
        public let path: any WritableKeyPath<SessionFilter, String?> & Sendable
    }

    /// Every property, in the order of the documentation: the one table from which requests are read and written.
    public static let members = [
        Member(name: "user", path: \.user), Member(name: "application", path: \.applicationID),
        Member(name: "machine", path: \.machineID), Member(name: "address", path: \.address),
        Member(name: "door", path: \.door), Member(name: "session", path: \.idPrefix),
    ]

    /// What is given, by the names of ``members``.
    public var given: [(name: String, value: String)] {
        Self.members.compactMap { member in self[keyPath: member.path].map { (member.name, $0) } }
    }

    /// Whether it names anything.
    public var isGiven: Bool { !given.isEmpty }
}

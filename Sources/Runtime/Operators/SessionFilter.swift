import AuthCore

/// Which sessions an operator means: those that have every property that is given.
public struct SessionFilter: Sendable {
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

    /// The one place where sessions are compared with what somebody asks for: byte by byte, as modules do.
    func matches(_ session: Session) -> Bool {
        let pairs = [
            (user, session.user), (applicationID, session.applicationID), (machineID, session.machineID),
            (address, session.address), (door, session.door),
        ]
        return pairs.allSatisfy { wanted, has in wanted.map { has.hasBytes(of: $0) } ?? true }
            && (idPrefix.map { session.id.hexadecimal.hasPrefix($0) } ?? true)
    }
}

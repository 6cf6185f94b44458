/// What may be told about a session.
public struct SessionDescription: Sendable {
    /// The session's id, which is a credential.
    public let id: SessionID
    /// The user's name.
    public let user: String
    /// The application id; "" for none.
    public let applicationID: String
    /// The machine id; "" for none.
    public let machineID: String
    /// The client's address as text; "" over a unix socket.
    public let address: String
    /// The door that it came in by.
    public let door: String
    /// Seconds since 1970-01-01 00:00 UTC.
    public let connected: Int64
    /// When the session was last asked something, in the same seconds.
    public let lastUse: Int64
    /// Groups, roles and claims that the log-in was answered with.
    public let attributes: [Field]

    /// Describes a session.
    public init(
        id: SessionID, user: String, applicationID: String, machineID: String, address: String, door: String,
        connected: Int64, lastUse: Int64, attributes: [Field] = []
    ) {
        self.id = id
        self.user = user
        self.applicationID = applicationID
        self.machineID = machineID
        self.address = address
        self.door = door
        self.connected = connected
        self.lastUse = lastUse
        self.attributes = attributes
    }
}

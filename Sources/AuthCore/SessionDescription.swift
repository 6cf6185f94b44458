/// What may be told about a session.
public struct SessionDescription: Sendable {
    public let id: SessionID
    public let user: String
    public let applicationID: String
    public let machineID: String
    public let address: String
    public let door: String
    /// Seconds since 1970-01-01 00:00 UTC.
    public let connected: Int64
    /// When the session was last asked something, in the same seconds.
    public let lastUse: Int64

    public init(
        id: SessionID, user: String, applicationID: String, machineID: String, address: String, door: String,
        connected: Int64, lastUse: Int64
    ) {
        self.id = id
        self.user = user
        self.applicationID = applicationID
        self.machineID = machineID
        self.address = address
        self.door = door
        self.connected = connected
        self.lastUse = lastUse
    }
}

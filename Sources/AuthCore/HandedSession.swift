/// An open session on its way from one process of the host to the next. What a module has set for it is not among this: the module
/// of the next process is asked whether it resumes the session.
public struct HandedSession: Sendable, Equatable {
    /// The session's id, which is a credential.
    public var id: SessionID
    /// The session's user.
    public var user: String
    /// The name that logged in, where the module has named another user; "" where it has not.
    public var typedUser: String
    /// The application id; "" for none.
    public var applicationID: String
    /// The machine id; "" for none.
    public var machineID: String
    /// The client's address as text; "" over a unix socket.
    public var address: String
    /// The door that it came in by.
    public var door: String
    /// When it logged in, in nanoseconds since 1970.
    public var connected: Int64
    /// How long ago it was asked something, in nanoseconds.
    public var idle: Int64
    /// When it ends, in seconds since 1970; 0 for never.
    public var expiry: Int64
    /// What the module has told of the user.
    public var attributes: [Field]

    /// Makes a session to hand over.
    public init(
        id: SessionID, user: String, typedUser: String = "", applicationID: String = "", machineID: String = "",
        address: String = "", door: String, connected: Int64, idle: Int64 = 0, expiry: Int64 = 0,
        attributes: [Field] = []
    ) {
        self.id = id
        self.user = user
        self.typedUser = typedUser
        self.applicationID = applicationID
        self.machineID = machineID
        self.address = address
        self.door = door
        self.connected = connected
        self.idle = idle
        self.expiry = expiry
        self.attributes = attributes
    }
}

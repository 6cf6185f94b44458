import NIOCore

/// Where the HTTP door listens and how it treats connections.
public struct HTTPDoorConfiguration: Sendable {
    /// A host and a TCP port.
    public struct Address: Sendable, Hashable, CustomStringConvertible {
        /// A host name or an address, an IPv6 address without its brackets.
        public let host: String
        /// 0 takes any free one.
        public let port: Int

        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        /// `host:port`, an IPv6 address in brackets.
        public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    public var addresses: [Address]
    /// Where the unix socket is made; nil: none.
    public var socketPath: String?
    /// The permissions of the unix socket.
    public var socketMode: UInt32 = 0o660
    /// The realm that browsers show when they ask for a password.
    public var realm = "authhost"
    /// The parts of `/v1/admin` that are served to the administrators that the module lets in.
    public var administratorDirectories: [AdministratorDirectory] = []
    public var sessionCookie = "authhost_session"
    /// The object that a forwarded request is checked against.
    public var forwardAuthObject: ObjectTemplate
    /// Threads that serve connections; nil: one a core.
    public var eventLoops: Int?
    /// One more takes the place of the one that was idle for longest; where all are in use it is told 503 and closed.
    public var maximumConnections = 10_000
    /// How many of them one address may have; nil for half.
    public var maximumClientConnections: Int?
    /// What it shares with the other doors.
    public var descriptors = DescriptorBudget.unlimited
    /// How long the first byte of a connection may take, and each request from its first byte to its last.
    public var requestTimeout = Duration.seconds(10)
    /// How long a connection may stay without a request.
    public var keepAliveTimeout = Duration.seconds(75)
    /// How long connections may take to end when the door stops.
    public var drainTimeout = TimeAmount.seconds(30)

    /// - Throws: ``TemplateError`` for a template that is none.
    public init(
        addresses: [Address], socketPath: String? = nil, forwardAuthObject: String = "/web%p"
    ) throws(TemplateError) {
        self.addresses = addresses
        self.socketPath = socketPath
        self.forwardAuthObject = try ObjectTemplate(forwardAuthObject)
    }
}

import AuthCore

/// The HTTP door: the JSON interface, nginx's `auth_request`, health and metrics.
public struct HTTPDoor: DoorType {
    /// What `type` calls it.
    public static let name = "http"
    /// Which programs it serves.
    public static let summary = "the JSON interface, nginx auth_request, operators, health and metrics"
    /// How long nginx waits for its `auth_request`.
    public static let patience = [ClientPatience("nginx", .seconds(60), setting: "proxy_read_timeout")]
    /// What `option` lines may say.
    public static let options = [
        DoorOption(
            "realm", .text, default: "authhost", "the realm that browsers show when they ask for a password"),
        ForwardAuthDoor.attributeHeaders,
        DoorOption("session-cookie", .text, default: "authhost_session", "the name of the session cookie"),
    ]
    /// The object of a request, where the block names none.
    public static let template = ForwardAuthDoor.template
    /// Health is asked here.
    public static let isKeptReachable = true
    /// A client too many is answered 503.
    public static let speaksHTTP = true

    private let routes: RouteTable
    private let idleTimeout: Duration

    /// Makes the door; throws what is wrong with its block.
    public init(_ settings: DoorSettings, host: any QuestionAnswering) throws(DoorProblem) {
        try self.init(settings, host: host, services: DoorServices())
    }

    /// Makes the door; throws what is wrong with its block.
    public init(_ settings: DoorSettings, host: any QuestionAnswering, services: DoorServices) throws(DoorProblem) {
        let endpoints = try Endpoints(settings, host: host, services: services)
        routes = RouteTable(endpoints, ResponseCounts(factory: services.metrics))
        idleTimeout = settings.idleTimeout
    }

    /// Begins the conversation with a client.
    public func converse<Carrier: DoorCarrying>(_ client: DoorClient, by carrier: Carrier) -> Carrier.Carried {
        carrier.carry(
            HTTPConversation(service: RouteService(table: routes, client: client, keepAliveTimeout: idleTimeout)))
    }

    /// What one client too many is told.
    ///
    /// - Parameter seconds: when, since 1970.
    package static func tooManyConnections(at seconds: Int64) -> [UInt8] {
        var out = OutgoingBytes()
        var writer = ReplyWriter()
        let reply = Reply(RequestRefusal(503, "there are too many connections"))
        writer.write(reply, to: &out, at: seconds, isHTTP11: true, keepsAlive: false, withoutContent: false)
        return out.bytes
    }

    /// How `doctor` asks it.
    public static func probe(_ settings: DoorSettings) -> DoorProbe? {
        ForwardAuthDoor.nginxProbe(Route.forwardAuthPath)
    }

    /// Without the `date` of replies, which is always there.
    public static func wire(_ answer: Answer) -> [(question: String, bytes: String)] {
        guard let endpoints = try? Endpoints(DoorSettings(type: name, name: name), host: UnaskedHost()),
            let name = try? ObjectName("/reports")
        else { return [] }
        return [
            ("log-in", endpoints.reply(toLogin: answer, user: "alice")),
            ("check", endpoints.reply(toCheck: answer)),
            ("check, as a query", endpoints.reply(toQuery: answer, about: name)),
        ].map { (question: $0, bytes: $1.wireText) }
    }
}

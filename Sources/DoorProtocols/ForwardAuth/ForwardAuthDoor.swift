import AuthCore

/// The door for proxies that ask before they pass a request on: nginx, Caddy, Traefik and Envoy's HTTP mode.
public struct ForwardAuthDoor: DoorType {
    /// What `type` calls it.
    public static let name = "forward-auth"
    /// Which programs it serves.
    public static let summary = "nginx auth_request, Caddy forward_auth, Traefik ForwardAuth, Envoy ext_authz over HTTP"
    /// A client too many is answered 503.
    public static let speaksHTTP = true
    /// How long the proxies wait.
    public static let patience = [
        ClientPatience("Traefik", .seconds(30), setting: nil),
        ClientPatience("nginx", .seconds(60), setting: "proxy_read_timeout"),
    ]
    /// What `option` lines may say.
    public static let options = [
        DoorOption(
            "trusted-proxies", .text, default: "127.0.0.1,::1",
            "proxies that are believed, with commas; at the unix socket every client is"
        ),
        DoorOption(
            "cookie", .text, default: "__Host-authhost", "the name of the session cookie; it begins with `__Host-`"),
        DoorOption(
            "pages", .text, default: "/_authhost",
            "the path below which browsers log in and out, as the proxy passes it on; `none` for no pages"),
        DoorOption("title", .text, default: "authhost", "what the pages and the password box of browsers are titled"),
        DoorOption(
            "bearer", .choice(ForwardAuthHandler.BearerUse.allCases.map(\.rawValue)), default: "session",
            "how to read `Authorization: Bearer`: as a session id or a JSON Web Token, or not at all"),
        DoorOption(
            "identity-headers", .text, default: "Remote-User,X-Auth-User",
            "the headers that tell the application who it is, with commas"),
        attributeHeaders,
    ]
    /// The object of a request, where the block names none.
    public static let template: DoorTemplate? = DoorTemplate(
        "/web%p",
        [
            ("p", "the path, decoded, without a slash at its end"), ("m", "the method"),
            ("h", "the host in small letters, without its port"),
        ])

    /// What the HTTP door has too.
    static let attributeHeaders = DoorOption(
        "attribute-headers", .text, default: "",
        "headers that have attributes, as `ATTRIBUTE=HEADER` with commas, such as `group=Remote-Groups`")

    let settings: DoorSettings
    let host: any QuestionAnswering
    let proxies: PermittedClients
    let handler: ForwardAuthHandler
    let pages: ForwardAuthPages?

    /// Makes the door; throws what is wrong with its block.
    public init(_ settings: DoorSettings, host: any QuestionAnswering) throws(DoorProblem) {
        self.settings = settings
        self.host = host
        let options = ForwardAuthOptions(settings)
        proxies = try options.proxies()
        let cookie = try options.cookie()
        let title = options.text("title")
        pages = try options.pagesPath().map { path in
            ForwardAuthPages(
                door: settings.name, applicationID: settings.applicationID ?? "", path: path, title: title,
                cookie: cookie)
        }
        handler = ForwardAuthHandler(
            door: settings.name, applicationID: settings.applicationID ?? "", cookie: CookieName(cookie),
            template: try options.template(), identityFields: try options.identityFields(),
            attributeFields: try ForwardAuthOptions.attributeFields(
                settings, of: Self.self, but: try options.identityFields()),
            challenge: "Basic realm=\(Endpoints.quoted(title)), charset=\"UTF-8\"",
            bearer: .init(rawValue: options.text("bearer")) ?? .none, logInPath: pages?.logInPath)
    }

    /// Begins the conversation with a client.
    public func converse<Carrier: DoorCarrying>(_ client: DoorClient, by carrier: Carrier) -> Carrier.Carried {
        carrier.carry(HTTPConversation(service: ForwardAuthService(door: self, client: client)))
    }
}

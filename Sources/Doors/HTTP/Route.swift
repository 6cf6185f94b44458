/// One path with one method. The list is everything the HTTP door serves.
struct Route: Sendable {
    let method: RequestMethod
    let path: String
    /// Most bytes of a body.
    let maximumBody: Int
    /// Whether a refusal has no body.
    let isBodiless: Bool
    let handle: @Sendable (Endpoints, StrictRequest, DoorPeer) throws(RequestRefusal) -> Step

    init(
        _ method: RequestMethod, _ path: String, maximumBody: Int = usualBody, isBodiless: Bool = false,
        handle: @escaping @Sendable (Endpoints, StrictRequest, DoorPeer) throws(RequestRefusal) -> Step
    ) {
        self.method = method
        self.path = path
        self.maximumBody = maximumBody
        self.isBodiless = isBodiless
        self.handle = handle
    }

    /// Answers a request, or says in a reply why not.
    func answer(_ request: StrictRequest, from peer: DoorPeer, at endpoints: Endpoints) -> Step {
        do throws(RequestRefusal) {
            return try handle(endpoints, request, peer)
        } catch {
            return .reply(isBodiless ? Reply(error.status) : Reply(error))
        }
    }

    static let forwardAuthPath = "/auth"

    /// A batch of 1,000 checks with names of 1,000 bytes fits.
    static let largeBody = 2 * 1024 * 1024
    /// A check with a thousand short fields fits, and a log-in whose password is all escapes.
    static let usualBody = 64 * 1024
    /// Of what has no body, or a session's name in it.
    static let smallBody = 4 * 1024

    static let all: [Route] =
        RequestMethod.allCases.map { method in
            Route(method, forwardAuthPath, isBodiless: true) {
                (endpoints, request, peer) throws(RequestRefusal) in try endpoints.forwardAuth(request, peer)
            }
        } + [
            Route(.get, "/v1/check", maximumBody: smallBody) { (endpoints, request, peer) throws(RequestRefusal) in
                try endpoints.checkQuery(request, peer)
            },
            Route(.post, "/v1/check") { (endpoints, request, peer) throws(RequestRefusal) in
                try endpoints.check(request, peer)
            },
            Route(.post, "/v1/checks", maximumBody: largeBody) { (endpoints, request, peer) throws(RequestRefusal) in
                try endpoints.checks(request, peer)
            },
            Route(.post, "/v1/login") { (endpoints, request, peer) throws(RequestRefusal) in
                try endpoints.login(request, peer)
            },
            Route(.post, "/v1/logout", maximumBody: smallBody) { (endpoints, request, peer) throws(RequestRefusal) in
                try endpoints.logout(request, peer)
            },
            Route(.post, "/v1/map") { (endpoints, request, peer) throws(RequestRefusal) in
                try endpoints.map(request, peer)
            },
            Route(.put, "/v1/objects", maximumBody: largeBody) { (endpoints, request, peer) throws(RequestRefusal) in
                try endpoints.putObject(request, peer)
            },
            Route(.delete, "/v1/objects") { (endpoints, request, peer) throws(RequestRefusal) in
                try endpoints.deleteObject(request, peer)
            },
            Route(.get, "/health", maximumBody: smallBody) { endpoints, request, peer in
                endpoints.health(request, peer)
            },
            Route(.get, "/ready", maximumBody: smallBody) { endpoints, request, peer in
                endpoints.ready(request, peer)
            },
            Route(.get, "/metrics", maximumBody: smallBody) { endpoints, request, peer in
                endpoints.metricsText(request, peer)
            },
            Route(.get, "/openapi.json", maximumBody: smallBody) { endpoints, request, peer in
                endpoints.openAPI(request, peer)
            },
        ] + ofCredentials + administrative
}

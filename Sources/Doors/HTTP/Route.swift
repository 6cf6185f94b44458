/// One path with one method. The list is everything the HTTP door serves.
struct Route: Sendable {
    let method: RequestMethod
    let path: String
    /// Whether the lean reader serves it too.
    let isHot: Bool
    /// Whether a refusal has no body.
    let isBodiless: Bool
    let handle: @Sendable (Endpoints, StrictRequest, Peer) throws(RequestRefusal) -> Step

    init(
        _ method: RequestMethod, _ path: String, isHot: Bool = false, isBodiless: Bool = false,
        handle: @escaping @Sendable (Endpoints, StrictRequest, Peer) throws(RequestRefusal) -> Step
    ) {
        self.method = method
        self.path = path
        self.isHot = isHot
        self.isBodiless = isBodiless
        self.handle = handle
    }

    /// Answers a request, or says in a reply why not.
    func answer(_ request: StrictRequest, from peer: Peer, at endpoints: Endpoints) -> Step {
        do throws(RequestRefusal) {
            return try handle(endpoints, request, peer)
        } catch {
            return .reply(isBodiless ? Reply(error.status) : Reply(error))
        }
    }

    static let forwardAuthPath = "/auth"

    static let all: [Route] =
        RequestMethod.allCases.map { method in
            Route(method, forwardAuthPath, isHot: true, isBodiless: true) {
                (endpoints, request, peer) throws(RequestRefusal) in try endpoints.forwardAuth(request, peer)
            }
        } + [
            Route(.get, "/v1/check", isHot: true) { (endpoints, request, peer) throws(RequestRefusal) in
                try endpoints.checkQuery(request, peer)
            },
            Route(.post, "/v1/check", isHot: true) { (endpoints, request, peer) throws(RequestRefusal) in
                try endpoints.check(request, peer)
            },
            Route(.post, "/v1/checks") { (endpoints, request, peer) throws(RequestRefusal) in
                try endpoints.checks(request, peer)
            },
            Route(.post, "/v1/login") { (endpoints, request, peer) throws(RequestRefusal) in
                try endpoints.login(request, peer)
            },
            Route(.post, "/v1/logout") { (endpoints, request, peer) throws(RequestRefusal) in
                try endpoints.logout(request, peer)
            },
            Route(.post, "/v1/map") { (endpoints, request, peer) throws(RequestRefusal) in
                try endpoints.map(request, peer)
            },
            Route(.put, "/v1/objects") { (endpoints, request, peer) throws(RequestRefusal) in
                try endpoints.putObject(request, peer)
            },
            Route(.delete, "/v1/objects") { (endpoints, request, peer) throws(RequestRefusal) in
                try endpoints.deleteObject(request, peer)
            },
            Route(.get, "/health") { endpoints, request, peer in endpoints.health(request, peer) },
            Route(.get, "/ready") { endpoints, request, peer in endpoints.ready(request, peer) },
            Route(.get, "/metrics") { endpoints, request, peer in endpoints.metricsText(request, peer) },
            Route(.get, "/openapi.json") { endpoints, request, peer in endpoints.openAPI(request, peer) },
        ] + ofCredentials + administrative

    static let hot = all.filter(\.isHot)

    /// The route that the lean reader serves a request with, nil for one of the framework's.
    static func hot(_ head: RequestHead, _ bytes: Span<UInt8>) -> Route? {
        for route in hot where route.method == head.method && RequestLine.equals(bytes, head.path, route.path) {
            return route
        }
        return nil
    }
}

import Metrics

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

/// What all connections of an HTTP door share.
final class RouteTable: Sendable {
    let endpoints: Endpoints
    fileprivate let counts: ResponseCounts
    private let routes: [Route]

    init(_ endpoints: Endpoints, _ counts: ResponseCounts) {
        self.endpoints = endpoints
        self.counts = counts
        routes = Route.all.filter(endpoints.serves)
    }

    /// Paths are compared byte by byte: what a proxy in front lets through is what is meant.
    func target(_ head: RequestHead, _ bytes: Span<UInt8>) -> RouteTarget {
        // Routes are compared in their place: a copy of one costs a reference count for each of its parts.
        for place in routes.indices where routes[place].method == head.method {
            if RequestLine.equals(bytes, head.path, routes[place].path) { return .route(routes[place]) }
        }
        let others = routes.filter { RequestLine.equals(bytes, head.path, $0.path) }
        // All that can be asked with GET can be asked with HEAD (RFC 9110, section 9.3.2).
        if head.method == .head, let route = others.first(where: { $0.method == .get }) { return .route(route) }
        return others.first.map { .otherMethods(others.map(\.method), path: $0.path) } ?? .nowhere
    }
}

/// Where a request goes at the HTTP door.
enum RouteTarget {
    case route(Route)
    /// The path is there, with other methods.
    case otherMethods([RequestMethod], path: String)
    case nowhere
}

/// What one connection of an HTTP door does with its requests.
struct RouteService: HTTPService {
    let table: RouteTable
    let client: DoorClient
    let keepAliveTimeout: Duration

    var host: any QuestionAnswering { table.endpoints.host }
    var requestTimeout: Duration { client.timeout }

    func endpoint(_ head: RequestHead, _ bytes: Span<UInt8>) -> RouteTarget { table.target(head, bytes) }

    func bodyLimit(of endpoint: RouteTarget) -> Int {
        if case .route(let route) = endpoint { route.maximumBody } else { Route.smallBody }
    }

    func refusal(of head: RequestHead, _ bytes: Span<UInt8>, at endpoint: RouteTarget) -> Reply? {
        switch endpoint {
        case .route: return nil
        case .otherMethods(let methods, _):
            let allowed = methods.map(\.rawValue).joined(separator: ", ")
            return Reply(RequestRefusal(405, "this path takes \(allowed)")).adding("allow", allowed)
        case .nowhere: return Reply(RequestRefusal(404, "there is nothing at this path"))
        }
    }

    func answer(_ request: StrictRequest, at endpoint: RouteTarget) -> Step {
        if case .route(let route) = endpoint { return route.answer(request, from: client.peer, at: table.endpoints) }
        let refusal = refusal(of: request.head, request.span, at: endpoint)
        return .reply(refusal ?? Reply(404))
    }

    func name(of endpoint: RouteTarget) -> String {
        switch endpoint {
        case .route(let route): route.path
        case .otherMethods(_, let path): path
        case .nowhere: "unknown"
        }
    }

    func responses(_ endpoint: String, _ status: Int) -> Counter? { table.counts.responses(endpoint, status) }

    func refused(_ refusal: RequestRefusal) { client.countFault(refusal.code) }
}

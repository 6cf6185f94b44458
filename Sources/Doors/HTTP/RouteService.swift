import Metrics
import NIOCore

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
        for route in routes where route.method == head.method && RequestLine.equals(bytes, head.path, route.path) {
            return .route(route)
        }
        let others = routes.filter { RequestLine.equals(bytes, head.path, $0.path) }
        // Whatever can be asked with GET can be asked with HEAD (RFC 9110, section 9.3.2).
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
    let peer: DoorPeer
    let connection: DoorConnection
    let keepAliveTimeout: TimeAmount

    var host: any QuestionAnswering { table.endpoints.host }
    var requestTimeout: TimeAmount { connection.timeout }

    func endpoint(_ head: RequestHead, _ bytes: Span<UInt8>) -> RouteTarget { table.target(head, bytes) }

    func bodyLimit(of endpoint: RouteTarget) -> Int {
        if case .route(let route) = endpoint { route.maximumBody } else { Route.smallBody }
    }

    func refusal(of head: RequestHead, _ bytes: Span<UInt8>, at endpoint: RouteTarget) -> Reply? {
        switch endpoint {
        case .route: return nil
        case .otherMethods(let methods, _):
            let allowed = methods.map(\.rawValue).joined(separator: ", ")
            return Reply(RequestRefusal(405, "the method is none of \(allowed)")).adding("allow", allowed)
        case .nowhere: return Reply(RequestRefusal(404, "there is nothing at this path"))
        }
    }

    func answer(_ request: StrictRequest, at endpoint: RouteTarget) -> Step {
        if case .route(let route) = endpoint { return route.answer(request, from: peer, at: table.endpoints) }
        let refusal = refusal(of: request.head, request.bytes.readableBytesUInt8Span, at: endpoint)
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

    func refused(_ refusal: RequestRefusal) { connection.countFault(refusal.code) }

    func failed(_ error: any Error) { connection.log.debug("a connection of the HTTP door failed: \(error)") }
}

import Logging
import Metrics
import NIOCore

/// What all connections of a door share.
final class DoorService: Sendable {
    let configuration: HTTPDoorConfiguration
    let endpoints: Endpoints
    let metrics: DoorMetrics
    let registry: ConnectionRegistry
    let logger: Logger
    private let routes: [Route]

    init(configuration: HTTPDoorConfiguration, endpoints: Endpoints, metrics: DoorMetrics, logger: Logger) {
        self.configuration = configuration
        self.endpoints = endpoints
        self.metrics = metrics
        registry = ConnectionRegistry(
            maximum: configuration.maximumConnections, maximumOfClient: configuration.maximumClientConnections,
            // Health is asked here, whatever the other doors hold.
            guaranteed: 4, descriptors: configuration.descriptors,
            connections: metrics.connections,
            rejected: metrics.rejectedConnections)
        self.logger = logger
        routes = Route.all.filter(endpoints.serves)
    }

    /// Prepares a connection that was accepted for its first request.
    func prepare(_ channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let use = registry.admit(channel) {
                try pipeline.addHandlers(
                    // Behind the connection's own times.
                    ConnectionGuard(
                        use, firstByte: requestTimeout + .seconds(5),
                        idle: keepAliveTimeout + .seconds(5)),
                    LeanConnection(service: self))
            } else {
                try pipeline.addHandler(RejectedConnection())
            }
        }
    }
}

/// Where a request goes at the HTTP door.
enum RouteTarget {
    case route(Route)
    /// The path is there, with other methods.
    case otherMethods([RequestMethod], path: String)
    case nowhere
}

extension DoorService: LeanService {
    var host: any QuestionAnswering { endpoints.host }
    var requestTimeout: TimeAmount { TimeAmount(configuration.requestTimeout) }
    var keepAliveTimeout: TimeAmount { TimeAmount(configuration.keepAliveTimeout) }

    func client(of channel: any Channel) -> Peer { Peer(channel.remoteAddress ?? channel.localAddress) }

    /// Paths are compared byte by byte: what a proxy in front lets through is what is meant.
    func endpoint(_ head: RequestHead, _ bytes: Span<UInt8>) -> RouteTarget {
        for route in routes where route.method == head.method && RequestLine.equals(bytes, head.path, route.path) {
            return .route(route)
        }
        let others = routes.filter { RequestLine.equals(bytes, head.path, $0.path) }
        // Whatever can be asked with GET can be asked with HEAD (RFC 9110, section 9.3.2).
        if head.method == .head, let route = others.first(where: { $0.method == .get }) { return .route(route) }
        return others.first.map { .otherMethods(others.map(\.method), path: $0.path) } ?? .nowhere
    }

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

    func answer(_ request: StrictRequest, at endpoint: RouteTarget, from client: Peer) -> Step {
        if case .route(let route) = endpoint { return route.answer(request, from: client, at: endpoints) }
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

    func responses(_ endpoint: String, _ status: Int) -> Counter? { metrics.responses(endpoint, status) }

    func refused(_ refusal: RequestRefusal) {}

    func failed(_ error: any Error) { logger.debug("connection failed", metadata: ["error": "\(error)"]) }
}

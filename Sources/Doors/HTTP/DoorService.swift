import Hummingbird
import HummingbirdCore
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
    private let framework: HTTP1Channel

    init(configuration: HTTPDoorConfiguration, endpoints: Endpoints, metrics: DoorMetrics, logger: Logger) {
        self.configuration = configuration
        self.endpoints = endpoints
        self.metrics = metrics
        registry = ConnectionRegistry(
            maximum: configuration.maximumConnections, descriptors: configuration.descriptors,
            connections: metrics.connections,
            rejected: metrics.rejectedConnections)
        self.logger = logger
        let responder = FrameworkResponder(endpoints: endpoints, metrics: metrics, logger: logger)
        let limits = StrictRequestReader.Limits()
        framework = HTTP1Channel(
            responder: { request, writer, channel in
                try await responder.respond(to: request, writer: writer, channel: channel)
            },
            configuration: .init(
                additionalChannelHandlers: [RequestEnd(), ClientWatcher()],
                idleTimeout: configuration.keepAliveTimeout,
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: limits.fieldSection, maxHeaderListSize: limits.fieldSection,
                    maxHeaderFieldCount: limits.fields)))
    }

    /// Prepares a connection that was accepted for its first request.
    func prepare(_ channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let use = registry.admit(channel) {
                try pipeline.addHandlers(
                    ConnectionGuard(
                        use, firstByte: configuration.requestTimeout, idle: configuration.keepAliveTimeout),
                    LeanConnection(service: self))
            } else {
                try pipeline.addHandler(RejectedConnection())
            }
        }
    }

    /// Hands a connection to the framework. Must be called on the connection's event loop.
    func takeOver(_ channel: any Channel) {
        let (framework, registry, logger) = (framework, registry, logger)
        do {
            try channel.pipeline.syncOperations.addHandler(
                ArrivalLimit(configuration.requestTimeout), position: .first)
        } catch {
            logger.error("connection could not be handed over", metadata: ["error": "\(error)"])
            return channel.close(promise: nil)
        }
        framework.setup(channel: channel, logger: logger).whenComplete { result in
            switch result {
            case .success(let value): registry.run { await framework.handle(value: value, logger: logger) }
            case .failure(let error):
                logger.error("connection could not be handed over", metadata: ["error": "\(error)"])
                channel.close(promise: nil)
            }
        }
    }
}

extension DoorService: LeanService {
    var host: any QuestionAnswering { endpoints.host }
    var requestTimeout: TimeAmount { configuration.requestTimeout }
    var keepAliveTimeout: TimeAmount { configuration.keepAliveTimeout }

    func client(of channel: any Channel) -> Peer { Peer(channel.remoteAddress ?? channel.localAddress) }

    func endpoint(_ head: RequestHead, _ bytes: Span<UInt8>) -> Route? { Route.hot(head, bytes) }

    func answer(_ request: StrictRequest, at endpoint: Route, from client: Peer) -> Step {
        endpoint.answer(request, from: client, at: endpoints)
    }

    func name(of endpoint: Route) -> String { endpoint.path }

    func responses(_ endpoint: String, _ status: Int) -> Counter? { metrics.responses(endpoint, status) }

    func refused(_ refusal: RequestRefusal) {}

    func failed(_ error: any Error) { logger.debug("connection failed", metadata: ["error": "\(error)"]) }
}

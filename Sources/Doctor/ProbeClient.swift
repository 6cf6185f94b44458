import DoorCarrier
import DoorProtocols
import NIOCore
import NIOPosix
import NIOSSL

/// Asks one question as a door's least client does.
enum ProbeClient {
    /// How long it waits for what this process itself sends, and for its connection.
    static let longestPatience = Duration.seconds(60)

    /// - Returns: whether the client lets its user in: not without a whole answer that says so. nil: it could not connect.
    static func ask(
        _ probe: DoorProbe, at place: SocketAddress, usesTLS: Bool, patience: Duration
    ) async -> (isLetIn: Bool?, received: [UInt8], note: String) {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let result: (isLetIn: Bool?, received: [UInt8], note: String)
        do {
            let channel = try await ClientBootstrap(group: group)
                .connectTimeout(TimeAmount(longestPatience))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        guard usesTLS, place.protocol != .unix else { return }
                        var configuration = TLSConfiguration.makeClientConfiguration()
                        // It asks the door that this process itself has opened.
                        configuration.certificateVerification = .none
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(
                                context: NIOSSLContext(configuration: configuration), serverHostname: nil))
                    }
                }
                .connect(to: place).get()
            let answered = channel.eventLoop.makePromise(of: (Bool, [UInt8]).self)
            do {
                try await channel.eventLoop.submit {
                    try channel.pipeline.syncOperations.addHandler(ProbeReader(probe, answered, TimeAmount(patience)))
                }.get()
            } catch {
                // The other side may have closed the connection already, which is no answer.
                answered.succeed((false, []))
            }
            try? await channel.writeAndFlush(ByteBuffer(bytes: probe.request))
            let (isLetIn, received) = try await answered.futureResult.get()
            try? await channel.close()
            result = (isLetIn, received, "")
        } catch {
            result = (nil, [], "\(error)")
        }
        try? await group.shutdownGracefully()
        return result
    }
}

/// Reads until there is a whole answer, the end of the connection, or no more patience.
private final class ProbeReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let probe: DoorProbe
    private let patience: TimeAmount
    private var answered: EventLoopPromise<(Bool, [UInt8])>?
    private var received: [UInt8] = []
    private var timer: Scheduled<Void>?

    init(_ probe: DoorProbe, _ answered: EventLoopPromise<(Bool, [UInt8])>, _ patience: TimeAmount) {
        self.probe = probe
        self.answered = answered
        self.patience = patience
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: patience) { self.finish(false) }
        if !context.channel.isActive { finish(false) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += unwrapInboundIn(data).readableBytesView
        if let isLetIn = probe.isLetIn(received) { finish(isLetIn) }
    }

    func channelInactive(context: ChannelHandlerContext) { finish(false) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { finish(false) }

    func handlerRemoved(context: ChannelHandlerContext) { finish(false) }

    private func finish(_ isLetIn: Bool) {
        timer?.cancel()
        answered?.succeed((isLetIn, received))
        answered = nil
    }
}

import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// The control socket: operators' requests, one JSON object a line, for the owner of the host and root.
///
/// It has a thread of its own, so that neither a slow client nor a long list delays a door. A client that says nothing for
/// 10 seconds, nothing more for a minute, does not read its answers, or sends a longer line than 16,384 bytes is let go.
/// There are 32 at most: one more takes the place of the one that was idle for longest.
public struct ControlServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel
    private let socket: UnixSocket
    private let connections: ConnectionRegistry
    /// How many operators there are at once.
    static let mostConnections = 32

    /// Listens; the socket has the mode 0600.
    ///
    /// - Throws: ``UnixSocketError`` when something else is at the path or a server answers there.
    /// - Parameter firstByte: how long a client may take to say anything.
    public init(
        path: String, host: any ControlAnswering, log: Logger, firstByte: TimeAmount = .seconds(10)
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let connections = ConnectionRegistry(maximum: Self.mostConnections)
        group.next().execute { host.keepThreadFree() }
        do {
            let bootstrap = ServerBootstrap(group: group)
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            AcceptPause(log, keepsSpare: true, giveUp: { connections.giveUpIdle() }))
                    }
                }
                .childChannelOption(.writeBufferWaterMark, value: .init(low: 65_536, high: 262_144))
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let use = connections.admit(channel)
                        try channel.pipeline.syncOperations.addHandlers(
                            ConnectionGuard(use ?? ConnectionUse(), firstByte: firstByte, idle: nil),
                            IdleStateHandler(allTimeout: .seconds(60)),
                            ControlConnection(host, use, log))
                    }
                }
            (socket, channel) = try await UnixSocket.listen(at: path, mode: 0o600, bootstrap)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        self.group = group
        self.connections = connections
    }

    /// Stops listening, removes the socket, and ends every connection but of those who follow the event log.
    ///
    /// When it returns the host is asked nothing any more.
    public func stopAnswering() async {
        socket.remove()
        try? await channel.close()
        for channel in connections.all { channel.pipeline.fireUserInboundEventTriggered(ControlEnd.ofAnswers) }
        // Whatever is under way on the one thread is over when this has run.
        try? await channel.eventLoop.submit {}.get()
    }

    /// Sends the last lines of the event log to those who follow it, for a second at most, and ends.
    public func stop() async {
        let last = connections.all
        for channel in last { channel.pipeline.fireUserInboundEventTriggered(ControlEnd.ofEvents) }
        for channel in last { try? await channel.closeFuture.get() }
        try? await group.shutdownGracefully()
    }
}

/// What ends for a connection of a control socket.
enum ControlEnd {
    case ofAnswers
    case ofEvents
}

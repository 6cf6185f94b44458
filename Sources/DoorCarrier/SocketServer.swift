import DoorProtocols
import Logging
import NIOCore
import NIOPosix

/// Serves conversations at one unix socket, on a thread of its own: neither a slow client nor a long answer delays a door.
package struct SocketServer: Sendable {
    /// Begins the conversation with a client; `isOneTooMany` where as many are connected as may be.
    package typealias Converse =
        @Sendable (_ client: DoorPeer, _ isOneTooMany: Bool, _ carrier: ChannelCarrying) -> CarriedConversation

    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel
    private let socket: UnixSocket
    private let connections: ConnectionRegistry

    /// Listens.
    ///
    /// - Parameters:
    ///   - mode: the socket's permissions.
    ///   - most: how many clients there may be; one more takes the place of the one that was idle for longest.
    ///   - firstByte: how long a client may take to say anything.
    ///   - begun: called on the server's thread before anything else happens there.
    /// - Throws: ``UnixSocketError`` when something else is at the path or a server answers there.
    package init(
        path: String, mode: UInt32, most: Int, firstByte: Duration, log: Logger,
        begun: @escaping @Sendable () -> Void, converse: @escaping Converse
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let connections = ConnectionRegistry(maximum: most)
        group.next().execute(begun)
        do {
            let bootstrap = ServerBootstrap(group: group)
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            AcceptPause(log, keepsSpare: true, giveUp: { connections.giveUpIdle() }))
                    }
                }
                .childChannelOption(.writeBufferWaterMark, value: .init(low: 65_536, high: 262_144))
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelInitializer { channel in
                    DoorPeer.of(channel).flatMapThrowing { peer in
                        let admitted = connections.admit(channel)
                        let use = admitted ?? ConnectionUse()
                        let watch = IdleWatch(use, firstByte: TimeAmount(firstByte), idle: nil)
                        try channel.pipeline.syncOperations.addHandler(
                            converse(peer, admitted == nil, ChannelCarrying(use: use, watch: watch, log: log)).handler)
                    }
                }
            (socket, channel) = try await UnixSocket.listen(at: path, mode: mode, bootstrap)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        self.group = group
        self.connections = connections
    }

    /// Stops listening, removes the socket, and stops every conversation.
    ///
    /// When it returns, nothing that was under way on the thread is any more.
    package func stopListening() async {
        socket.remove()
        try? await channel.close()
        stopConversations()
        try? await channel.eventLoop.submit {}.get()
    }

    /// Stops the conversations that are left once more, gives them a second, and ends.
    package func stop() async {
        let last = connections.all
        stopConversations()
        // A client that does not read does not hold up the end.
        let limit = channel.eventLoop.scheduleTask(in: .seconds(1)) { connections.closeAll() }
        for channel in last { try? await channel.closeFuture.get() }
        limit.cancel()
        try? await group.shutdownGracefully()
    }

    private func stopConversations() {
        for channel in connections.all { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }
}

import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// The control socket: operators' requests, one JSON object a line, for the owner of the host and root.
///
/// It has a thread of its own, so that neither a slow client nor a long list delays a door. A client that says nothing for
/// a minute, does not read its answers, or sends a longer line than 16,384 bytes is let go; there are 32 at most.
public struct ControlServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel
    private let socket: UnixSocket

    /// Listens; the socket has the mode 0600.
    ///
    /// - Throws: ``UnixSocketError`` when something else is at the path or a server answers there.
    public init(path: String, host: any ControlAnswering, log: Logger) async throws {
        let socket = try UnixSocket(path: path, mode: 0o600)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            let connections = ControlConnections()
            channel = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 32)
                .childChannelOption(.writeBufferWaterMark, value: .init(low: 65_536, high: 262_144))
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandlers(
                            IdleStateHandler(allTimeout: .seconds(60)),
                            ControlConnection(host, connections, log))
                    }
                }
                .withBoundSocket(socket.descriptor).get()
        } catch {
            socket.remove()
            try? await group.shutdownGracefully()
            throw error
        }
        self.socket = socket
        self.group = group
    }

    /// Stops listening, removes the socket, and ends every connection.
    public func stop() async {
        socket.remove()
        try? await channel.close()
        try? await group.shutdownGracefully()
    }
}

/// Counts the connections of a control socket; all are on one event loop.
final class ControlConnections: Sendable {
    static let limit = 32
    private let open = Mutex(0)

    func enter() -> Bool {
        open.withLock { open in
            guard open < Self.limit else { return false }
            open += 1
            return true
        }
    }

    func leave() { open.withLock { $0 -= 1 } }
}

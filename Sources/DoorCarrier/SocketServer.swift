import Basics
import DoorProtocols
import Epoll
import Glibc
import Logging

/// Serves conversations at one unix socket, on a thread of its own: neither a slow client nor a long answer delays a door.
package struct SocketServer: Sendable {
    /// Begins the conversation with a client; `isOneTooMany` where as many are connected as may be.
    package typealias Converse =
        @Sendable (_ client: DoorPeer, _ isOneTooMany: Bool, _ carrier: ConversationBox) -> any CarriedConversation

    private let loop: EpollLoop
    private let listener: Listener
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
        let loop = try EpollLoop("auth-control")
        let connections = ConnectionRegistry(maximum: most)
        loop.execute(begun)
        let serving = DoorServing(isUnixSocket: true) { descriptor, peer, loop in
            Self.begin(descriptor, peer, loop, connections, firstByte, converse)
        }
        do {
            let dealer = ConnectionDealer([], spare: loop, serving)
            let pause = AcceptPause(log, keepsSpare: true, giveUp: { connections.giveUpIdle() })
            (socket, listener) = try await UnixSocket.listen(
                at: path, mode: mode, { try await Listener($0, on: loop, dealer, pause) },
                closing: { await $0.close() })
        } catch {
            await loop.end()
            throw error
        }
        self.loop = loop
        self.connections = connections
    }

    private static func begin(
        _ descriptor: CInt, _ peer: DoorPeer, _ loop: EpollLoop, _ connections: ConnectionRegistry,
        _ firstByte: Duration, _ converse: Converse
    ) {
        let begun = SocketCarrier.begin(descriptor, on: loop, in: connections, of: peer) { use in
            Carrier(
                converse(peer, false, ConversationBox()), use, watch: IdleWatch(use, firstByte: firstByte, idle: nil))
        }
        if begun { return }
        // It is told so, and holds no place.
        let use = ConnectionUse()
        let carrier = Carrier(
            converse(peer, true, ConversationBox()), use, watch: IdleWatch(use, firstByte: firstByte, idle: nil))
        SocketCarrier(loop, descriptor).begin(carrier) {}
    }

    /// Stops listening, removes the socket, and stops every conversation.
    ///
    /// When it returns, nothing that was under way on the thread is any more.
    package func stopListening() async {
        socket.remove()
        await listener.close()
        for connection in connections.all { connection.stop() }
        await loop.run {}
    }

    /// Stops the conversations that are left once more, gives them a second, and ends.
    package func stop() async {
        // A client that does not read does not hold up the end.
        let late = Task { [connections] in
            try await Task.sleep(for: .seconds(1))
            connections.closeAll()
        }
        await connections.drain()
        late.cancel()
        await loop.end()
    }
}

import Basics
import DoorProtocols
import Epoll
import Glibc
import Logging
import Synchronization

/// Serves conversations at one unix socket, on a thread of its own: neither a slow client nor a long answer delays a door.
package struct SocketServer: Sendable {
    /// Begins the conversation with a client; `isOneTooMany` where as many are connected as may be.
    ///
    /// Another descriptor of the connection is made while that is open; it is the caller's, and -1 where there is none.
    package typealias Converse =
        @Sendable (
            _ client: DoorPeer, _ isOneTooMany: Bool, _ another: @escaping @Sendable () -> CInt,
            _ carrier: ConversationBox
        ) -> any CarriedConversation

    private let loop: EpollLoop
    private let listener: Listener
    private let path: String
    private let socket: OwnedPath
    private let connections: OpenConnections

    /// Listens.
    ///
    /// - Parameters:
    ///   - mode: the socket's permissions.
    ///   - most: how many clients there may be; one more takes the place of the one that was idle for longest.
    ///   - firstByte: how long a client may take to say anything.
    ///   - inherited: a socket that listens there and is another process's as well, which accepts nothing before ``resume()``; nil to make
    ///     one. It is closed where this throws.
    ///   - isHeld: whether nothing is accepted before that anyway.
    ///   - begun: called on the server's thread before anything else happens there.
    /// - Throws: ``UnixSocketError`` when something else is at the path or a server answers there.
    package init(
        path: String, mode: UInt32, most: Int, firstByte: Duration, log: Logger, inherited: CInt? = nil,
        isHeld: Bool = false, begun: @escaping @Sendable () -> Void, converse: @escaping Converse
    ) async throws {
        let loop = try EpollLoop("auth-control")
        let connections = OpenConnections(maximum: most)
        loop.execute(begun)
        let serving = DoorServing(isUnixSocket: true) { descriptor, peer, loop in
            Self.begin(descriptor, peer, loop, connections, firstByte, converse)
        }
        do {
            let dealer = ConnectionDealer([], spare: loop, serving)
            let pause = AcceptPause(log, keepsSpare: true, giveUp: { connections.giveUpIdle() })
            if let inherited {
                listener = try await Listener(inherited, on: loop, dealer, pause, isHeld: true)
                socket = OwnedPath(nil)
            } else {
                let (made, listener) = try await UnixSocket.listen(
                    at: path, mode: mode, { try await Listener($0, on: loop, dealer, pause, isHeld: isHeld) },
                    closing: { await $0.close() })
                self.listener = listener
                socket = OwnedPath(made)
            }
            self.path = path
        } catch {
            await loop.end()
            throw error
        }
        self.loop = loop
        self.connections = connections
    }

    private static func begin(
        _ descriptor: CInt, _ peer: DoorPeer, _ loop: EpollLoop, _ connections: OpenConnections,
        _ firstByte: Duration, _ converse: Converse
    ) {
        // The conversation asks for it on its own thread, while its connection is open.
        let another: @Sendable () -> CInt = { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }
        let begun = SocketCarrier.begin(descriptor, on: loop, in: connections, of: peer) { use in
            Carrier(
                converse(peer, false, another, ConversationBox()), use,
                watch: IdleWatch(use, firstByte: firstByte, idle: nil))
        }
        if begun { return }
        // It is told so, and holds no place.
        let use = ConnectionUse()
        let carrier = Carrier(
            converse(peer, true, another, ConversationBox()), use,
            watch: IdleWatch(use, firstByte: firstByte, idle: nil))
        SocketCarrier(loop, descriptor).begin(carrier) {}
    }

    /// Another descriptor of the listening socket, which is the caller's; nil where there is none.
    package func duplicate() async -> CInt? { await listener.duplicate() }

    /// Accepts nothing until ``resume()``.
    package func hold() async { await listener.hold() }

    /// Accepts again, or for the first time; the path of a socket that another process has made is this one's to remove from here on.
    package func resume() async {
        socket.adopt(path)
        await listener.resume()
    }

    /// Leaves the path to the process that has taken the socket over.
    package func leavePath() { socket.leave() }

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

/// The path of a socket, for as long as it is ours to remove.
private final class OwnedPath: Sendable {
    private let socket: Mutex<UnixSocket?>

    init(_ socket: UnixSocket?) { self.socket = Mutex(socket) }

    func adopt(_ path: String) { socket.withLock { if $0 == nil { $0 = UnixSocket(adopting: path) } } }

    func leave() { socket.withLock { $0 = nil } }

    func remove() { socket.withLock { $0?.remove() } }
}

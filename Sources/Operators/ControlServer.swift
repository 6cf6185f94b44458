import DoorCarrier
import DoorProtocols
import Glibc
import Logging

/// The control socket: operators' requests, one JSON object a line, for the owner of the host and root.
///
/// A client is let go that says nothing for 10 seconds, nothing more for a minute, does not read its answers, or sends a line
/// longer than 16,384 bytes. There are 32 at most: one more takes the place of the one that was idle for longest.
public struct ControlServer: Sendable {
    private let server: SocketServer

    /// Listens; the socket has the mode 0600.
    ///
    /// - Parameters:
    ///   - firstByte: how long a client may take to say anything.
    ///   - inherited: a socket that listens there and is another process's as well; nil to make one.
    ///   - isHeld: whether operators wait until ``resume()``, as they do with a socket that is another process's as well.
    /// - Throws: ``UnixSocketError`` when something else is at the path or a server answers there.
    public init(
        path: String, host: any ControlAnswering, log: Logger, firstByte: Duration = .seconds(10),
        inherited: Int32? = nil, isHeld: Bool = false
    ) async throws {
        server = try await SocketServer(
            path: path, mode: 0o600, most: ControlLine.mostConnections, firstByte: firstByte, log: log,
            inherited: inherited, isHeld: isHeld, begun: { host.keepThreadFree() },
            converse: { peer, isOneTooMany, another, carrier in
                carrier.carry(
                    ControlConversation(
                        host, peer, owner: geteuid(), isOneTooMany: isOneTooMany, log, another: another))
            })
    }

    /// Another descriptor of the listening socket, which is the caller's; nil where there is none.
    public func duplicate() async -> Int32? { await server.duplicate() }

    /// Lets operators who connect wait until ``resume()``.
    public func hold() async { await server.hold() }

    /// Serves operators again, or for the first time.
    public func resume() async { await server.resume() }

    /// Leaves the path to the process that has taken the socket over.
    public func leavePath() { server.leavePath() }

    /// Stops listening, removes the socket, and ends every connection but of those who follow the event log.
    ///
    /// When it returns the host is asked nothing any more.
    public func stopAnswering() async { await server.stopListening() }

    /// Sends the last lines of the event log to those who follow it, for a second at most, and ends.
    public func stop() async { await server.stop() }
}

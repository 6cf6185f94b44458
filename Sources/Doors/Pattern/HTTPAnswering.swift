import AuthCore
import Metrics
import NIOCore

/// A door whose clients ask with one HTTP request each: from a whole, well-formed request to a step.
///
/// The limits on requests, the time they may take, keeping connections, pipelining and replies without content are
/// ``HTTPConnection``'s.
protocol HTTPAnswering: Sendable {
    var settings: DoorSettings { get }
    var host: any QuestionAnswering { get }

    /// Answers a request; a refusal is told to the client, counted, and shown in the log.
    func answer(_ request: StrictRequest, from client: HTTPDoorClient) throws(RequestRefusal) -> Step

    /// What a request is refused with whatever its body were; nil where it depends on the body.
    func refusal(of head: RequestHead, _ bytes: Span<UInt8>) -> Reply?
}

extension HTTPAnswering {
    /// The handlers of a connection that speaks HTTP.
    func httpHandlers(for peer: DoorPeer, _ connection: DoorConnection) -> [any ChannelHandler] {
        [
            HTTPConnection(
                service: HTTPAnsweringService(door: self, client: HTTPDoorClient(peer: peer, connection: connection)))
        ]
    }
}

/// Who asks over a connection, and where operators are told about it.
struct HTTPDoorClient: Sendable {
    let peer: DoorPeer
    let connection: DoorConnection
}

/// What one connection of an HTTP door does with its requests.
struct HTTPAnsweringService<Door: HTTPAnswering>: HTTPService {
    let door: Door
    let client: HTTPDoorClient

    var host: any QuestionAnswering { door.host }
    var requestTimeout: TimeAmount { client.connection.timeout }
    var keepAliveTimeout: TimeAmount { TimeAmount(door.settings.idleTimeout) }

    func endpoint(_ head: RequestHead, _ bytes: Span<UInt8>) { () }

    func bodyLimit(of endpoint: Void) -> Int { StrictRequestReader.Limits().body }

    func refusal(of head: RequestHead, _ bytes: Span<UInt8>, at endpoint: Void) -> Reply? {
        door.refusal(of: head, bytes)
    }

    func answer(_ request: StrictRequest, at endpoint: Void) -> Step {
        do throws(RequestRefusal) {
            return try door.answer(request, from: client)
        } catch {
            refused(error)
            return .reply(Reply(error))
        }
    }

    func name(of endpoint: Void) -> String { "" }

    func responses(_ endpoint: String, _ status: Int) -> Counter? { nil }

    func refused(_ refusal: RequestRefusal) {
        client.connection.countFault(refusal.code)
        client.connection.log.debug("door \(door.settings.name): a request was refused: \(refusal.detail)")
    }

    func failed(_ error: any Error) {
        client.connection.log.debug("door \(door.settings.name): a connection failed: \(error)")
    }
}

extension Reply {
    /// The bytes of the reply as people read them, without the `date` that is always there.
    var wireText: String {
        var out = ByteBuffer()
        var writer = ReplyWriter()
        writer.write(self, to: &out, isHTTP11: true, keepsAlive: true, withoutContent: false)
        let lines = String(buffer: out).split(separator: "\r\n", omittingEmptySubsequences: false)
        return WireText.escaped(lines.filter { !$0.hasPrefix("date: ") }.joined(separator: "\r\n").utf8)
    }
}

extension Step {
    /// Ends sessions, and goes on.
    static func logOut(_ sessions: [SessionID], then step: Step) -> Step {
        sessions.reduce(step) { next, session in .ask(.logout(session)) { _ in next } }
    }
}

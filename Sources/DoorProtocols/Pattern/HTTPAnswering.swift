import AuthCore
import Logging
import Metrics

/// A door whose clients ask with one HTTP request each: from a whole, well-formed request to a step.
///
/// The limits on requests, the time they may take, keeping connections, pipelining and replies without content are
/// ``HTTPConnection``'s.
protocol HTTPAnswering: Sendable {
    var settings: DoorSettings { get }
    var host: any QuestionAnswering { get }

    /// Answers a request; a refusal is told to the client, counted, and shown in the log.
    func answer(_ request: StrictRequest, from client: DoorClient) throws(RequestRefusal) -> Step

    /// What a request is refused with whatever its body were; nil where it depends on the body.
    func refusal(of head: RequestHead, _ bytes: Span<UInt8>) -> Reply?
}

extension HTTPAnswering {
    /// Begins the conversation with a client that speaks HTTP.
    func httpConversation(_ client: DoorClient) -> HTTPConversation<HTTPAnsweringService<Self>> {
        HTTPConversation(service: HTTPAnsweringService(door: self, client: client))
    }
}

/// What one connection of an HTTP door does with its requests.
struct HTTPAnsweringService<Door: HTTPAnswering>: HTTPService {
    let door: Door
    let client: DoorClient

    var host: any QuestionAnswering { door.host }
    var requestTimeout: Duration { client.timeout }
    var keepAliveTimeout: Duration { door.settings.idleTimeout }

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
        client.countFault(refusal.code)
        client.log.debug("door \(door.settings.name): a request was refused: \(refusal.detail)")
    }
}

extension Reply {
    /// The bytes of the reply as people read them, without the `date` that is always there.
    var wireText: String {
        var out = OutgoingBytes()
        var writer = ReplyWriter()
        writer.write(self, to: &out, at: 0, isHTTP11: true, keepsAlive: true, withoutContent: false)
        let lines = String(decoding: out.bytes, as: UTF8.self).split(
            separator: "\r\n", omittingEmptySubsequences: false)
        return WireText.escaped(lines.filter { !$0.hasPrefix("date: ") }.joined(separator: "\r\n").utf8)
    }
}

extension Step {
    /// Ends sessions, and goes on.
    static func logOut(_ sessions: [SessionID], then step: Step) -> Step {
        sessions.reduce(step) { next, session in .ask(.logout(session)) { _ in next } }
    }
}

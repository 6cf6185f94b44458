import AuthCore
import Metrics
import Synchronization
import Testing

@testable import DoorProtocols

/// Replies whose content comes in pieces, to a client whose room and clock the test turns.
@Suite struct `A reply in pieces` {
    /// Gives a piece when the test says so.
    final class Source: Sendable {
        private struct State {
            var deliver: (@Sendable (ReplyStream.Piece) -> Void)?
            var asked = 0
            var abandoned = 0
        }
        private let state = Mutex(State())

        var asked: Int { state.withLock { $0.asked } }
        var abandoned: Int { state.withLock { $0.abandoned } }

        func stream(isWholeAnywhere: Bool) -> ReplyStream {
            ReplyStream(type: "text/event-stream", isWholeAnywhere: isWholeAnywhere) { [self] deliver in
                state.withLock {
                    $0.asked += 1
                    $0.deliver = deliver
                }
            } abandon: { [self] in
                state.withLock { $0.abandoned += 1 }
            }
        }

        func give(_ piece: ReplyStream.Piece) {
            let deliver = state.withLock { state in
                defer { state.deliver = nil }
                return state.deliver
            }
            deliver?(piece)
        }
    }

    /// Answers `/stream` in pieces and anything else at once.
    struct Service: HTTPService {
        let source: Source
        let isWholeAnywhere: Bool

        var host: any QuestionAnswering { UnaskedHost() }
        var requestTimeout: Duration { .seconds(10) }
        var keepAliveTimeout: Duration { .seconds(75) }
        func endpoint(_ head: RequestHead, _ bytes: Span<UInt8>) -> Bool {
            RequestLine.equals(bytes, head.path, "/stream")
        }
        func bodyLimit(of endpoint: Bool) -> Int { 0 }
        func refusal(of head: RequestHead, _ bytes: Span<UInt8>, at endpoint: Bool) -> Reply? { nil }
        func answer(_ request: StrictRequest, at endpoint: Bool) -> Step {
            var reply = Reply(200)
            if endpoint { reply.content = .stream(source.stream(isWholeAnywhere: isWholeAnywhere)) }
            return .reply(reply)
        }
        func name(of endpoint: Bool) -> String { "" }
        func responses(_ endpoint: String, _ status: Int) -> Counter? { nil }
        func refused(_ refusal: RequestRefusal) {}
    }

    private let source = Source()

    private func client(isWholeAnywhere: Bool = false) -> any Rehearsed {
        Rehearsal(HTTPConversation(service: Service(source: source, isWholeAnywhere: isWholeAnywhere)))
    }

    private func request(_ path: String, version: String = "1.1", method: String = "GET") -> String {
        "\(method) \(path) HTTP/\(version)\r\nHost: a\r\n\r\n"
    }

    /// What has gone out since the last look, without dates.
    private func sent(_ client: any Rehearsed) -> String {
        String(decoding: client.take(), as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
            .filter { !$0.hasPrefix("date: ") }.joined(separator: "\r\n")
    }

    private func give(_ piece: ReplyStream.Piece, _ client: any Rehearsed) {
        source.give(piece)
        client.run()
    }

    private static let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\ncache-control: no-store\r\n\r\n"
    private static let plain = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"

    @Test func `goes out in chunks, and what is asked behind it waits for its end`() {
        let client = client()
        client.send(request("/") + request("/stream") + request("/"))
        #expect(sent(client) == Self.plain + Self.head)
        give(.bytes(Array("hello, world: sixteen".utf8)), client)
        #expect(sent(client) == "15\r\nhello, world: sixteen\r\n")
        give(.bytes([]), client)
        #expect(sent(client) == "")
        give(.bytes(Array("x".utf8)), client)
        #expect(sent(client) == "1\r\nx\r\n")
        give(.end, client)
        #expect(sent(client) == "0\r\n\r\n" + Self.plain)
        client.send(request("/stream"))
        #expect(sent(client) == Self.head)
        give(.end, client)
        #expect(sent(client) == "0\r\n\r\n")
        #expect(source.abandoned == 0 && client.isOpen)
    }

    @Test func `is asked for no more than the client takes`() {
        let client = client()
        client.send(request("/stream"))
        #expect(source.asked == 1)
        client.isWritable = false
        give(.bytes([1]), client)
        #expect(source.asked == 1)
        client.isWritable = true
        client.isWritable = true
        #expect(source.asked == 2)
        give(.bytes([1]), client)
        #expect(source.asked == 3)
    }

    @Test func `ends a connection whose client takes nothing, and no other`() {
        let client = client()
        client.send(request("/stream"))
        client.advance(by: .seconds(1000))
        #expect(client.isOpen)
        client.isWritable = false
        client.advance(by: .seconds(74))
        #expect(client.isOpen)
        client.advance(by: .seconds(76))
        #expect(!client.isOpen)
        #expect(source.abandoned == 1)
    }

    @Test func `ends with the connection for a client of HTTP 1.0`() {
        let client = client()
        let old = "GET /stream HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"
        client.send(old + request("/"))
        let head = sent(client)
        #expect(head.contains("connection: close\r\n") && !head.contains("transfer-encoding"))
        give(.bytes(Array("abc".utf8)), client)
        #expect(sent(client) == "abc")
        give(.end, client)
        #expect(sent(client) == "")
        #expect(!client.isOpen)
    }

    @Test func `that fails ends the connection without a last chunk`() {
        let client = client()
        client.send(request("/stream") + request("/"))
        give(.bytes([0x61]), client)
        _ = sent(client)
        give(.failure, client)
        #expect(sent(client) == "")
        #expect(!client.isOpen && source.abandoned == 0)
    }

    @Test func `is given up when its client goes`() {
        let client = client()
        client.send(request("/stream") + request("/stream"))
        client.leave()
        // The one that has begun, and the one behind it.
        #expect(source.abandoned == 2)
        give(.bytes([1]), client)
        #expect(source.asked == 1)
    }

    @Test(arguments: [true, false])
    func `ends when the door stops where it may end anywhere, else when it is whole`(_ isWholeAnywhere: Bool) {
        let client = client(isWholeAnywhere: isWholeAnywhere)
        client.send(request("/stream"))
        _ = sent(client)
        client.stop()
        #expect(sent(client) == (isWholeAnywhere ? "0\r\n\r\n" : ""))
        client.advance(by: .seconds(3))
        #expect(client.isOpen != isWholeAnywhere)
        if !isWholeAnywhere { give(.end, client) }
        #expect(sent(client) == (isWholeAnywhere ? "" : "0\r\n\r\n"))
        client.advance(by: .seconds(2))
        #expect(!client.isOpen)
        #expect(source.abandoned == (isWholeAnywhere ? 1 : 0))
    }

    @Test func `has a head alone for HEAD`() {
        let client = client()
        client.send(request("/stream", method: "HEAD") + request("/"))
        #expect(sent(client) == Self.head + Self.plain)
        #expect(source.asked == 0 && source.abandoned == 1)
    }
}

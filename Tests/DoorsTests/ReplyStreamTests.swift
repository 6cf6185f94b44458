import AuthCore
import Metrics
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import Doors

/// Replies whose content comes in pieces, on a channel whose room and clock the test turns.
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
        var requestTimeout: TimeAmount { .seconds(10) }
        var keepAliveTimeout: TimeAmount { .seconds(75) }
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
        func failed(_ error: any Error) {}
    }

    private let loop = EmbeddedEventLoop()
    private let source = Source()

    private func channel(isWholeAnywhere: Bool = false) throws -> EmbeddedChannel {
        let service = Service(source: source, isWholeAnywhere: isWholeAnywhere)
        let channel = EmbeddedChannel(handler: HTTPConnection(service: service), loop: loop)
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
        return channel
    }

    private func request(_ path: String, version: String = "1.1", method: String = "GET") -> String {
        "\(method) \(path) HTTP/\(version)\r\nHost: a\r\n\r\n"
    }

    /// What has gone out since the last look, without dates.
    private func sent(_ channel: EmbeddedChannel) throws -> String {
        var text = ""
        while let out = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: out) }
        return text.split(separator: "\r\n", omittingEmptySubsequences: false)
            .filter { !$0.hasPrefix("date: ") }.joined(separator: "\r\n")
    }

    private func give(_ piece: ReplyStream.Piece) {
        source.give(piece)
        loop.run()
    }

    private static let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\ncache-control: no-store\r\n\r\n"
    private static let plain = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"

    @Test func `goes out in chunks, and what is asked behind it waits for its end`() throws {
        let channel = try channel()
        try channel.writeInbound(ByteBuffer(string: request("/") + request("/stream") + request("/")))
        #expect(try sent(channel) == Self.plain + Self.head)
        give(.bytes(Array("hello, world: sixteen".utf8)))
        #expect(try sent(channel) == "15\r\nhello, world: sixteen\r\n")
        give(.bytes([]))
        #expect(try sent(channel) == "")
        give(.bytes(Array("x".utf8)))
        #expect(try sent(channel) == "1\r\nx\r\n")
        give(.end)
        #expect(try sent(channel) == "0\r\n\r\n" + Self.plain)
        try channel.writeInbound(ByteBuffer(string: request("/stream")))
        #expect(try sent(channel) == Self.head)
        give(.end)
        #expect(try sent(channel) == "0\r\n\r\n")
        #expect(source.abandoned == 0 && channel.isActive)
    }

    @Test func `is asked for no more than the client takes`() throws {
        let channel = try channel()
        try channel.writeInbound(ByteBuffer(string: request("/stream")))
        #expect(source.asked == 1)
        channel.isWritable = false
        give(.bytes([1]))
        #expect(source.asked == 1)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(source.asked == 2)
        give(.bytes([1]))
        #expect(source.asked == 3)
    }

    @Test func `ends a connection whose client takes nothing, and no other`() throws {
        let channel = try channel()
        try channel.writeInbound(ByteBuffer(string: request("/stream")))
        loop.advanceTime(by: .seconds(1000))
        #expect(channel.isActive)
        channel.isWritable = false
        channel.pipeline.fireChannelWritabilityChanged()
        loop.advanceTime(by: .seconds(74))
        #expect(channel.isActive)
        loop.advanceTime(by: .seconds(76))
        #expect(!channel.isActive)
        #expect(source.abandoned == 1)
    }

    @Test func `ends with the connection for a client of HTTP 1.0`() throws {
        let channel = try channel()
        let old = "GET /stream HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"
        try channel.writeInbound(ByteBuffer(string: old + request("/")))
        let head = try sent(channel)
        #expect(head.contains("connection: close\r\n") && !head.contains("transfer-encoding"))
        give(.bytes(Array("abc".utf8)))
        #expect(try sent(channel) == "abc")
        give(.end)
        #expect(try sent(channel) == "")
        #expect(!channel.isActive)
    }

    @Test func `that fails ends the connection without a last chunk`() throws {
        let channel = try channel()
        try channel.writeInbound(ByteBuffer(string: request("/stream") + request("/")))
        give(.bytes([0x61]))
        _ = try sent(channel)
        give(.failure)
        #expect(try sent(channel) == "")
        #expect(!channel.isActive && source.abandoned == 0)
    }

    @Test func `is given up when its client goes`() throws {
        let channel = try channel()
        try channel.writeInbound(ByteBuffer(string: request("/stream") + request("/stream")))
        _ = try channel.finish(acceptAlreadyClosed: true)
        // The one that has begun, and the one behind it.
        #expect(source.abandoned == 2)
        give(.bytes([1]))
        #expect(source.asked == 1)
    }

    @Test(arguments: [true, false])
    func `ends when the door stops where it may end anywhere, else when it is whole`(_ isWholeAnywhere: Bool) throws {
        let channel = try channel(isWholeAnywhere: isWholeAnywhere)
        try channel.writeInbound(ByteBuffer(string: request("/stream")))
        _ = try sent(channel)
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        #expect(channel.isActive != isWholeAnywhere)
        if !isWholeAnywhere { give(.end) }
        #expect(try sent(channel) == "0\r\n\r\n")
        #expect(!channel.isActive)
        #expect(source.abandoned == (isWholeAnywhere ? 1 : 0))
    }

    @Test func `has a head alone for HEAD`() throws {
        let channel = try channel()
        try channel.writeInbound(ByteBuffer(string: request("/stream", method: "HEAD") + request("/")))
        #expect(try sent(channel) == Self.head + Self.plain)
        #expect(source.asked == 0 && source.abandoned == 1)
    }
}

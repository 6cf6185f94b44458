import AuthCore
import NIOCore
import NIOEmbedded
import Testing

@testable import Doors

/// The time-outs of a connection of HTTP, on a clock that the test turns.
@Suite struct `The times of a connection` {
    private let loop = EmbeddedEventLoop()
    private let channel: EmbeddedChannel

    init() throws {
        var settings = DoorSettings(type: "http", name: "http")
        settings.idleTimeout = .seconds(75)
        let door = try HTTPDoor(settings, host: FakeHost(FakeHost.simple))
        channel = EmbeddedChannel(loop: loop)
        let connection = DoorConnection(channel: channel, timeout: TimeAmount(settings.timeout), countFault: { _ in })
        try channel.pipeline.syncOperations.addHandlers(
            door.handlers(for: DoorPeer(address: "127.0.0.1"), connection))
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
    }

    static let health = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n"

    private func send(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }

    /// The statuses of what has gone out since the last look.
    private func statuses() throws -> [Int] {
        var bytes: [UInt8] = []
        while let out = try channel.readOutbound(as: ByteBuffer.self) { bytes += Array(out.readableBytesView) }
        return TestResponse.parse(bytes).map(\.status)
    }

    @Test func `the first byte has ten seconds`() throws {
        loop.advanceTime(by: .milliseconds(9_999))
        #expect(channel.isActive)
        loop.advanceTime(by: .milliseconds(1))
        #expect(!channel.isActive)
        #expect(try statuses() == [])
    }

    @Test func `between requests a connection may be idle for 75 seconds`() throws {
        loop.advanceTime(by: .seconds(9))
        for _ in 0..<3 {
            try send(Self.health)
            #expect(try statuses() == [200])
            loop.advanceTime(by: .milliseconds(74_999))
            #expect(channel.isActive)
        }
        loop.advanceTime(by: .milliseconds(1))
        #expect(!channel.isActive)
        #expect(try statuses() == [])
    }

    static let incomplete = [
        "G", "POST /v1/login HTTP/1.1\r\nHost: a\r\n",
        "POST /v1/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
        "POST /v1/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /v1/checks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{",
        "POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n",
    ]

    @Test(arguments: incomplete, [[], [Self.health], [Self.health, Self.health]])
    func `a request has ten seconds, the first one and a later one`(_ request: String, _ before: [String]) throws {
        for earlier in before {
            try send(earlier)
            #expect(try statuses() == [200])
            loop.advanceTime(by: .seconds(60))
        }
        try send(request)
        loop.advanceTime(by: .milliseconds(9_999))
        #expect(try statuses() == [])
        #expect(channel.isActive)
        loop.advanceTime(by: .milliseconds(1))
        #expect(try statuses() == [408])
        // The client has two seconds to see it.
        loop.advanceTime(by: .seconds(2))
        #expect(!channel.isActive)
    }

    @Test func `a request that trickles has no more time`() throws {
        for byte in "POST /v1".utf8 {
            try channel.writeInbound(ByteBuffer(bytes: [byte]))
            loop.advanceTime(by: .milliseconds(1_249))
            #expect(try statuses() == [])
        }
        loop.advanceTime(by: .milliseconds(8))
        #expect(try statuses() == [408])
    }

    @Test func `a request that comes with the end of another has its own time`() throws {
        try send("GET /health HTTP/1.1\r\nHost: a\r\n\r")
        loop.advanceTime(by: .seconds(9))
        try send("\nGET")
        #expect(try statuses() == [200])
        loop.advanceTime(by: .milliseconds(9_999))
        #expect(try statuses() == [])
        loop.advanceTime(by: .milliseconds(1))
        #expect(try statuses() == [408])
    }

    @Test(arguments: ["rabbitmq", "forward-auth", "authzen", "http"])
    func `a door of a block has the time that the block says`(_ type: String) throws {
        var settings = DoorSettings(type: type, name: type)
        settings.timeout = .seconds(3)
        let door = try DoorTypes.make(settings, host: FakeHost(FakeHost.simple))
        let channel = EmbeddedChannel(loop: loop)
        let connection = DoorConnection(channel: channel, timeout: TimeAmount(settings.timeout), countFault: { _ in })
        let handlers = door.handlers(for: DoorPeer(address: "127.0.0.1"), connection)
        try channel.pipeline.syncOperations.addHandlers(handlers)
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
        loop.advanceTime(by: .milliseconds(2_999))
        try channel.writeInbound(ByteBuffer(string: "GET /nginx HTTP/1.1\r\nHost: a\r\n"))
        loop.advanceTime(by: .milliseconds(2_999))
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
        loop.advanceTime(by: .milliseconds(1))
        let out = try #require(try channel.readOutbound(as: ByteBuffer.self))
        #expect(TestResponse.parse(Array(out.readableBytesView)).map(\.status) == [408])
    }
}

import AuthCore
import Testing

@testable import DoorProtocols

/// The time-outs of a connection of HTTP, on a clock that the test turns.
@Suite struct `The times of a connection` {
    private let client: any Rehearsed

    init() throws {
        var settings = DoorSettings(type: "http", name: "http")
        settings.idleTimeout = .seconds(75)
        client = try HTTPDoor(settings, host: FakeHost(FakeHost.simple)).rehearse(settings)
    }

    static let health = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n"

    /// The statuses of what has gone out since the last look.
    private func statuses() -> [Int] { TestResponse.parse(client.take()).map(\.status) }

    @Test func `the first byte has ten seconds`() throws {
        client.advance(by: .milliseconds(9_999))
        #expect(client.isOpen)
        client.advance(by: .milliseconds(1))
        #expect(!client.isOpen)
        #expect(statuses() == [])
    }

    @Test func `a reply tells the time that its turn began at`() {
        client.send(Self.health)
        let reply = String(decoding: client.take(), as: UTF8.self)
        #expect(reply.contains("\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), "\(reply)")
    }

    @Test func `between requests a connection may be idle for 75 seconds`() throws {
        client.advance(by: .seconds(9))
        for _ in 0..<3 {
            client.send(Self.health)
            #expect(statuses() == [200])
            client.advance(by: .milliseconds(74_999))
            #expect(client.isOpen)
        }
        client.advance(by: .milliseconds(1))
        #expect(!client.isOpen)
        #expect(statuses() == [])
    }

    static let incomplete = [
        "G", "POST /v1/login HTTP/1.1\r\nHost: a\r\n",
        "POST /v1/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
        "POST /v1/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /v1/checks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{",
        "POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n",
    ]

    @Test(arguments: incomplete, [[], [Self.health], [Self.health, Self.health]])
    func `a request has ten seconds, the first one and a later one`(_ request: String, _ before: [String]) {
        for earlier in before {
            client.send(earlier)
            #expect(statuses() == [200])
            client.advance(by: .seconds(60))
        }
        client.send(request)
        client.advance(by: .milliseconds(9_999))
        #expect(statuses() == [])
        #expect(client.isOpen)
        client.advance(by: .milliseconds(1))
        #expect(statuses() == [408])
        // The client has two seconds to see it.
        client.advance(by: .seconds(2))
        #expect(!client.isOpen)
    }

    @Test func `a request that trickles has no more time`() throws {
        for byte in "POST /v1".utf8 {
            client.send([byte])
            client.advance(by: .milliseconds(1_249))
            #expect(statuses() == [])
        }
        client.advance(by: .milliseconds(8))
        #expect(statuses() == [408])
    }

    @Test func `a request that comes with the end of another has its own time`() throws {
        client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r")
        client.advance(by: .seconds(9))
        client.send("\nGET")
        #expect(statuses() == [200])
        client.advance(by: .milliseconds(9_999))
        #expect(statuses() == [])
        client.advance(by: .milliseconds(1))
        #expect(statuses() == [408])
    }

    @Test(arguments: ["rabbitmq", "forward-auth", "authzen", "http"])
    func `a door of a block has the time that the block says`(_ type: String) throws {
        var settings = DoorSettings(type: type, name: type)
        settings.timeout = .seconds(3)
        let client = try DoorTypes.make(settings, host: FakeHost(FakeHost.simple)).rehearse(settings)
        client.advance(by: .milliseconds(2_999))
        client.send("GET /nginx HTTP/1.1\r\nHost: a\r\n")
        client.advance(by: .milliseconds(2_999))
        #expect(client.take().isEmpty)
        client.advance(by: .milliseconds(1))
        #expect(TestResponse.parse(client.take()).map(\.status) == [408])
    }
}

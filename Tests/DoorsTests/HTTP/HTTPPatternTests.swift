import AuthCore
import Synchronization
import Testing

@testable import DoorCarrier
@testable import DoorProtocols

/// What the doors of `add-door` blocks that speak HTTP have in common, shown at the RabbitMQ door.
@Suite struct `A door that speaks HTTP` {
    private static func run(
        _ configure: @escaping (inout DoorSettings) -> Void, _ body: (RunningAddedDoor) async throws -> Void
    ) async throws {
        try await RunningAddedDoor.run(
            FakeHost(FakeHost.simple),
            configure: {
                $0.type = "rabbitmq"
                $0.object = "/open/%v"
                configure(&$0)
            }, body)
    }

    private static let question = "GET \(`The RabbitMQ door`.user) HTTP/1.1\r\nhost: a\r\n\r\n"

    @Test(arguments: [
        ("\r\n\r\nGET / HTTP/1.1\r\n\r\n", 400), ("\u{16}\u{3}\u{1}\u{2}", 400), ("GET / HTTP/1.1\nhost: a\n\n", 400),
        ("GET / HTTP/3.0\r\nhost: a\r\n\r\n", 505), ("BREW / HTTP/1.1\r\nhost: a\r\n\r\n", 501),
        ("GET /\(String(repeating: "a", count: 9_000)) HTTP/1.1\r\nhost: a\r\n\r\n", 414),
        ("GET / HTTP/1.1\r\nhost: a\r\nx: \(String(repeating: "a", count: 20_000))\r\n\r\n", 431),
        ("POST /auth/user HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n", 413),
        ("POST /auth/user HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip\r\n\r\n", 501),
        ("POST /auth/user HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nx\r\n\r\n", 400),
        ("POST //auth/user HTTP/1.1\r\nhost: a\r\n\r\n", 404), ("GET /auth/user/ HTTP/1.1\r\nhost: a\r\n\r\n", 404),
        ("POST /none HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n", 404),
        ("PUT /auth/user HTTP/1.1\r\nhost: a\r\n\r\n", 405),
    ])
    func `refuses what is no request, and what is too long`(_ text: String, _ status: Int) async throws {
        try await Self.run({ _ in }) { door async throws in #expect(try await door.exchange(text).status == status) }
    }

    @Test func `takes a body in chunks, when it is told that it is wanted`() async throws {
        try await Self.run({ _ in }) { door async throws in
            let client = try await door.client()
            try await client.send(
                "POST /auth/user HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\nexpect: 100-continue\r\n\r\n")
            #expect(await client.responses(1).map(\.status) == [100])
            try await client.send("9\r\nusername=\r\n5\r\nalice\r\n10\r\n&password=secret\r\n0\r\n\r\n")
            #expect(await client.responses(2).map(\.body) == ["", "allow"])
            try await client.close()
        }
    }

    @Test func `serves no more connections than it may: the one that was idle for longest makes room`() async throws {
        try await Self.run({ $0.maximumConnections = 2 }) { door async throws in
            var clients: [TestClient] = []
            for _ in 0..<3 {
                let client = try await door.client()
                try await client.send(Self.question)
                #expect(await client.responses(1).map(\.body) == ["allow"])
                clients.append(client)
            }
            #expect(await clients[0].end().count == 1)
            try await clients[1].send(Self.question)
            #expect(await clients[1].responses(2).map(\.body) == ["allow", "allow"])
            for client in clients { try await client.close() }
        }
    }

    @Test func `tells a connection too many so`() async throws {
        try await Self.run({ $0.maximumClientConnections = 0 }) { door async throws in
            let client = try await door.client(unixSocket: false)
            let response = try #require(await client.end().first)
            #expect(response.status == 503 && response.fields["connection"] == "close")
            try await client.close()
        }
    }

    @Test func `has no content for HEAD, and goes on behind it`() async throws {
        try await Self.run({ _ in }) { door async throws in
            let client = try await door.client()
            try await client.send("HEAD /auth/user HTTP/1.1\r\nhost: a\r\n\r\n" + Self.question)
            await client.received.wait { bytes in String(decoding: bytes, as: UTF8.self).hasSuffix("allow") }
            let text = String(decoding: client.received.bytes, as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 405 "))
            #expect(text.matches(of: /\r\n\r\n/).count == 2, "\(text)")
            try await client.close()
        }
    }

    @Test func `closes behind the reply where the client wants that`() async throws {
        try await Self.run({ _ in }) { door async throws in
            let client = try await door.client()
            try await client.send(Self.question.replacing("host: a", with: "host: a\r\nconnection: close"))
            #expect(await client.end().map(\.body) == ["allow"])
            try await client.close()
        }
    }

    @Test func `lets only its clients connect`() async throws {
        try await Self.run({ $0.clients = ["192.0.2.1"] }) { door async throws in
            let client = try await door.client(unixSocket: false)
            #expect(await client.end().isEmpty)
            try await client.close()
        }
    }
}

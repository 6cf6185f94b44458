import AuthCore
import NIOCore
import Synchronization
import Testing

@testable import DoorCarrier
@testable import DoorProtocols

@Suite struct `Bytes at the forward-auth door` {
    /// What the proxies really sent, with the status that the simple host's answer becomes.
    static let recorded = [
        ("nginx.req", 204), ("caddy.req", 200), ("envoy.req", 200), ("login.req", 303),
    ]

    static func bytes(_ name: String) throws -> [UInt8] { try `nginx asks at /auth`.fixture("../forward-auth/\(name)") }

    private static func statuses(_ bytes: [UInt8]) -> [Int] { TestResponse.parse(bytes).map(\.status) }

    @Test(arguments: recorded) func `are answered however they are cut`(_ name: String, _ status: Int) throws {
        let bytes = try Self.bytes(name)
        let client = try RehearsedDoor("forward-auth", FakeHost(FakeHost.simple)).client()
        for cut in 0..<bytes.count {
            client.send(Array(bytes[..<cut]))
            client.send(Array(bytes[cut...]))
            #expect(Self.statuses(client.take()) == [status])
        }
    }

    @Test(arguments: recorded) func `are answered over a socket, and twice when they come twice`(
        _ name: String, _ status: Int
    ) async throws {
        let bytes = try Self.bytes(name)
        try await RunningAddedDoor.run { door in
            let client = try await door.client()
            try await client.send(bytes + bytes)
            #expect(await client.responses(2).map(\.status) == [status, status])
            try await client.close()
        }
    }

    /// A client that closes its half has gone: what is cut short is never taken for the whole.
    @Test(arguments: recorded) func `get no answer when they end early`(_ name: String, _ status: Int) throws {
        let bytes = try Self.bytes(name)
        let host = FakeHost(FakeHost.simple)
        let door = try RehearsedDoor("forward-auth", host)
        for end in 0..<bytes.count {
            #expect(door.talk(Array(bytes[..<end]), endingInput: true).isEmpty, "\(end) bytes")
        }
        #expect(host.questions.isEmpty)
    }

    /// A changed byte may make another good request; it never makes one that is allowed what the host denies.
    @Test(arguments: recorded) func `open nothing when a byte is another`(_ name: String, _ status: Int) throws {
        let bytes = try Self.bytes(name)
        let host = FakeHost { question in
            if case .authenticate = question {
                return .decided(Answer(.allow, .granted, session: FakeHost.session, user: "alice"))
            }
            return .decided(Answer(.deny, .deniedByModule))
        }
        let door = try RehearsedDoor("forward-auth", host)
        for index in bytes.indices {
            for change in [1, 0x20] as [UInt8] {
                var mutant = bytes
                mutant[index] ^= change
                // What waits for more bytes gets them.
                let statuses = Self.statuses(door.talk(mutant, Array("\r\n\r\n".utf8), endingInput: true))
                #expect(!statuses.contains { (200..<300).contains($0) || $0 == 303 }, "byte \(index)")
            }
        }
    }

    @Test(arguments: [
        ("GET /nginx HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 50_000))\r\n\r\n", 431),
        ("GET /\(String(repeating: "a", count: 33_000)) HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        ("POST /_authhost/login HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n", 413),
        ("GET /nginx HTTP/1.1\nHost: a\n\n", 400), ("garbage\r\n\r\n", 400), ("\u{16}\u{3}\u{1}", 400),
        ("GET /nginx HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        ("TRACE /envoy/a HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    ]) func `that are no request are refused, and the connection ends`(_ text: String, _ status: Int) async throws {
        let host = FakeHost(FakeHost.simple)
        try await RunningAddedDoor.run(host) { door in
            let client = try await door.client()
            try await client.send(text)
            #expect(await client.end().map(\.status) == [status])
            try await client.close()
        }
        #expect(host.questions.isEmpty)
    }

    @Test func `of too many connections are not read`() async throws {
        let ticket = Ticket {}
        let (asked, ask) = AsyncStream<Void>.makeStream()
        let host = FakeHost { question in
            guard case .check = question else { return FakeHost.simple(question) }
            ask.yield()
            return .delayed(ticket)
        }
        try await RunningAddedDoor.run(host, configure: { $0.maximumConnections = 1 }) { door in
            let first = try await door.client()
            try await first.send(
                `The forward-auth door`.question(.nginx, "/open", "GET", [`The forward-auth door`.cookie]))
            for await _ in asked { break }
            let second = try await door.client()
            #expect(await second.end().map(\.status) == [503])
            ticket.answer(Answer(.deny, .deniedByModule))
            #expect(await first.responses(1).map(\.status) == [403])
            try await first.close()
            try await second.close()
        }
    }

    @Test func `behind a question that waits are answered in their order`() async throws {
        let ticket = Ticket {}
        let (asked, ask) = AsyncStream<Void>.makeStream()
        let host = FakeHost { question in
            defer { ask.yield() }
            guard case .check(_, let check) = question, check.name.text == "/web/slow" else {
                return FakeHost.simple(question)
            }
            return .delayed(ticket)
        }
        try await RunningAddedDoor.run(host) { door in
            let client = try await door.client()
            let cookie = [`The forward-auth door`.cookie]
            try await client.send(`The forward-auth door`.question(.envoy, "/slow", "GET", cookie))
            try await client.send(`The forward-auth door`.question(.nginx, "/open", "GET", cookie))
            var questions = asked.makeAsyncIterator()
            for _ in 0..<2 { await questions.next() }
            ticket.answer(Answer(.deny, .deniedByModule))
            #expect(await client.responses(2).map(\.status) == [403, 204])
            try await client.close()
        }
    }

    @Test func `of who has gone are given up`() async throws {
        let (abandoned, abandon) = AsyncStream<Void>.makeStream()
        let (asked, ask) = AsyncStream<Void>.makeStream()
        let ticket = Ticket { abandon.yield() }
        let host = FakeHost { _ in
            ask.yield()
            return .delayed(ticket)
        }
        try await RunningAddedDoor.run(host) { door in
            let client = try await door.client()
            try await client.send(try Self.bytes("login.req"))
            for await _ in asked { break }
            try await client.closeOutput()
            for await _ in abandoned { break }
            #expect(await client.end().isEmpty)
            try await client.close()
        }
    }

    @Test(.timeLimit(.minutes(1))) func `of who has gone leave no session that was opened for one question alone`()
        async throws
    {
        let (asked, ask) = AsyncStream<Void>.makeStream()
        let (ended, end) = AsyncStream<SessionID>.makeStream()
        let host = FakeHost { question in
            switch question {
            case .authenticate:
                var answer = Answer(.allow, .granted, session: FakeHost.session, user: "alice")
                answer.isOneUse = true
                return .decided(answer)
            case .logout(let session, _):
                end.yield(session)
                return .decided(Answer(.allow, .granted))
            default:
                // As the host does: an abandoned question is decided at once.
                let kept = KeptTicket()
                let ticket = Ticket { kept.ticket.withLock { $0 }?.answer(Answer(.undecided, .cancelled)) }
                kept.ticket.withLock { $0 = ticket }
                ask.yield()
                return .delayed(ticket)
            }
        }
        try await RunningAddedDoor.run(host) { door in
            let client = try await door.client()
            let basic = [`The forward-auth door`.basic]
            try await client.send(`The forward-auth door`.question(.nginx, "/slow", "GET", basic))
            for await _ in asked { break }
            try await client.closeOutput()
            for await session in ended {
                #expect(session == FakeHost.session)
                break
            }
            try await client.close()
        }
    }
}

/// A ticket that its own end refers to.
private final class KeptTicket: Sendable {
    let ticket = Mutex<Ticket?>(nil)
}

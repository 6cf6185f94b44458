import AuthCore
import Glibc
import Logging
import NIOCore
import Synchronization
import Testing

@testable import DoorCarrier
@testable import DoorProtocols

@Suite struct `The HTTP door` {
    static let authorization = "Authorization: Session \(FakeHost.sessionText)"

    static func check(_ object: String, _ fields: String = "") -> String {
        "GET /v1/check?action=read&object=\(object) HTTP/1.1\r\nHost: a\r\n\(authorization)\r\n\(fields)\r\n"
    }

    @Test(arguments: [
        ("action=read&object=%2Fopen%2Fa", 200), ("object=/open/a&action=write", 200),
        ("action=read&object=/closed", 403), ("action=read&object=open", 403), ("action=read&object=/open/%2e%2e", 403),
        ("action=run&object=/open", 400), ("action=read", 400), ("object=/open", 400), ("", 400),
        ("action=read&object=/open&object=/closed", 400), ("action=read&action=write&object=/open", 400),
        ("action=read&object=/open&user=bob", 400), ("action=read&object=/open+a", 400),
        ("action=read&&object=/open", 400),
    ]) func `answers a check in the query with a status`(_ query: String, _ status: Int) async throws {
        try await RunningDoor.run(FakeHost(FakeHost.simple)) { door in
            let response = try await door.get("/v1/check?\(query)", Self.authorization)
            #expect(response.status == status)
            if status != 400 { #expect(response.body.isEmpty) }
        }
    }

    @Test func `asks who it is when a check has no session`() async throws {
        try await RunningDoor.run(FakeHost(FakeHost.simple)) { door in
            let response = try await door.get("/v1/check?action=read&object=/open")
            #expect(response.status == 401)
            #expect(response.fields["www-authenticate"] == "Session realm=\"authhost\"")
        }
    }

    @Test func `answers pipelined requests in their order`() async throws {
        try await RunningDoor.run(FakeHost(FakeHost.simple)) { door in
            let health = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
            let requests = Self.check("/open") + Self.check("/closed") + health + Self.check("/open") + health
            let responses = try await door.exchange(requests, count: 5)
            #expect(responses.map(\.status) == [200, 403, 200, 200, 200])
            #expect(responses[2].body == #"{"status":"alive"}"#)
        }
    }

    @Test(arguments: [false, true]) func `keeps delayed answers in the order of their requests`(_ backwards: Bool)
        async throws
    {
        let tickets = Mutex<[Ticket]>([])
        let (asked, ask) = AsyncStream<Int>.makeStream()
        let host = FakeHost { question in
            guard case .check(_, let check) = question, check.name.text.hasPrefix("/later") else {
                return FakeHost.simple(question)
            }
            let ticket = Ticket {}
            let count = tickets.withLock { tickets in
                tickets.append(ticket)
                return tickets.count
            }
            ask.yield(count)
            return .delayed(ticket)
        }
        try await RunningDoor.run(host) { door in
            let client = try await door.client()
            try await client.send(
                Self.check("/later/1") + Self.check("/open") + Self.check("/later/2") + Self.check("/closed"))
            for await count in asked where count == 2 { break }
            let both = tickets.withLock { $0 }
            let answers = zip(both, [Answer(.undecided, .deadline), Answer(.deny, .deniedByModule)])
            for (ticket, answer) in backwards ? answers.reversed() : Array(answers) { ticket.answer(answer) }
            #expect(await client.responses(4).map(\.status) == [503, 200, 403, 403])
            try await client.close()
        }
    }

    @Test(arguments: ["GET /v1/check?action=read&object=/open", "POST /v1/login"])
    func `tells the host when a client goes before its answer`(_ line: String) async throws {
        let (abandoned, abandon) = AsyncStream<Void>.makeStream()
        let (asked, ask) = AsyncStream<Void>.makeStream()
        let host = FakeHost { _ in
            ask.yield()
            return .delayed(Ticket { abandon.yield() })
        }
        try await RunningDoor.run(host, drainingFor: .milliseconds(10)) { door in
            let client = try await door.client()
            let body = #"{"user":"alice","password":"secret"}"#
            let length = line.hasPrefix("POST") ? body.utf8.count : 0
            let fields = "Content-Type: application/json\r\nContent-Length: \(length)\r\n"
            try await client.send(
                "\(line) HTTP/1.1\r\nHost: a\r\n\(Self.authorization)\r\n\(fields)\r\n\(body.prefix(length))")
            for await _ in asked { break }
            try await client.close()
            for await _ in abandoned { break }
        }
    }

    @Test func `refuses and closes, behind the answers that are due`() async throws {
        try await RunningDoor.run(FakeHost(FakeHost.simple)) { door in
            let client = try await door.client()
            try await client.send(Self.check("/open") + Self.check("/open", "Transfer-Encoding: gzip\r\n") + "x")
            let responses = await client.end()
            #expect(responses.map(\.status) == [200, 501])
            #expect(responses.last?.fields["connection"] == "close")
            #expect(responses.last?.body.contains("\"error\":\"not-implemented\"") == true)
            try await client.close()
        }
    }

    @Test func `closes when the client asks for it`() async throws {
        try await RunningDoor.run(FakeHost(FakeHost.simple)) { door in
            let client = try await door.client()
            try await client.send(Self.check("/open", "Connection: close\r\n") + Self.check("/open"))
            let responses = await client.end()
            #expect(responses.map(\.status) == [200])
            #expect(responses.first?.fields["connection"] == "close")
            try await client.close()
        }
    }

    @Test(arguments: Route.all.map(\.path).filter { $0 != "/" })
    func `takes a path for itself alone`(_ path: String) async throws {
        let others = [
            "/\(path)", "\(path)/", path.replacing("/", with: "//"), "\(path)%20", "/.\(path)", "/%2e\(path)",
        ]
        let host = FakeHost(FakeHost.simple)
        let destinations = DestinationAccess(names: ["partner"], service: FakeDestinations())
        try await RunningDoor.run(host, destinations: destinations) { door in
            for method in Set(Route.all.filter { $0.path == path && $0.method != .head }.map(\.method)) {
                for other in others {
                    let response = try #require(
                        try await door.exchange("\(method.rawValue) \(other) HTTP/1.1\r\nHost: a\r\n\r\n").first)
                    #expect(response.status == 404, "\(method) \(other)")
                }
            }
        }
        #expect(host.questions.isEmpty)
    }

    @Test(
        arguments: [
            "GET http://a/health HTTP/1.1\r\nHost: a\r\n\r\n", "GET /health HTTP/1.1\r\n\r\n",
            "POST /v1/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            "POST /v1/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        ], [true, false])
    func `refuses what is no request on a fresh connection and on a used one, and writes no line about it`(
        _ request: String, _ isFirst: Bool
    ) async throws {
        let log = KeptLog()
        let logger = Logger(label: "test") { _ in KeptLog.Handler(log: log) }
        try await RunningDoor.run(FakeHost(FakeHost.simple), logger: logger) { door in
            let before = isFirst ? "" : "GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
            let responses = try await door.exchange(before + request, count: isFirst ? 1 : 2)
            #expect(responses.map(\.status) == (isFirst ? [400] : [200, 400]))
        }
        #expect(log.lines.allSatisfy { !$0.hasPrefix("warning") && !$0.hasPrefix("error") }, "\(log.lines)")
    }

    @Test func `says that a body is wanted behind the replies that are due`() async throws {
        let ticket = Ticket {}
        let (asked, ask) = AsyncStream<Void>.makeStream()
        let host = FakeHost { question in
            guard case .check = question else { return FakeHost.simple(question) }
            ask.yield()
            return .delayed(ticket)
        }
        let body = #"{"user":"alice","password":"secret"}"#
        let head = "POST /v1/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nExpect: 100-Continue\r\n"
        try await RunningDoor.run(host) { door in
            let client = try await door.client()
            try await client.send(Self.check("/open") + head + "Content-Length: \(body.utf8.count)\r\n\r\n")
            for await _ in asked { break }
            #expect(client.received.bytes.isEmpty)
            ticket.answer(Answer(.allow, .granted))
            #expect(await client.responses(2).map(\.status) == [200, 100])
            try await client.send(body)
            #expect(await client.responses(3).map(\.status) == [200, 100, 200])
            try await client.close()
        }
    }

    @Test(arguments: [
        ("POST /nowhere", "Content-Length: 5", 404), ("PUT /v1/login", "Content-Length: 5", 405),
        ("POST /v1/login", "Content-Length: 65537", 413), ("POST /v1/logout", "Content-Length: 4097", 413),
        ("POST /v1/checks", "Content-Length: 2097153", 413), ("POST /v1/login", "Transfer-Encoding: gzip", 501),
        ("PUT //auth", "Transfer-Encoding: chunked", 404),
    ])
    func `refuses at once who waits to send a body that is not wanted`(
        _ line: String, _ framing: String, _ status: Int
    ) async throws {
        try await RunningDoor.run(FakeHost(FakeHost.simple)) { door in
            let client = try await door.client()
            try await client.send("\(line) HTTP/1.1\r\nHost: a\r\n\(framing)\r\nExpect: 100-continue\r\n\r\n")
            let responses = await client.end()
            #expect(responses.map(\.status) == [status])
            #expect(responses.first?.fields["connection"] == "close")
            try await client.close()
        }
    }

    @Test func `sends a long reply to its end before it closes`() async throws {
        try await RunningDoor.run(FakeHost(FakeHost.simple)) { door in
            let items = Array(repeating: #"{"action":"read","object":"/open"}"#, count: 1000).joined(separator: ",")
            let json = #"{"session":"\#(FakeHost.sessionText)","checks":[\#(items)]}"#
            let client = try await door.client()
            try await client.send(
                "POST /v1/checks HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(json.utf8.count)\r\n\r\n\(json)")
            let response = try #require(await client.end().first)
            #expect(response.body.utf8.count > 30_000)
            #expect(response.body.hasSuffix("]}"))
            try await client.close()
        }
    }

    /// Runs a door that holds one connection, with a client of it whose question waits.
    private static func full(_ body: (RunningDoor) async throws -> Void) async throws {
        let ticket = Ticket {}
        let (asked, ask) = AsyncStream<Void>.makeStream()
        let host = FakeHost { _ in
            ask.yield()
            return .delayed(ticket)
        }
        try await RunningDoor.run(host, configure: { $0.maximumConnections = 1 }) { door in
            let first = try await door.client()
            try await first.send(Self.check("/open"))
            for await _ in asked { break }
            try await body(door)
            ticket.answer(Answer(.allow, .granted))
            #expect(await first.responses(1).map(\.status) == [200])
            try await first.close()
        }
    }

    @Test func `tells a connection too many so`() async throws {
        try await Self.full { door in
            let second = try await door.client()
            #expect(await second.end().map(\.status) == [503])
            try await second.close()
        }
    }

    @Test func `a client has no more connections than one may have, whatever is free`() async throws {
        try await RunningDoor.run(FakeHost(FakeHost.simple), configure: { $0.maximumClientConnections = 1 }) { door in
            let first = try await door.client()
            try await first.send(Self.check("/open"))
            #expect(await first.responses(1).map(\.status) == [200])
            let second = try await door.client()
            try await second.send(Self.check("/open"))
            #expect(await second.responses(1).map(\.status) == [200])
            // The one that was idle has made room; a unix socket has no such bound.
            #expect(await first.end().map(\.status) == [200])
            let local = try await door.exchange(Self.check("/open"), unixSocket: true)
            #expect(local.map(\.status) == [200])
            try await second.close()
            try await first.close()
        }
    }

    @Test func `a connection that waits for nothing gives its place to another one`() async throws {
        try await RunningDoor.run(FakeHost(FakeHost.simple), configure: { $0.maximumConnections = 1 }) { door in
            let first = try await door.client()
            try await first.send(Self.check("/open"))
            #expect(await first.responses(1).map(\.status) == [200])
            let second = try await door.client()
            try await second.send(Self.check("/open"))
            #expect(await second.responses(1).map(\.status) == [200])
            #expect(await first.end().map(\.status) == [200])
            try await second.close()
            try await first.close()
        }
    }

    @Test func `lets a delayed answer out before it stops`() async throws {
        let ticket = Ticket {}
        let (asked, ask) = AsyncStream<Void>.makeStream()
        let host = FakeHost { _ in
            ask.yield()
            return .delayed(ticket)
        }
        let pending = Mutex<TestClient?>(nil)
        try await RunningDoor.run(host) { door in
            let client = try await door.client()
            pending.withLock { $0 = client }
            try await client.send(Self.check("/open"))
            for await _ in asked { break }
            // The door begins to stop when this body ends; the answer comes from elsewhere, before or after that.
            Task { ticket.answer(Answer(.allow, .granted)) }
        }
        let client = try #require(pending.withLock { $0 })
        #expect(await client.end().map(\.status) == [200])
        try await client.close()
    }

    @Test func `says which address it cannot listen at`() async throws {
        try await RunningDoor.run(FakeHost(FakeHost.simple)) { door in
            let port = door.port
            var taken = DoorSettings(type: "http", name: "other")
            taken.addresses = [.init(host: "127.0.0.1", port: port)]
            let (settings, host) = ([taken], FakeHost(FakeHost.simple))
            let error = await #expect(throws: ListenError.self) {
                _ = try await DoorServers(
                    settings, host: host, services: DoorServices(), log: Logger(label: "test"), carrying: .ofThisRun)
            }
            #expect(error?.description == "cannot listen on `127.0.0.1:\(port)`: address already in use")
        }
    }
}

/// Clients that do not wait.
@Suite struct `A client that leaves at once` {
    @Test(.timeLimit(.minutes(10))) func `is not logged in, or its log-in is given up`() async throws {
        let (abandons, abandon) = AsyncStream<Void>.makeStream()
        let host = FakeHost { question in
            guard case .login = question else { return .decided(Answer(.allow, .granted)) }
            return .delayed(Ticket { abandon.yield() })
        }
        try await RunningDoor.run(host) { door in
            let body = #"{"user":"alice","password":"secret"}"#
            let request =
                "POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            for _ in 0..<60 {
                let client = try NativeDoorTests.Client.connect(door.socketPath)
                _ = request.withCString { send(client, $0, strlen($0), CInt(MSG_NOSIGNAL)) }
                Glibc.close(client)
            }
            // A question that follows on the one event loop is behind all of them.
            for _ in 0..<3 {
                let last = try await door.client()
                try await last.send("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                _ = await last.end()
            }
            func asked() -> Int { host.questions.count { if case .login = $0 { true } else { false } } }
            // Each that the host was asked is given up; the time limit ends a wait for one that is not.
            var (given, next) = (0, abandons.makeAsyncIterator())
            while given < asked(), await next.next() != nil { given += 1 }
            #expect(given == asked())
        }
    }
}

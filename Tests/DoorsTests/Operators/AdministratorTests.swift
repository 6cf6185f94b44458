import AuthCore
import Foundation
import Synchronization
import Testing

@testable import DoorProtocols

/// Operators' questions answered from a script.
private final class FakeOperators: OperatorAnswering {
    let permission: Answer
    let isDelayed: Bool
    private let seen = Mutex<(asked: [RealmRequest], objects: [String], done: [String])>(([], [], []))

    init(_ permission: Answer = Answer(.allow, .granted), isDelayed: Bool = false) {
        self.permission = permission
        self.isDelayed = isDelayed
    }

    var asked: [String] { seen.withLock { $0.asked.map { "\($0.method) \($0.path.text) \($0.user)" } } }
    var objects: [String] { seen.withLock { $0.objects } }
    var done: [String] { seen.withLock { $0.done } }

    func permits(_ request: RealmRequest, session: SessionID, object: ObjectName) -> Outcome {
        seen.withLock {
            $0.asked.append(request)
            $0.objects.append(object.text)
        }
        guard isDelayed else { return .decided(permission) }
        let ticket = Ticket {}
        Task { [permission] in ticket.answer(permission) }
        return .delayed(ticket)
    }

    func answer(_ request: ControlRequest, for administrator: String) -> ControlReply {
        seen.withLock {
            let filter = request.filter
            $0.done.append("\(administrator) \(request.action) \(filter.door ?? "")\(filter.user ?? "")")
        }
        return answer(request)
    }

    /// A cluster of two hosts, the second of which answers only for bob.
    func answer(
        ofCluster request: ControlRequest, for administrator: String,
        _ done: @escaping @Sendable (ControlReply) -> Void
    ) {
        var reply = answer(request, for: administrator)
        reply.hosts = []
        if request.filter.user == "nobody" {
            let problem = reply.hosts
            reply = .failure("the cluster's registry cannot be asked: connecting")
            reply.hosts = problem
        } else if reply.ok {
            reply.hosts = [
                .init(host: "0 <a>", total: 1),
                .init(
                    host: "1 <b>", error: request.filter.user == "bob" ? nil : "it has not answered within 1.0 seconds"),
            ]
        }
        // A second is not enough for so many.
        if reply.ok && request.count == 90_000 { reply.pending = 70_000 }
        Task { [reply] in done(reply) }
    }

    private func answer(_ request: ControlRequest) -> ControlReply {
        var reply = ControlReply()
        switch request.action {
        case .sessions:
            reply.sessions = []
            reply.total = 0
        case .status: reply.status = .init()
        case .eject where request.filter.user == nil: return .failure("which sessions?")
        default: reply.total = 1
        }
        return reply
    }

    var nextEvent: UInt64 { 7 }

    func events(from start: UInt64, limit: Int) -> (lines: [String], next: UInt64, missed: UInt64) {
        let first = max(start, 2)
        let end = min(7, first + UInt64(limit))
        return ((first..<max(first, end)).map { "line \($0)" }, end, first - start)
    }
}

@Suite struct `The administrator's requests` {
    private static let alice = "Authorization: Basic \(Data("alice:secret".utf8).base64EncodedString())"
    private static let stranger = "Authorization: Basic \(Data("alice:guess".utf8).base64EncodedString())"

    struct Case: CustomTestStringConvertible {
        let method, path: String
        let status: Int
        var query = ""
        var json: String?
        var testDescription: String { "\(method) \(path)\(query) \(json ?? "") \(status)" }
    }

    static let cases = [
        Case(method: "GET", path: "/v1/admin/sessions", status: 200, query: "?door=ht%74p&limit=5"),
        Case(method: "GET", path: "/v1/admin/sessions", status: 400, query: "?color=red"),
        Case(method: "GET", path: "/v1/admin/sessions", status: 400, query: "?user=a&user=b"),
        Case(method: "GET", path: "/v1/admin/sessions", status: 400, query: "?user=%ff"),
        Case(method: "GET", path: "/v1/admin/sessions", status: 400, query: "?limit=-1"),
        Case(method: "GET", path: "/v1/admin/status", status: 200),
        Case(method: "GET", path: "/v1/admin/events", status: 200, query: "?from=0&limit=2"),
        Case(method: "GET", path: "/v1/admin/events", status: 400, query: "?limit=0"),
        Case(method: "POST", path: "/v1/admin/eject", status: 200, json: #"{"user":"bob"}"#),
        Case(method: "POST", path: "/v1/admin/eject", status: 400, json: "{}"),
        Case(method: "POST", path: "/v1/admin/eject", status: 400, json: #"{"user":"bob","force":true}"#),
        Case(method: "POST", path: "/v1/admin/invalidate", status: 200, json: #"{"all":true}"#),
        Case(method: "GET", path: "/v1/admin/sessions", status: 200, query: "?user=bob&cluster=true"),
        Case(method: "GET", path: "/v1/admin/sessions", status: 400, query: "?cluster=yes"),
        Case(method: "GET", path: "/v1/admin/sessions", status: 504, query: "?cluster=true"),
        Case(method: "POST", path: "/v1/admin/eject", status: 200, json: #"{"user":"bob","cluster":true}"#),
        Case(
            method: "POST", path: "/v1/admin/eject", status: 202, json: #"{"user":"bob","count":90000,"cluster":true}"#),
        Case(method: "POST", path: "/v1/admin/eject", status: 504, json: #"{"user":"ann","cluster":true}"#),
        Case(method: "POST", path: "/v1/admin/eject", status: 503, json: #"{"user":"nobody","cluster":true}"#),
        Case(method: "POST", path: "/v1/admin/invalidate", status: 504, json: #"{"all":true,"cluster":true}"#),
    ]

    private func send(
        _ one: Case, _ operators: FakeOperators, directory: String = "/v1/admin", type: String = "application/json",
        host: FakeHost = FakeHost(FakeHost.simple), _ fields: String...
    ) async throws -> TestResponse {
        var result: TestResponse?
        try await RunningDoor.run(
            host, operators: operators,
            directories: [.init(path: directory, realm: "the \"team\"")]
        ) { door in
            var lines = ["\(one.method) \(one.path)\(one.query) HTTP/1.1", "Host: a"] + fields
            if let json = one.json { lines += ["Content-Type: \(type)", "Content-Length: \(json.utf8.count)"] }
            let request = lines.joined(separator: "\r\n") + "\r\n\r\n" + (one.json ?? "")
            result = try await door.exchange(request).first
        }
        return try #require(result)
    }

    @Test func `are done where no event loop waits for them`() throws {
        let operators = FakeOperators()
        var services = DoorServices()
        services.operators = operators
        services.administratorRealms = [.init(path: "/v1/admin", realm: "team")]
        let settings = DoorSettings(type: "http", name: "http")
        let host = FakeHost(FakeHost.simple)
        let client = try DoorTypes.make(settings, host: host, services: services).rehearse(settings)
        let body = #"{"user":"bob"}"#
        client.send(
            "POST /v1/admin/eject HTTP/1.1\r\nHost: a\r\n\(Self.alice)\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        #expect(operators.done == [] && client.take() == [], "the turn has ended, and left it to the carrier")
        client.run()
        #expect(operators.done == ["alice eject bob"])
        #expect(TestResponse.parse(client.take()).map(\.status) == [200])
    }

    @Test(arguments: cases, [false, true])
    func `are answered as the document says`(_ one: Case, _ isDelayed: Bool) async throws {
        let operators = FakeOperators(isDelayed: isDelayed)
        let response = try await send(one, operators, Self.alice)
        #expect(response.status == one.status, "\(response.body)")
        try OpenAPIDocument().check(response, one.method, one.path)
        #expect(operators.asked.allSatisfy { $0 == "\(one.method.lowercased()) \(one.path) alice" })
        #expect(operators.objects.allSatisfy { $0 == "/authhost" + one.path.dropFirst(3) })
        if one.status == 200 { #expect(operators.asked.count == 1) }
    }

    @Test(arguments: cases.filter { $0.status == 200 })
    func `need a user that the module lets in`(_ one: Case) async throws {
        for (permission, status) in [
            (Answer(.deny, .deniedByModule), 403), (Answer(.overLimit, .userLimit), 429),
            (Answer(.undecided, .deadline), 503), (Answer(.ejected, .ejectedSession), 401),
        ] {
            let operators = FakeOperators(permission)
            let response = try await send(one, operators, Self.alice)
            #expect(response.status == status)
            #expect(operators.done.isEmpty, "nothing is done")
            try OpenAPIDocument().check(response, one.method, one.path)
        }
    }

    @Test(arguments: [
        nil, stranger, "Authorization: Session \(FakeHost.sessionText)",
        "Cookie: authhost_session=\(FakeHost.sessionText)",
    ])
    func `want a password that is right`(_ field: String?) async throws {
        for one in Self.cases where one.status == 200 {
            let operators = FakeOperators()
            let response = try await send(one, operators, field ?? "X-Nothing: 1")
            #expect(response.status == 401)
            #expect(response.fields["www-authenticate"] == #"Basic realm="the \"team\"", charset="UTF-8""#)
            #expect(operators.asked.isEmpty && operators.done.isEmpty)
        }
    }

    @Test func `are not there outside of the directories`() async throws {
        for one in Self.cases where one.status == 200 {
            let operators = FakeOperators()
            let response = try await send(one, operators, directory: "/v1/admin/sess", Self.alice)
            #expect(response.status == 404 && response.fields["allow"] == nil)
            #expect(operators.asked.isEmpty)
        }
        let inside = try await send(Self.cases[0], FakeOperators(), directory: "/v1/admin/sessions", Self.alice)
        #expect(inside.status == 200)
    }

    @Test(arguments: [
        "Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site",
    ])
    func `of pages of other sites are refused`(_ field: String) async throws {
        for one in Self.cases where one.status == 200 {
            let operators = FakeOperators()
            let response = try await send(one, operators, Self.alice, field)
            #expect(response.status == 403)
            #expect(response.fields["access-control-allow-origin"] == nil)
            #expect(operators.asked.isEmpty && operators.done.isEmpty)
        }
        let own = try await send(
            Self.cases[0], FakeOperators(), Self.alice, "Origin: http://a", "Sec-Fetch-Site: same-origin")
        #expect(own.status == 200)
    }

    @Test func `that change something are JSON`() async throws {
        for one in Self.cases where one.json != nil && one.status == 200 {
            let operators = FakeOperators()
            #expect(try await send(one, operators, type: "text/plain", Self.alice).status == 415)
            #expect(operators.done.isEmpty)
        }
    }

    @Test func `end a session that was for one question`() async throws {
        let host = FakeHost { question in
            guard case .authenticate = question else { return FakeHost.simple(question) }
            var answer = Answer(.allow, .granted, session: FakeHost.session, user: "alice")
            answer.isOneUse = true
            return .decided(answer)
        }
        let operators = FakeOperators()
        let response = try await send(Self.cases[0], operators, host: host, Self.alice)
        #expect(response.status == 200 && operators.done == ["alice sessions http"])
        #expect(host.questions.contains { if case .logout = $0 { true } else { false } })
    }

    @Test func `are of the user that the one who was typed stands for`() async throws {
        let operators = FakeOperators()
        let host = `A log-in that stands for another user`.host()
        let response = try await send(Self.cases[0], operators, host: host, Self.alice)
        #expect(response.status == 200)
        #expect(operators.asked == ["get /v1/admin/sessions bob"] && operators.done == ["bob sessions http"])
    }

    @Test func `page through the events by number, and count what is gone`() async throws {
        let latest = try await send(
            Case(method: "GET", path: "/v1/admin/events", status: 200, query: "?limit=2"), FakeOperators(), Self.alice)
        #expect(latest.body == #"{"events":["line 5","line 6"],"next":7,"ok":true}"#)
        let gone = try await send(Self.cases[6], FakeOperators(), Self.alice)
        #expect(gone.body == #"{"events":["line 2","line 3"],"missed":2,"next":4,"ok":true}"#)
    }
}

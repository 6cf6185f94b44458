import AuthCore
import Foundation
import Testing

@testable import DoorProtocols

@Suite struct `The OpenAPI document` {
    static let session = FakeHost.sessionText

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let method: String
        let path: String
        let status: Int
        var json: String?
        var query = ""
        var answer: Answer?
        var isReady = true

        init(
            _ status: Int, _ method: String, _ path: String, _ json: String? = nil, query: String = "",
            answer: Answer? = nil, isReady: Bool = true
        ) {
            (self.status, self.method, self.path, self.json, self.query) = (status, method, path, json, query)
            (self.answer, self.isReady) = (answer, isReady)
            testDescription = "\(method) \(path)\(query) \(json ?? "") \(answer?.verdict.rawValue ?? ""): \(status)"
        }
    }

    static let login = #"{"user":"alice","password":"secret","application_id":"a","machine_id":"m"}"#
    static let check = #"{"session":"\#(session)","action":"write","object":"/open","fields":{"a":"b"}}"#
    /// A check whose two fields have one name, to a reader that compares bytes or to the decoder.
    static func twoFields(_ fields: String) -> String {
        #"{"session":"\#(session)","action":"write","object":"/open","fields":{\#(fields)}}"#
    }

    static let logout = #"{"session":"\#(session)"}"#
    static let map = #"{"session":"\#(session)","object":"/open"}"#
    static func destination(_ name: String) -> String {
        #"{"session":"\#(session)","destination":"\#(name)"}"#
    }
    static let ended = Answer(.ejected, .ejectedSession)
    static let content = #"{"session":"\#(session)","object":"/open","fields":{"a":"b"},"rows":{"k":{}}}"#
    /// Allowed, and called something inside that takes no content.
    static let elsewhere = Answer(.allow, .granted, mappedName: try? ObjectName("/closed"))
    static let unsure = Answer(.undecided, .deadline)

    static let cases = [
        Case(200, "POST", "/v1/login", login),
        Case(401, "POST", "/v1/login", #"{"user":"alice","password":"wrong"}"#),
        Case(403, "POST", "/v1/login", login, answer: Answer(.deny, .invalidAddress)),
        Case(429, "POST", "/v1/login", login, answer: Answer(.overLimit, .userLimit)),
        Case(503, "POST", "/v1/login", login, answer: unsure),
        Case(503, "POST", "/v1/login", login, answer: Answer(.allow, .granted)),
        Case(400, "POST", "/v1/login", "{"), Case(400, "POST", "/v1/login", "[]"), Case(400, "POST", "/v1/login", "{}"),
        Case(400, "POST", "/v1/login", #"{"user":"alice","password":null}"#),
        Case(400, "POST", "/v1/login", #"{"user":"alice","password":"secret","admin":true}"#),
        Case(400, "POST", "/v1/login", #"{"user":"","password":"secret"}"#),
        Case(400, "POST", "/v1/login", #"{"user":"a\u0000","password":"secret"}"#),
        Case(400, "POST", "/v1/login", #"{"user":"alice","password":"a\u0000b"}"#),
        Case(200, "POST", "/v1/logout", logout), Case(400, "POST", "/v1/logout", #"{"session":"x"}"#),
        Case(401, "POST", "/v1/logout", logout, answer: ended), Case(503, "POST", "/v1/logout", logout, answer: unsure),
        Case(200, "POST", "/v1/check", check), Case(401, "POST", "/v1/check", check, answer: ended),
        Case(200, "POST", "/v1/check", check, answer: Answer(.deny, .deniedByModule, clientText: "no")),
        Case(200, "POST", "/v1/check", #"{"session":"\#(session)","action":"read","object":"/a/../b"}"#),
        Case(400, "POST", "/v1/check", #"{"session":"\#(session)","action":"run","object":"/a"}"#),
        Case(400, "POST", "/v1/check", #"{"session":"\#(session)","action":"read","object":"/a","x":1}"#),
        Case(400, "POST", "/v1/check", twoFields(#""Kind":"x","Kind":"y""#)),
        Case(400, "POST", "/v1/check", twoFields(#""\u212aind":"x","Kind":"y""#)),
        Case(400, "POST", "/v1/check", twoFields(#""\u00e9":"x","e\u0301":"y""#)),
        Case(503, "POST", "/v1/check", check, answer: unsure),
        Case(200, "POST", "/v1/checks", #"{"session":"\#(session)","checks":[]}"#),
        Case(
            200, "POST", "/v1/checks",
            #"{"session":"\#(session)","checks":[{"action":"read","object":"/open"},{"action":"read","object":"x"}]}"#),
        Case(400, "POST", "/v1/checks", #"{"session":"\#(session)","checks":[{"action":"read","object":"/a","x":1}]}"#),
        Case(200, "POST", "/v1/map", map), Case(403, "POST", "/v1/map", map, answer: Answer(.deny, .deniedByModule)),
        Case(401, "POST", "/v1/map", map, answer: ended), Case(503, "POST", "/v1/map", map, answer: unsure),
        Case(400, "POST", "/v1/map", #"{"session":"\#(session)","object":"//"}"#),
        Case(200, "PUT", "/v1/objects", content), Case(200, "DELETE", "/v1/objects", map),
        Case(403, "PUT", "/v1/objects", content, answer: Answer(.deny, .deniedByModule)),
        Case(401, "DELETE", "/v1/objects", map, answer: ended),
        Case(503, "PUT", "/v1/objects", content, answer: unsure),
        Case(400, "PUT", "/v1/objects", map), Case(400, "DELETE", "/v1/objects", content),
        Case(400, "PUT", "/v1/objects", #"{"session":"\#(session)","object":"//","fields":{}}"#),
        Case(409, "PUT", "/v1/objects", content, answer: elsewhere),
        Case(409, "DELETE", "/v1/objects", map, answer: elsewhere),
        Case(413, "PUT", "/v1/objects", #"{"session":"\#(session)","object":"/open","fields":{"abc":"defghi"}}"#),
        Case(507, "PUT", "/v1/objects", #"{"session":"\#(session)","object":"/open/full","fields":{}}"#),
        Case(200, "POST", "/v1/credentials", destination("partner"), answer: Answer(.allow, .granted)),
        Case(502, "POST", "/v1/credentials", destination("broken"), answer: Answer(.allow, .granted)),
        Case(404, "POST", "/v1/credentials", destination("nobody"), answer: Answer(.allow, .granted)),
        Case(403, "POST", "/v1/credentials", destination("partner")),
        Case(403, "POST", "/v1/credentials", destination("nobody")),
        Case(401, "POST", "/v1/credentials", destination("partner"), answer: ended),
        Case(503, "POST", "/v1/credentials", destination("partner"), answer: unsure),
        Case(400, "POST", "/v1/credentials", destination("..")), Case(400, "POST", "/v1/credentials", logout),
        Case(200, "POST", "/v1/credentials/reject", destination("partner"), answer: Answer(.allow, .granted)),
        Case(403, "POST", "/v1/credentials/reject", destination("partner")),
        Case(404, "POST", "/v1/credentials/reject", destination("nobody"), answer: Answer(.allow, .granted)),
        Case(200, "GET", "/v1/check", query: "?action=read&object=/open"),
        Case(403, "GET", "/v1/check", query: "?action=read&object=/closed"),
        Case(400, "GET", "/v1/check"), Case(503, "GET", "/v1/check", query: "?action=read&object=/a", answer: unsure),
        Case(401, "GET", "/v1/check", query: "?action=read&object=/a", answer: ended),
        Case(204, "GET", "/auth"), Case(401, "PUT", "/auth", answer: ended), Case(503, "HEAD", "/auth", answer: unsure),
        Case(200, "GET", "/health"), Case(200, "GET", "/ready"), Case(503, "GET", "/ready", isReady: false),
        Case(200, "GET", "/metrics"), Case(200, "GET", "/openapi.json"),
        // Without a directory for administrators; with one, see AdministratorTests.
        Case(404, "GET", "/v1/admin/sessions"), Case(404, "GET", "/v1/admin/status"),
        Case(404, "GET", "/v1/admin/events"), Case(404, "POST", "/v1/admin/eject", "{}"),
        Case(404, "POST", "/v1/admin/invalidate", "{}"),
    ]

    /// How a request is sent.
    enum Sending: CaseIterable {
        /// Alone on its connection.
        case alone
        /// Behind another request.
        case second
        /// Its body in chunks.
        case inChunks
        /// Its body when it is told that it is wanted.
        case whenWanted
    }

    @Test(arguments: cases, Sending.allCases)
    func `describes what the server answers`(_ one: Case, _ sending: Sending) async throws {
        let host = FakeHost(ready: one.isReady) { one.answer.map { .decided($0) } ?? FakeHost.simple($0) }
        let destinations = DestinationAccess(names: ["partner", "broken"], service: FakeDestinations())
        try await RunningDoor.run(host, destinations: destinations) { door in
            let response = try await Self.send(one, sending, door)
            #expect(response.status == one.status)
            try OpenAPIDocument().check(response, one.method, one.path)
            if let json = one.json, (200..<300).contains(one.status) {
                try OpenAPIDocument().checkRequest(json, one.method, one.path)
            }
        }
    }

    private static func send(_ one: Case, _ sending: Sending, _ door: RunningDoor) async throws -> TestResponse {
        var lines = ["\(one.method) \(one.path)\(one.query) HTTP/1.1", "Host: a"]
        lines += ["Authorization: Session \(Self.session)", "X-Original-URI: /open", "X-Original-Method: GET"]
        if let json = one.json {
            let framing = sending == .inChunks ? "Transfer-Encoding: chunked" : "Content-Length: \(json.utf8.count)"
            lines += ["Content-Type: application/json", framing]
            if sending == .whenWanted { lines.append("Expect: 100-continue") }
        }
        let head = lines.joined(separator: "\r\n") + "\r\n\r\n"
        let client = try await door.client()
        var count = 1
        switch sending {
        case .alone: try await client.send(head + (one.json ?? ""))
        case .second:
            count = 2
            try await client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n" + head + (one.json ?? ""))
        case .inChunks:
            let chunks = (one.json ?? "").utf8.map { "1\r\n\(Character(Unicode.Scalar($0)))\r\n" }.joined()
            try await client.send(head + (one.json == nil ? "" : chunks + "0\r\n\r\n"))
        case .whenWanted:
            try await client.send(head)
            if let json = one.json, await client.responses(1).map(\.status) == [100] {
                count = 2
                try await client.send(json)
            }
        }
        let responses = await client.responses(count)
        try await client.close()
        #expect(responses.count == count)
        return try #require(responses.last)
    }

    @Test func `has every route of the server, and no other`() throws {
        let served = Set(Route.all.map { "\($0.method.rawValue) \($0.path)" })
        let described = try OpenAPIDocument().operations
        #expect(served == described)
        #expect(Set(Self.cases.map(\.path)) == Set(Route.all.map(\.path)), "each path has a case here")
    }

    @Test(arguments: [
        ("GET", "/nowhere", 404), ("GET", "/v1/login", 405), ("DELETE", "/v1/check", 405), ("POST", "/health", 405),
    ])
    func `answers the rest of the paths and methods with an error`(_ method: String, _ path: String, _ status: Int)
        async throws
    {
        try await RunningDoor.run(FakeHost(FakeHost.simple)) { door in
            let response = try #require(
                try await door.exchange("\(method) \(path) HTTP/1.1\r\nHost: a\r\n\r\n").first)
            #expect(response.status == status)
            #expect((response.fields["allow"] != nil) == (status == 405))
            try OpenAPIDocument().check(response.body, schema: ["$ref": "#/components/schemas/Error"])
        }
    }

    @Test func `wants application/json`() async throws {
        try await RunningDoor.run(FakeHost(FakeHost.simple)) { door in
            let response = try await door.exchange("POST", "/v1/login", json: Self.login, type: "text/plain")
            #expect(response.status == 415)
        }
    }

    @Test func `takes a thousand checks and not one more`() async throws {
        let item = #"{"action":"read","object":"/open"}"#
        try await RunningDoor.run(FakeHost(FakeHost.simple)) { door in
            for (count, status) in [(1000, 200), (1001, 400)] {
                let items = Array(repeating: item, count: count).joined(separator: ",")
                let json = #"{"session":"\#(Self.session)","checks":[\#(items)]}"#
                let response = try await door.exchange("POST", "/v1/checks", json: json)
                #expect(response.status == status)
                #expect(response.body.components(separatedBy: #""allow""#).count - 1 == (status == 200 ? 1000 : 0))
            }
        }
    }

    @Test func `gathers a batch whose answers come late and out of order`() async throws {
        let host = FakeHost { question in
            guard case .check(_, let check) = question else { return FakeHost.simple(question) }
            let ticket = Ticket {}
            let allowed = check.name.text == "/a"
            Task { ticket.answer(Answer(allowed ? .allow : .deny, .granted)) }
            return .delayed(ticket)
        }
        try await RunningDoor.run(host) { door in
            let items =
                #"{"action":"read","object":"/a"},{"action":"read","object":"/b"},{"action":"read","object":"x"}"#
            let json = #"{"session":"\#(Self.session)","checks":[\#(items)]}"#
            let response = try await door.exchange("POST", "/v1/checks", json: json)
            let verdicts = response.body.components(separatedBy: #""verdict":""#).dropFirst().map { $0.prefix(4) }
            #expect(verdicts == ["allo", "deny", "deny"])
        }
    }
}

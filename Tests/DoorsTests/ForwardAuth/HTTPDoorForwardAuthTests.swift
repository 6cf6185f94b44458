import AuthCore
import Glibc
import Testing

@testable import DoorCarrier
@testable import DoorProtocols

@Suite struct `nginx asks at /auth` {
    static func fixture(_ name: String) throws -> [UInt8] {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let file = try #require(fopen("/\(folder)/Fixtures/http/\(name)", "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes[..<count])
    }

    static let cookie = "Cookie: a=b; authhost_session=\(FakeHost.sessionText); c=d"
    static let basic = "Authorization: Basic YWxpY2U6c2VjcmV0"

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let status: Int
        let fields: [String]
        var object: String?

        init(_ status: Int, _ why: String, _ fields: [String], object: String? = nil) {
            self.status = status
            self.fields = fields
            self.object = object
            testDescription = why
        }
    }

    static func from(_ uri: String, _ method: String = "GET") -> [String] {
        ["X-Original-URI: \(uri)", "X-Original-Method: \(method)"]
    }

    static let cases = [
        Case(204, "a cookie and an open page", from("/open/a?x=../..") + [cookie], object: "/web/open/a"),
        Case(204, "a session in Authorization", from("/open") + ["Authorization: session \(FakeHost.sessionText)"]),
        Case(204, "Basic credentials", from("/open/a") + [basic], object: "/web/open/a"),
        Case(204, "a slash at the end", from("/open/") + [basic], object: "/web/open"),
        Case(204, "an encoded path", from("/open/a%20b%C3%A9") + [basic], object: "/web/open/a bé"),
        Case(204, "an application's own Authorization", from("/open") + [cookie, "Authorization: Bearer x"]),
        Case(403, "a closed page", from("/closed") + [cookie], object: "/web/closed"),
        Case(403, "the root", from("/") + [cookie], object: "/web"),
        Case(403, "dots", from("/open/../closed") + [cookie]),
        Case(403, "encoded dots", from("/open/%2e%2e/closed") + [cookie]),
        Case(403, "dots behind an encoded slash", from("/open%2F..%2Fclosed") + [cookie]),
        Case(
            403, "twice encoded dots are no dots", from("/%252e%252e/closed") + [cookie], object: "/web/%2e%2e/closed"),
        Case(403, "a doubled slash", from("//open") + [cookie]),
        Case(403, "an encoded NUL", from("/open%00") + [cookie]),
        Case(403, "an encoded line end", from("/open%0d%0aX:1") + [cookie]),
        Case(403, "invalid UTF-8", from("/open/%ff") + [cookie]),
        Case(403, "a broken escape", from("/open/%f") + [cookie]),
        Case(403, "a fragment", from("/open#a") + [cookie]),
        Case(403, "an absolute URI", from("http://a/open") + [cookie]),
        Case(401, "no credentials", from("/open")),
        Case(
            401, "an unknown session", from("/open") + ["Cookie: authhost_session=\(String(repeating: "0", count: 32))"]
        ),
        Case(401, "an id that is not a session's", from("/open") + ["Cookie: authhost_session=x"]),
        Case(401, "two session cookies", from("/open") + ["\(cookie); authhost_session=x"]),
        Case(401, "a wrong password", from("/open") + ["Authorization: Basic YWxpY2U6d3Jvbmc="]),
        Case(401, "Basic that is not base64", from("/open") + ["Authorization: Basic YWxpY2U6c2VjcmV0=="]),
        Case(401, "Basic without a colon", from("/open") + ["Authorization: Basic YWxpY2U="]),
        Case(401, "bad Basic beside a good cookie", from("/open") + [cookie, "Authorization: Basic x"]),
        Case(401, "a user with a NUL", from("/open") + ["Authorization: Basic YQBiOmM="]),
        Case(400, "no original URI", ["X-Original-Method: GET", cookie]),
        Case(400, "no original method", ["X-Original-URI: /open", cookie]),
        Case(400, "two original URIs", from("/open") + [cookie, "x-original-uri: /closed"]),
        Case(400, "two Authorizations", from("/open") + [basic, basic]),
    ]

    @Test(arguments: cases, ["GET", "POST", "DELETE"])
    func `answers with what nginx understands, and never with a body`(_ one: Case, _ method: String) async throws {
        let host = FakeHost(FakeHost.simple)
        try await RunningDoor.run(host) { door in
            let lines = ["\(method) /auth HTTP/1.1", "Host: a"] + one.fields + ["", ""]
            let response = try #require(
                try await door.exchange(lines.joined(separator: "\r\n"), unixSocket: true).first)
            #expect(response.status == one.status)
            #expect(response.body.isEmpty)
            #expect(response.fields["content-length"] == (one.status == 204 ? nil : "0"))
            #expect((response.fields["www-authenticate"] != nil) == (one.status == 401))
            #expect(response.fields["x-auth-user"] == (one.status == 204 ? "alice" : nil))
            let checked = host.questions.compactMap { question -> String? in
                if case .check(_, let check) = question { check.name.text } else { nil }
            }
            if let object = one.object { #expect(checked == [object]) }
            if [400].contains(one.status) || response.fields["x-auth-reason"] == "invalid-name" {
                #expect(host.questions.isEmpty)
            }
        }
    }

    @Test(arguments: [
        ("GET", Check.Action.read), ("HEAD", .read), ("OPTIONS", .read), ("POST", .write), ("PUT", .write),
        ("TRACE", .write), ("get", .write), ("PROPFIND", .write),
    ]) func `reads with safe methods and writes with the others`(_ method: String, _ action: Check.Action) async throws
    {
        let host = FakeHost(FakeHost.simple)
        try await RunningDoor.run(host) { door in
            let fields = Self.from("/open", method) + [Self.cookie]
            let request = (["GET /auth HTTP/1.1", "Host: a"] + fields + ["", ""]).joined(separator: "\r\n")
            let response = try #require(try await door.exchange(request).first)
            #expect(response.status == 204)
        }
        guard case .check(_, let check) = host.questions.first else {
            Issue.record("no check was asked")
            return
        }
        #expect(check.action == action)
    }

    @Test(arguments: [
        (Answer(.allow, .granted, user: "alice"), 204), (Answer(.deny, .deniedByModule), 403),
        (Answer(.deny, .unknownSession), 401),
        (Answer(.wrongCredentials, .invalidUser), 401), (Answer(.overLimit, .userLimit), 403),
        (Answer(.ejected, .ejectedSession), 401), (Answer(.undecided, .deadline), 503),
    ]) func `gives each verdict its status`(_ answer: Answer, _ status: Int) async throws {
        try await RunningDoor.run(FakeHost { _ in .decided(answer) }) { door in
            let request = ["GET /auth HTTP/1.1", "Host: a"] + Self.from("/open") + [Self.cookie, "", ""]
            let response = try #require(try await door.exchange(request.joined(separator: "\r\n")).first)
            #expect(response.status == status)
            #expect(response.fields["x-auth-verdict"] == answer.verdict.rawValue)
        }
    }

    @Test func `does not tell a guesser why a login failed`() async throws {
        try await RunningDoor.run(FakeHost { _ in .decided(Answer(.wrongCredentials, .invalidUser)) }) { door in
            let request = ["GET /auth HTTP/1.1", "Host: a"] + Self.from("/open") + [Self.basic, "", ""]
            let response = try #require(try await door.exchange(request.joined(separator: "\r\n")).first)
            #expect(response.status == 401)
            #expect(response.fields["x-auth-reason"] == nil)
        }
    }

    @Test func `denies when a login is allowed without a session`() async throws {
        try await RunningDoor.run(FakeHost { _ in .decided(Answer(.allow, .granted)) }) { door in
            let request = ["GET /auth HTTP/1.1", "Host: a"] + Self.from("/open") + [Self.basic, "", ""]
            let response = try #require(try await door.exchange(request.joined(separator: "\r\n")).first)
            #expect(response.status == 503)
            #expect(response.fields["x-auth-verdict"] == "undecided")
        }
    }

    @Test func `believes x-real-ip over the unix socket alone`() async throws {
        let host = FakeHost(FakeHost.simple)
        try await RunningDoor.run(host) { door in
            let fields = Self.from("/open") + [Self.basic, "X-Real-IP: 192.0.2.7", "", ""]
            let request = (["GET /auth HTTP/1.1", "Host: a"] + fields).joined(separator: "\r\n")
            let body = #"{"user":"alice","password":"secret"}"#
            let login = [
                "POST /v1/login HTTP/1.1", "Host: a", "Content-Type: application/json", "X-Real-IP: 192.0.2.8",
                "Content-Length: \(body.utf8.count)", "", body,
            ].joined(separator: "\r\n")
            for text in [request, login] {
                _ = try await door.exchange(text, unixSocket: true)
                _ = try await door.exchange(text, unixSocket: false)
            }
            let nowhere = login.replacing("192.0.2.8", with: "192.0.2.x")
            #expect(try await door.exchange(nowhere, unixSocket: true).first?.status == 400)
        }
        let addresses = host.questions.compactMap { question -> String? in
            switch question {
            case .authenticate(let login), .login(let login): login.address
            default: nil
            }
        }
        #expect(addresses == ["192.0.2.7", "127.0.0.1", "192.0.2.8", "127.0.0.1"])
    }

    @Test(arguments: [("authreq-01-auth.req", 403), ("authreq-02-auth.req", 401)])
    func `answers what nginx really sent, cut at every byte`(_ name: String, _ status: Int) async throws {
        let bytes = try Self.fixture(name)
        let host = FakeHost { question in
            if case .authenticate = question { return .decided(Answer(.allow, .granted, session: FakeHost.session)) }
            return .decided(Answer(.deny, .deniedByModule))
        }
        try await RunningDoor.run(host) { door in
            let client = try await door.client(unixSocket: true)
            for cut in 0..<bytes.count {
                try await client.send(bytes[..<cut])
                try await client.send(bytes[cut...])
            }
            let statuses = await client.responses(bytes.count).map(\.status)
            #expect(statuses == Array(repeating: status, count: bytes.count))
            try await client.close()
        }
    }
}

import AuthCore
import Testing

@testable import DoorCarrier
@testable import DoorProtocols

@Suite struct `The forward-auth door` {
    static let session = FakeHost.sessionText
    static let cookie = "Cookie: a=b; __Host-authhost=\(session)"
    static let bearer = "Authorization: Bearer \(session)"
    static let basic = "Authorization: Basic YWxpY2U6c2VjcmV0"
    static let browser = "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"

    /// How each proxy asks about a request.
    static func question(
        _ proxy: ForwardingProxy, _ target: String, _ method: String = "GET", _ fields: [String] = []
    ) -> String {
        let own =
            switch proxy {
            case .nginx: ["GET /nginx HTTP/1.1", "X-Original-URI: \(target)", "X-Original-Method: \(method)"]
            case .caddy, .traefik:
                [
                    "GET \(proxy.path) HTTP/1.1", "X-Forwarded-Uri: \(target)", "X-Forwarded-Method: \(method)",
                    "X-Forwarded-Host: app.example", "X-Forwarded-Proto: https",
                ]
            case .envoy: ["\(method) /envoy\(target) HTTP/1.1", "Content-Length: 0"]
            }
        return (own + ["Host: app.example"] + fields + ["", ""]).joined(separator: "\r\n")
    }

    @Test(arguments: ForwardingProxy.allCases, [cookie, bearer, basic])
    func `lets who may pass, and says who it is`(_ proxy: ForwardingProxy, _ credentials: String) async throws {
        let host = FakeHost(FakeHost.simple)
        try await RunningAddedDoor.run(host) { door in
            let response = try await door.exchange(
                Self.question(
                    proxy, "/open/a?x=1", "GET", [credentials, "Remote-User: mallory", "X-Auth-User: mallory"]))
            #expect(response.status == (proxy == .nginx ? 204 : 200))
            #expect(response.body.isEmpty)
            #expect(response.fields["content-length"] == (proxy == .nginx ? nil : "0"))
            #expect(response.fields["remote-user"] == "alice")
            #expect(response.fields["x-auth-user"] == "alice")
            #expect(response.fields["x-auth-object"] == "/web/open/a")
            #expect(response.fields["x-auth-verdict"] == "allow")
        }
        guard case .check(_, let check) = host.questions.last else {
            Issue.record("no check was asked")
            return
        }
        #expect(check.name.text == "/web/open/a")
        #expect(check.action == .read)
    }

    @Test(arguments: ForwardingProxy.allCases, ["POST", "PUT", "DELETE", "PATCH"])
    func `asks whether other methods may write`(_ proxy: ForwardingProxy, _ method: String) async throws {
        let host = FakeHost(FakeHost.simple)
        try await RunningAddedDoor.run(host) { door in
            _ = try await door.exchange(Self.question(proxy, "/open", method, [Self.cookie]))
        }
        guard case .check(_, let check) = host.questions.last else {
            Issue.record("no check was asked")
            return
        }
        #expect(check.action == .write)
    }

    static let refusals: [(Answer, nginx: Int, others: Int)] = [
        (Answer(.deny, .deniedByModule), 403, 403), (Answer(.deny, .unknownSession), 401, 401),
        (Answer(.wrongCredentials, .invalidUser), 401, 401), (Answer(.overLimit, .userLimit), 403, 429),
        (Answer(.ejected, .ejectedSession), 401, 401), (Answer(.undecided, .deadline), 503, 503),
        // The user is not known.
        (Answer(.allow, .granted), 503, 503),
    ]

    @Test(arguments: refusals, ForwardingProxy.allCases)
    func `keeps the verdicts apart`(_ one: (Answer, nginx: Int, others: Int), _ proxy: ForwardingProxy) async throws {
        try await RunningAddedDoor.run(FakeHost { _ in .decided(one.0) }) { door in
            let response = try await door.exchange(Self.question(proxy, "/open", "GET", [Self.cookie]))
            #expect(response.status == (proxy == .nginx ? one.nginx : one.others))
            #expect(response.body.isEmpty)
            #expect(response.fields["content-length"] == "0")
            let verdict = one.0.verdict == .allow ? .undecided : one.0.verdict
            #expect(response.fields["x-auth-verdict"] == verdict.rawValue)
            #expect((response.fields["www-authenticate"] != nil) == (response.status == 401))
            #expect(response.fields["remote-user"] == nil)
        }
    }

    @Test(arguments: ForwardingProxy.allCases) func `does not tell a guesser why a login failed`(
        _ proxy: ForwardingProxy
    ) async throws {
        try await RunningAddedDoor.run(FakeHost { _ in .decided(Answer(.wrongCredentials, .invalidUser)) }) {
            let response = try await $0.exchange(Self.question(proxy, "/open", "GET", [Self.basic]))
            #expect(response.status == 401)
            #expect(response.fields["x-auth-reason"] == nil)
        }
    }

    @Test(arguments: [
        (ForwardingProxy.caddy, "/_authhost/login?rd=/reports%3Fx%3D1%26y"),
        (.envoy, "/_authhost/login?rd=/reports%3Fx%3D1%26y"),
        (.traefik, "https://app.example/_authhost/login?rd=/reports%3Fx%3D1%26y"),
    ]) func `sends browsers without a session to the log-in page`(_ proxy: ForwardingProxy, _ place: String)
        async throws
    {
        try await RunningAddedDoor.run { door in
            let response = try await door.exchange(Self.question(proxy, "/reports?x=1&y", "GET", [Self.browser]))
            #expect(response.status == 302)
            #expect(response.fields["location"] == place)
            #expect(response.fields["cache-control"] == "no-store")
            #expect(response.fields["www-authenticate"] == nil)
            #expect(response.body.isEmpty)
        }
    }

    @Test func `tells nginx in a header where browsers log in`() async throws {
        try await RunningAddedDoor.run { door in
            let response = try await door.exchange(Self.question(.nginx, "/reports", "GET", [Self.browser]))
            #expect(response.status == 401)
            #expect(response.fields["x-auth-redirect"] == "/_authhost/login?rd=/reports")
            #expect(response.fields["www-authenticate"] == nil)
        }
    }

    @Test(arguments: [
        ("GET", [basic.replacing("2U6", with: "xx")]),
        ("GET", ["Authorization: Bearer \(String(repeating: "0", count: 32))"]),
        ("POST", []), ("GET", ["Accept: application/json"]),
    ]) func `asks programs for credentials, and forms, which would be lost`(_ method: String, _ fields: [String])
        async throws
    {
        let accept = fields.contains { $0.hasPrefix("Accept") } ? [] : [Self.browser]
        try await RunningAddedDoor.run { door in
            let response = try await door.exchange(Self.question(.caddy, "/open", method, fields + accept))
            #expect(response.status == 401)
            #expect(response.fields["www-authenticate"] == "Basic realm=\"authhost\", charset=\"UTF-8\"")
        }
    }

    @Test func `tells an ejected browser so at the log-in page`() async throws {
        try await RunningAddedDoor.run(FakeHost { _ in .decided(Answer(.ejected, .ejectedSession)) }) { door in
            let response = try await door.exchange(Self.question(.caddy, "/open", "GET", [Self.browser, Self.cookie]))
            #expect(response.fields["location"] == "/_authhost/login?rd=/open&ended=1")
            let page = try await door.get("/_authhost/login?rd=/open&ended=1")
            #expect(page.body.contains("Your session was ended."))
        }
    }

    @Test(arguments: ["//evil.example", "/\\evil", "/%2e%2e/x", "/a%0d%0ab", "/%09/evil"])
    func `leads no user back to a place that could be elsewhere`(_ target: String) async throws {
        try await RunningAddedDoor.run { door in
            let response = try await door.exchange(Self.question(.caddy, target, "GET", [Self.browser]))
            #expect(response.fields["location"] == "/_authhost/login")
        }
    }

    @Test(arguments: ["user;evil.example", "evil.example,app.example", "", "[::1]%25", "a&b", "$"])
    func `makes no absolute redirect with what is not a host`(_ host: String) async throws {
        try await RunningAddedDoor.run { door in
            let question = Self.question(.traefik, "/open", "GET", [Self.browser])
                .replacing("X-Forwarded-Host: app.example", with: "X-Forwarded-Host: \(host)")
            let response = try await door.exchange(question)
            #expect(response.status == 401)
            #expect(response.fields["location"] == nil)
        }
    }

    @Test func `believes only configured proxies, and says so in the log`() async throws {
        let host = FakeHost(FakeHost.simple)
        try await RunningAddedDoor.run(host, options: [("trusted-proxies", "192.0.2.1, 10.0.0.0/8")]) { door in
            for proxy in ForwardingProxy.allCases {
                let question = Self.question(proxy, "/open", "GET", [Self.cookie])
                let response = try await door.exchange(question, unixSocket: false)
                #expect(response.status == 403)
                #expect(response.fields["remote-user"] == nil)
                #expect(try await door.exchange(question).status < 300, "the unix socket is always believed")
            }
            #expect(try await door.get("/_authhost/login", unixSocket: false).status == 403)
            #expect(door.log.lines.filter { $0.contains("<127.0.0.1>") && $0.contains("trusted-proxies") }.count == 5)
        }
        #expect(host.questions.count == ForwardingProxy.allCases.count)
    }

    @Test func `takes the proxy's word for the address of the client`() async throws {
        let host = FakeHost(FakeHost.simple)
        try await RunningAddedDoor.run(host) { door in
            let forged = ["X-Forwarded-For: 10.9.9.9, 192.0.2.7", "X-Real-IP: 10.9.9.9", Self.basic]
            for unixSocket in [true, false] {
                _ = try await door.exchange(Self.question(.caddy, "/open", "GET", forged), unixSocket: unixSocket)
            }
            _ = try await door.exchange(Self.question(.caddy, "/open", "GET", [Self.basic]), unixSocket: false)
            let bad = try await door.exchange(
                Self.question(.caddy, "/open", "GET", [Self.basic, "X-Forwarded-For: me"]))
            #expect(bad.status == 400)
        }
        let addresses = host.questions.compactMap { question -> String? in
            if case .authenticate(let login) = question { login.address } else { nil }
        }
        #expect(addresses == ["192.0.2.7", "192.0.2.7", "127.0.0.1"])
    }

    @Test func `takes a token as its user's password where it is told to`() async throws {
        // {"sub":"alice","iat":1}
        let token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSIsImlhdCI6MX0.c2ln"
        let host = FakeHost { question in
            guard case .authenticate(let login) = question else { return FakeHost.simple(question) }
            let isToken = login.password.withTerminatedBytes { $0.dropLast().elementsEqual(token.utf8) }
            return .decided(
                login.user == "alice" && isToken
                    ? Answer(.allow, .granted, session: FakeHost.session, user: "alice")
                    : Answer(.wrongCredentials, .invalidPassword))
        }
        try await RunningAddedDoor.run(host, options: [("bearer", "token")]) { door in
            for (value, status) in [(token, 200), (token + "x", 401), ("opaque", 401), (Self.session, 200)] {
                let fields = ["Authorization: Bearer \(value)"]
                let response = try await door.exchange(Self.question(.caddy, "/open", "GET", fields))
                #expect(response.status == status)
            }
        }
        try await RunningAddedDoor.run(host) { door in
            let fields = ["Authorization: Bearer \(token)", Self.cookie]
            let response = try await door.exchange(Self.question(.caddy, "/open", "GET", fields))
            #expect(response.status == 200, "the cookie counts")
        }
    }

    @Test(arguments: ["/", "/auth", "/envoy", "/nginx/x", "/_authhost", "/_authhost/", "/_authhost/login/x"])
    func `has nothing at other paths`(_ path: String) async throws {
        try await RunningAddedDoor.run { door in
            let response = try await door.get(path, [Self.cookie])
            #expect(response.status == 404)
        }
    }

    @Test(arguments: [
        ("trusted-proxies", "uid:root"), ("trusted-proxies", ""), ("trusted-proxies", "10.0.0.0/33"),
        ("cookie", "authhost"), ("cookie", "__Host-"), ("cookie", "__Host-a;b"), ("pages", "authhost"), ("pages", "/"),
        ("pages", "/nginx"), ("pages", "/envoy/x"), ("pages", "/a/../b"), ("pages", "/a\"b"), ("pages", "/a?b"),
        ("identity-headers", "X-Auth-Verdict"), ("identity-headers", "A,a"), ("identity-headers", "a b"),
        ("bearer", "basic"), ("realm", "x"),
    ]) func `is not opened with an option that cannot be`(_ name: String, _ value: String) throws {
        var settings = DoorSettings(type: "forward-auth", name: "web")
        settings.options = [("title", "x"), (name, value)]
        let problem = #expect(throws: DoorProblem.self) { try DoorServers.check(settings) }
        #expect(problem?.part == .option(1), "\(problem as Any)")
    }
}

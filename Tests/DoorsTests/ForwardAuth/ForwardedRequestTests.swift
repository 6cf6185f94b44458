import AuthCore
import Testing

@testable import DoorProtocols

@Suite struct `What a proxy says of a request` {
    /// Reads a request as the door does; nil where no proxy asks at its path.
    static func read(_ text: String) throws(RequestRefusal) -> ForwardedRequest? {
        let bytes = Array(text.utf8)
        var reader = StrictRequestReader(limits: .forwarded)
        guard try reader.read(bytes.span), let proxy = ForwardingProxy.asking(at: reader.head.path, bytes.span) else {
            return nil
        }
        return try ForwardedRequest(proxy, reader.head, bytes.span)
    }

    static func request(_ line: String, _ fields: [String] = []) -> String {
        (["\(line) HTTP/1.1", "Host: app.example:8443"] + fields + ["", ""]).joined(separator: "\r\n")
    }

    static let forwarded = [
        "X-Forwarded-Method: POST", "X-Forwarded-Uri: /a?x=1", "X-Forwarded-Host: shop.example",
        "X-Forwarded-Proto: https",
    ]
    static let original = ["X-Original-Method: POST", "X-Original-URI: /a?x=1"]

    @Test(arguments: [
        (request("GET /nginx", original), "/a?x=1", "POST", "app.example:8443"),
        (request("GET /caddy?x=1", forwarded), "/a?x=1", "POST", "shop.example"),
        (request("GET /caddy", Array(forwarded[..<2])), "/a?x=1", "POST", "app.example:8443"),
        (request("POST /traefik", forwarded), "/a?x=1", "POST", "shop.example"),
        (request("POST /envoy/a?x=1"), "/a?x=1", "POST", "app.example:8443"),
        (request("GET /envoy/"), "/", "GET", "app.example:8443"),
        (request("GET /envoy/envoy/a?"), "/envoy/a?", "GET", "app.example:8443"),
        (request("GET /envoy//a"), "//a", "GET", "app.example:8443"),
    ]) func `is read from where this proxy says it`(_ text: String, _ target: String, _ method: String, _ host: String)
        throws
    {
        let request = try #require(try Self.read(text))
        #expect(String(decoding: request.target?.bytes ?? [], as: UTF8.self) == target)
        #expect(String(decoding: request.method, as: UTF8.self) == method)
        #expect(String(decoding: request.host, as: UTF8.self) == host)
    }

    @Test(arguments: [
        request("GET /nginx", original + forwarded.map { $0.replacing("/a?x=1", with: "/open") }),
        request("GET /caddy", forwarded + original.map { $0.replacing("/a?x=1", with: "/open") }),
        request("POST /envoy/a?x=1", (forwarded + original).map { $0.replacing("/a?x=1", with: "/open") }),
    ]) func `is not what a client adds for another proxy`(_ text: String) throws {
        let request = try #require(try Self.read(text))
        #expect(String(decoding: request.target?.bytes ?? [], as: UTF8.self) == "/a?x=1")
        #expect(String(decoding: request.method, as: UTF8.self) == "POST")
    }

    @Test(arguments: [
        request("GET /nginx", forwarded), request("GET /nginx", Array(original[1...])),
        request("GET /nginx", Array(original[..<1])), request("GET /caddy", original),
        request("GET /caddy", Array(forwarded[1...])), request("GET /traefik", [forwarded[0], forwarded[1]]),
        request("GET /traefik", Array(forwarded[..<2])),
        request("GET /nginx", original + ["x-original-uri: /open"]),
        request("GET /caddy", forwarded + ["x-forwarded-method: GET"]),
        request("GET /traefik", forwarded + ["x-forwarded-host: a"]),
        request("GET /caddy", [forwarded[0], forwarded[1], "X-Forwarded-Host: a b"]),
        request("GET /traefik", [forwarded[0], forwarded[1], "X-Forwarded-Host: é"]),
    ]) func `is refused where something is missing or there twice`(_ text: String) {
        #expect(throws: RequestRefusal.self) { try Self.read(text) }
    }

    @Test(arguments: ["/", "/envoy", "/envoyer/a", "/nginx/a", "/nginx/", "/NGINX", "/auth", "/caddy%20", "/%6eginx"])
    func `is nothing at another path`(_ path: String) throws {
        #expect(try Self.read(Self.request("GET \(path)", Self.original + Self.forwarded)) == nil)
    }

    @Test(arguments: [
        ("GET", "/a/b?c", "/web/app.example/a/b", Check.Action.read), ("PUT", "/a/", "/web/app.example/a", .write),
        ("HEAD", "/", "/web/app.example", .read), ("DELETE", "/a%20b", "/web/app.example/a b", .write),
    ]) func `becomes the question`(_ method: String, _ target: String, _ object: String, _ action: Check.Action) throws
    {
        let request = try #require(try Self.read(Self.request("\(method) /envoy\(target)")))
        let check = try #require(request.check(ObjectTemplate("/web/%h%p")))
        #expect(check.name.text == object)
        #expect(check.action == action)
    }

    /// How each proxy says a target.
    static func asks(_ target: String) -> [String] {
        [
            request("GET /nginx", ["X-Original-Method: GET", "X-Original-URI: \(target)"]),
            request("GET /caddy", ["X-Forwarded-Method: GET", "X-Forwarded-Uri: \(target)"]),
            request("GET /traefik", ["X-Forwarded-Method: GET", "X-Forwarded-Uri: \(target)", "X-Forwarded-Host: a"]),
            request("GET /envoy\(target)"),
        ]
    }

    @Test(arguments: [
        ("/a?ids[]=1", "/web/a"), ("/a?{\"x\":[1|2]}^`<>", "/web/a"), ("/a?x=100%", "/web/a"), ("/a?x=é", "/web/a"),
        ("/[a]", "/web/[a]"), ("/{a}|^", "/web/{a}|^"), ("/é", "/web/é"), ("/%C3%A9", "/web/é"), ("/a?x=\\", "/web/a"),
        ("/a\\b", "/web/a\\b"), ("/a%5Bb", "/web/a[b"),
        // No name, which is denied and not refused: the proxy has done nothing wrong.
        ("/100%", nil), ("/a%4", nil), ("/a#b", nil), ("/a?b#c", nil), ("/a//b", nil), ("/%FF", nil),
    ]) func `is the same question of whichever proxy, with what browsers send`(_ target: String, _ object: String?)
        throws
    {
        for text in Self.asks(target) {
            let request = try #require(try Self.read(text))
            #expect(request.check(try ObjectTemplate("/web%p"))?.name.text == object, "\(text)")
        }
    }

    @Test(arguments: ["/a b", "/a\tb", "/a?b c"])
    func `is none where a target is cut by a space`(_ target: String) throws {
        for text in Self.asks(target).dropLast() {
            #expect(try #require(try Self.read(text)).check(try ObjectTemplate("/web%p")) == nil)
        }
        #expect(throws: RequestRefusal.self) { try Self.read(Self.request("GET /envoy\(target)")) }
    }

    @Test(arguments: ["shop.example", "Shop.Example.", "shop.example.:443", "SHOP.example:443"])
    func `has one name for each host, however it is written`(_ host: String) throws {
        let fields = Self.forwarded[..<2] + ["X-Forwarded-Host: \(host)"]
        let request = try #require(try Self.read(Self.request("GET /caddy", Array(fields))))
        #expect(request.check(try ObjectTemplate("/web/%h%p"))?.name.text == "/web/shop.example/a")
    }

    @Test(arguments: ["//", "/%2f", "//a", "/a/../b", "/%2e%2e/b", "/a%2f..%2fb", "/a%00", "/a%0d%0a", "/a%ff", "/./a"])
    func `is no question with a path that no module may see`(_ target: String) throws {
        let request = try #require(try Self.read(Self.request("GET /envoy\(target)")))
        for template in ["/web%p", "%p"] { #expect(request.check(try ObjectTemplate(template)) == nil) }
    }

    @Test(arguments: [
        (["X-Forwarded-For: 192.0.2.7"], "192.0.2.7"), (["X-Forwarded-For: 10.0.0.1, 192.0.2.7"], "192.0.2.7"),
        (["X-Forwarded-For: 10.0.0.1,2001:db8::7"], "2001:db8::7"), (["X-Forwarded-For: a, "], ""),
        (["X-Forwarded-For: 10.0.0.1, unix:"], nil), ([], nil),
    ]) func `names the address that the proxy saw, which is the last`(_ fields: [String], _ address: String?) throws {
        let bytes = Array(Self.request("GET /nginx", fields).utf8)
        var reader = StrictRequestReader()
        #expect(try reader.read(bytes.span))
        let found = try reader.head.forwardedFor(bytes.span).map { String(decoding: $0, as: UTF8.self) }
        #expect(found == address)
    }

    @Test(arguments: [
        ("text/html", true), ("text/html,application/xhtml+xml;q=0.9", true), ("*/*, TEXT/HTML", true), ("*/*", false),
        ("text/htm", false), ("", false), ("application/json", false),
    ]) func `shows whether a browser navigates`(_ accept: String, _ isBrowser: Bool) throws {
        let bytes = Array(Self.request("GET /nginx", ["Accept: \(accept)"]).utf8)
        var reader = StrictRequestReader()
        #expect(try reader.read(bytes.span))
        #expect(reader.head.acceptsHTML(bytes.span) == isBrowser)
    }
}

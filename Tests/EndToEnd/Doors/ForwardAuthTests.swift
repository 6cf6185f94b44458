import Foundation
import Testing

/// A real proxy in front of a real application, which asks a real authhost, each as the examples configure it.
final class ProxiedSite {
    enum Proxy: String, CaseIterable, CustomTestStringConvertible {
        case nginx, caddy, envoy

        var testDescription: String { rawValue }

        /// The example's file, and what of it is replaced so that it listens at `proxy.sock`.
        fileprivate var example: (path: String, listens: String, instead: String) {
            switch self {
            case .nginx:
                ("examples/nginx/forward-auth.conf", "listen 127.0.0.1:8088;", "listen unix:proxy.sock;")
            case .caddy: ("examples/caddy/Caddyfile", "bind 127.0.0.1", "bind unix/proxy.sock")
            case .envoy:
                (
                    "examples/envoy/envoy.yaml", "socket_address: { address: 127.0.0.1, port_value: 8088 }",
                    "pipe: { path: proxy.sock }"
                )
            }
        }

        fileprivate func command(_ folder: Folder, _ file: String) -> (arguments: [String], ready: String) {
            switch self {
            case .nginx:
                (["nginx", "-e", "stderr", "-g", "user root;", "-p", folder.path, "-c", file], "start worker process ")
            case .caddy:
                (["caddy", "run", "--config", file, "--adapter", "caddyfile"], "serving initial configuration")
            case .envoy:
                (
                    [RealProgram.envoy.path, "-c", file, "--disable-hot-restart", "--concurrency", "1"],
                    "all dependencies initialized. starting workers"
                )
            }
        }
    }

    let folder: Folder
    let client: Client
    private(set) var authhost: ChildProcess
    private let configuration: String
    private let application: ChildProcess
    private let proxy: ChildProcess

    /// - Parameters:
    ///   - items: lines before those of the example's configuration.
    ///   - door: lines of the door's block.
    ///   - overTCP: whether the proxy listens at a port, as the example does; else at `proxy.sock`.
    ///   - users: changes the example's users file.
    ///   - edit: changes the proxy's file.
    init(
        _ proxy: Proxy, items: String = "", door: String = "", overTCP: Bool = false,
        users: (String) -> String = { $0 }, edit: (String) -> String = { $0 }
    ) throws {
        folder = try Folder()
        try folder.write(users(Place.text("Plugins/xmlauth/users.xml")), to: "users.xml")
        let block = try Place.text("examples/nginx/authhost.conf").replacing("add-door\n", with: "add-door\n\(door)\n")
        configuration = try folder.write(
            "control-socket \(folder.path("control.sock"))\n\(items)\n" + block, to: "authhost.conf")
        authhost = try Self.start(configuration, in: folder)
        application = try ChildProcess([
            "python3", Place.file("Tests/Fixtures/proxies/application.py"), folder.path("application.sock"),
        ])
        try application.wait(for: "the application listens")
        let example = proxy.example
        let port = overTCP ? try Place.freePort() : nil
        var text = try Place.text(example.path)
        #expect(text.contains(example.listens))
        if let port {
            text = text.replacing("8088", with: "\(port)")
        } else {
            text = text.replacing(example.listens, with: example.instead)
        }
        let file = try folder.write(
            edit(text).replacing("stderr warn;", with: "stderr notice;"),
            to: URL(filePath: example.path).lastPathComponent)
        let command = proxy.command(folder, file)
        self.proxy = try ChildProcess(command.arguments, directory: folder.path, environment: ["HOME": folder.path])
        client = Client(socket: folder.path("proxy.sock"), port: port)
        try self.proxy.wait(for: command.ready)
    }

    private static func start(_ configuration: String, in folder: Folder) throws -> ChildProcess {
        let process = try ChildProcess(
            [Place.binary("authhost"), "serve", "--config", configuration], directory: folder.path)
        try process.wait(for: "door web: listening on")
        return process
    }

    func stopAuthhost() throws {
        authhost.terminate()
        _ = try authhost.finish()
    }

    func startAuthhost() throws { authhost = try Self.start(configuration, in: folder) }

    func get(_ user: String? = nil, cookie: String? = nil, asBrowser: Bool = false) throws -> Response {
        let fields = Self.lies.map { "\($0): forged" } + (cookie.map { ["Cookie: \($0)"] } ?? [])
        return try client.get(
            "/reports/today?x=1", user: user, headers: fields + (asBrowser ? ["Accept: text/html,*/*;q=0.8"] : []))
    }

    /// Names in which a client could say who it is, from where, and what it asks for, with spellings that some applications
    /// take for the same name.
    static let lies =
        [
            "Remote-User", "Remote_User", "Remote.User", "REMOTE_USER", "remote~user", "X-Auth-User", "X_Auth_User",
            "X-Auth_User", "X.Auth.User", "X-Auth-Object", "X.Auth-Object", "X_Auth_Object", "X-Auth-Verdict",
            "X-Auth-Reason",
            "X-Auth-Redirect", "X-Forwarded-User", "X-Remote-User", "X_Forwarded_For", "X.Forwarded.For", "X.Real.IP",
            "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Uri", "X-Forwarded-Method",
            "X-Forwarded-Prefix", "X-Original-URI", "X-Original-URL", "X-Original-Method", "X-Rewrite-URL",
            "X-HTTP-Method",
            "X-HTTP-Method-Override", "X-Method-Override",
        ] + addresses

    /// Those in which a client could say where it is.
    static let addresses = [
        "X-Real-IP", "X-Forwarded-For", "X-Client-IP", "X-Cluster-Client-IP", "True-Client-IP", "CF-Connecting-IP",
        "Forwarded",
    ]

    /// Logs in at the page, as a browser does: gets the form, fills it in and sends it with the cookie that came with it.
    func logIn(
        _ user: String, _ password: String, at page: String = "/_authhost/login", headers: [String] = []
    ) throws -> Response {
        let form = try client.get(page, headers: ["Accept: text/html"])
        #expect(form.status == 200)
        let fields = try ["token", "rd"].map { name in
            let value = try #require(form.body.split(separator: "name=\"\(name)\" value=\"").dropFirst().first)
            return "\(name)=\(value.prefix { $0 != "\"" }.replacing("&amp;", with: "&"))"
        }
        let cookie = try #require(form.headers["set-cookie"]?.split(separator: ";").first)
        let arguments = (fields + ["user=\(user)", "password=\(password)"]).flatMap { ["--data-urlencode", $0] }
        let sent = (headers + ["Cookie: \(cookie)"]).flatMap { ["-H", $0] }
        return try client.send("/_authhost/login", arguments + sent)
    }

    /// Logs in and returns the cookie of the session.
    func session(_ user: String, _ password: String) throws -> String {
        let response = try logIn(user, password)
        #expect(response.status == 303, "\(response) \(authhost.seen)")
        return String(try #require(response.headers["set-cookie"]?.split(separator: ";").first))
    }

    func eject(_ user: String) throws {
        let ending = try AuthHost.run(["session", "eject", "--user", user, "--socket", folder.path("control.sock")])
        #expect(ending.status == 0, "\(ending)")
    }
}

extension Response {
    /// What an application has heard in a name, or in one that it may take for the same: letters and digits alone count.
    func heard(_ name: String) -> [String] {
        body.split(separator: "\n").dropFirst().compactMap { line in
            let pair = line.split(separator: ":", maxSplits: 1)
            guard pair.count == 2, pair[0].filter(\.isLetter).lowercased() == name.filter(\.isLetter).lowercased()
            else {
                return nil
            }
            return pair[1].trimmingCharacters(in: .whitespaces)
        }
    }

    /// Whether it is the application's.
    var isOfApplication: Bool { body.contains(" HTTP/1.1\n") }
}

@Suite(.needs(.nginx, .caddy, .envoy, .curl, .python3)) struct ForwardAuthTests {
    typealias Proxy = ProxiedSite.Proxy

    @Test(arguments: Proxy.allCases)
    func `lets users who may pass to the application, which hears who it is from the proxy alone`(_ proxy: Proxy) throws
    {
        let site = try ProxiedSite(proxy)
        let response = try site.get("alice:wonderland")
        #expect(response.status == 200, "\(response) \(site.authhost.seen)")
        #expect(response.body.hasPrefix("GET /reports/today?x=1 HTTP/1.1\n"))
        #expect(response.heard("Remote-User") == ["alice"])
        #expect(response.heard("X-Auth-User") == ["alice"])
        #expect(response.heard("X-Auth-Object") == ["/web/reports/today"])
        #expect(!response.body.contains("forged"), "\(response.body)")
    }

    @Test(arguments: Proxy.allCases)
    func `keeps what is said of a user also where the client wants it taken away`(_ proxy: Proxy) throws {
        let site = try ProxiedSite(proxy)
        let response = try site.client.get(
            "/reports/today", user: "alice:wonderland",
            headers: ["Remote-User: mallory", "Connection: Remote-User, X-Auth-User, X-Auth-Object"])
        #expect(response.status == 200)
        for (name, value) in [
            ("Remote-User", "alice"), ("X-Auth-User", "alice"), ("X-Auth-Object", "/web/reports/today"),
        ] {
            #expect(response.heard(name) == [value], "\(response.body)")
        }
    }

    @Test(arguments: Proxy.allCases)
    func `takes a client for where it is, whatever it says`(_ proxy: Proxy) throws {
        let site = try ProxiedSite(
            proxy, overTCP: true,
            users: { $0.replacing("groups=\"traders desk\"", with: "groups=\"traders desk\" addresses=\"10.0.0.0/8\"") }
        )
        let lies = ProxiedSite.addresses.map { "\($0): \($0 == "Forwarded" ? "for=" : "")10.1.2.3" }
        for headers in lies.map({ [$0] }) + [lies, []] {
            let response = try site.client.get("/reports/today", user: "alice:wonderland", headers: headers)
            #expect([401, 403].contains(response.status), "\(headers): \(response)")
            #expect(!response.isOfApplication)
            let back = try site.logIn("alice", "wonderland", headers: headers)
            #expect(back.status == 403, "\(headers): \(back.status)")
        }
    }

    @Test(arguments: Proxy.allCases)
    func `asks about the host that the application hears`(_ proxy: Proxy) throws {
        let site = try ProxiedSite(
            proxy, door: "object /web/%h%p",
            users: { $0.replacing("/web/**", with: "/web/inside.example/**") })
        func ask(_ target: String, _ host: String) throws -> Response {
            try site.client.send(
                "/x", ["-u", "alice:wonderland", "--request-target", target, "-H", "Host: \(host)"])
        }
        let own = try ask("/x", "inside.example:8088")
        #expect(own.status == 200 && own.heard("Host") == ["inside.example:8088"], "\(own)")
        #expect(try ask("/x", "outside.example").status == 403)
        for (target, host) in [("outside", "inside"), ("inside", "outside")] {
            let response = try ask("http://\(target).example/x", "\(host).example")
            let isInside = response.heard("Host").allSatisfy { $0 == "inside.example" || $0 == "inside.example:80" }
            #expect(response.status == 200 ? isInside : !response.isOfApplication, "\(target): \(response)")
        }
    }

    @Test(arguments: Proxy.allCases)
    func `tells denied, wrong passwords and none apart, and shows nothing`(_ proxy: Proxy) throws {
        let site = try ProxiedSite(proxy)
        for (user, status) in [
            ("bob:builder", 403), ("alice:looking-glass", 401), ("mallory:wonderland", 401), ("alice:", 401),
            (nil, 401),
        ] {
            let response = try site.get(user)
            #expect(response.status == status, "\(user ?? "no user"): \(response)")
            #expect((response.headers["www-authenticate"]?.hasPrefix("Basic realm=") == true) == (status == 401))
            #expect(!response.isOfApplication)
        }
        // She may read everything and write nothing.
        let response = try site.client.send("/reports/today", ["-u", "alice:wonderland", "-d", "x=1"])
        #expect(response.status == 403)
    }

    @Test(arguments: Proxy.allCases)
    func `leads browsers to the log-in page, and from there to where they wanted`(_ proxy: Proxy) throws {
        let site = try ProxiedSite(proxy)
        let away = try site.get(asBrowser: true)
        #expect(away.status == 302)
        let page = try #require(away.headers["location"])
        #expect(page == "/_authhost/login?rd=/reports/today%3Fx%3D1")
        let back = try site.logIn("alice", "wonderland", at: page)
        #expect(back.status == 303)
        #expect(back.headers["location"] == "/reports/today?x=1")
        let attributes = try #require(back.headers["set-cookie"])
        #expect(attributes.hasPrefix("__Host-authhost="))
        #expect(attributes.hasSuffix("; Path=/; Secure; HttpOnly; SameSite=Lax"))
        let cookie = String(attributes.prefix { $0 != ";" })
        let response = try site.get(cookie: cookie, asBrowser: true)
        #expect(response.status == 200)
        #expect(response.heard("Remote-User") == ["alice"])
        #expect(try site.logIn("alice", "looking-glass").status == 401)
    }

    /// What browsers and older programs send without encoding it, and where that leads back to.
    static let targets = [
        ("/reports/today?ids[]=1&ids[]=2", "/reports/today?ids%5B%5D=1&ids%5B%5D=2"),
        ("/reports/{a}|b?{x}|^`", "/reports/%7Ba%7D%7Cb?%7Bx%7D%7C%5E%60"),
        ("/reports/a?x=100%", "/reports/a?x=100%25"),
        ("/reports/é?q=ü", "/reports/%C3%A9?q=%C3%BC"),
        (
            "/reports/a?q=\(String(repeating: "a", count: 7_000))",
            "/reports/a?q=\(String(repeating: "a", count: 7_000))"
        ),
        (
            "/reports/a?q=\(String(repeating: "[", count: 4_000))",
            "/reports/a?q=\(String(repeating: "%5B", count: 4_000))"
        ),
    ]

    @Test(arguments: Proxy.allCases)
    func `takes what browsers send, and leads them back to it`(_ proxy: Proxy) throws {
        let site = try ProxiedSite(proxy)
        let cookie = try site.session("alice", "wonderland")
        // Envoy itself takes no bytes beyond ASCII.
        let targets = Self.targets.filter { proxy != .envoy || $0.0.utf8.allSatisfy { $0 < 0x80 } }
        for (target, place) in targets {
            let raw = ["--request-target", target]
            let response = try site.client.send("/x", raw + ["-H", "Cookie: \(cookie)"])
            #expect(response.status == 200, "\(target.prefix(80)): \(response) \(site.authhost.seen)")
            #expect(response.isOfApplication)
            let away = try site.client.send("/x", raw + ["-H", "Accept: text/html"])
            #expect(away.status == 302, "\(target.prefix(80)): \(away)")
            let page = try #require(away.headers["location"])
            let back = try site.logIn("alice", "wonderland", at: page)
            #expect(back.headers["location"] == place, "\(target.prefix(80)): \(page.prefix(200))")
            let again = try site.client.send("/x", ["--request-target", place, "-H", "Cookie: \(cookie)"])
            #expect(again.status == 200, "\(place.prefix(80)): \(again)")
        }
    }

    @Test(arguments: Proxy.allCases) func `takes the session as a bearer`(_ proxy: Proxy) throws {
        let site = try ProxiedSite(proxy)
        let session = try site.session("alice", "wonderland").dropFirst("__Host-authhost=".count)
        let response = try site.client.get("/reports/today", headers: ["Authorization: Bearer \(session)"])
        #expect(response.status == 200)
        let wrong = try site.client.get(
            "/reports/today", headers: ["Authorization: Bearer \(String(session.reversed()))"])
        #expect(wrong.status == 401)
    }

    @Test(arguments: Proxy.allCases) func `tells over a limit from denied where the proxy can`(_ proxy: Proxy) throws {
        let site = try ProxiedSite(proxy, items: "max-user-limit 1")
        let cookie = try site.session("alice", "wonderland")
        let response = try site.get("bob:builder")
        #expect(response.status == (proxy == .nginx ? 403 : 429))
        if proxy != .nginx { #expect(response.headers["x-auth-verdict"] == "over-limit") }
        #expect(try site.logIn("bob", "builder").status == 429)
        #expect(try site.get(cookie: cookie).status == 200, "who is in stays in")
    }

    @Test(arguments: Proxy.allCases) func `sends an ejected session to log in again, and one that logged out`(
        _ proxy: Proxy
    )
        throws
    {
        let site = try ProxiedSite(proxy)
        let cookie = try site.session("alice", "wonderland")
        #expect(try site.get(cookie: cookie).status == 200)
        try site.eject("alice")
        let response = try site.get(cookie: cookie)
        #expect(response.status == 401)
        if proxy != .nginx { #expect(response.headers["x-auth-verdict"] == "ejected") }
        let away = try site.get(cookie: cookie, asBrowser: true)
        #expect(away.status == 302)
        #expect(away.headers["location"]?.hasSuffix("&ended=1") == true)

        let second = try site.session("alice", "wonderland")
        let form = try site.client.get("/_authhost/logout")
        let token = try #require(form.headers["set-cookie"]?.prefix { $0 != ";" })
        let value = token.drop { $0 != "=" }.dropFirst()
        let out = try site.client.send(
            "/_authhost/logout", ["-d", "token=\(value)", "-H", "Cookie: \(second); \(token)"])
        #expect(out.status == 200)
        #expect(out.body.contains("Your session has ended."))
        #expect(try site.get(cookie: second).status == 401)
    }

    @Test(arguments: Proxy.allCases) func `shows nothing while authhost is away, and works when it is back`(
        _ proxy: Proxy
    )
        throws
    {
        let site = try ProxiedSite(proxy)
        #expect(try site.get("alice:wonderland").status == 200)
        try site.stopAuthhost()
        let response = try site.get("alice:wonderland")
        #expect(response.status == [.nginx: 500, .caddy: 502, .envoy: 403][proxy])
        #expect(!response.isOfApplication)
        try site.startAuthhost()
        #expect(try site.get("alice:wonderland").status == 200, "\(site.authhost.seen)")
    }

    @Test(arguments: Proxy.allCases) func `lets no browser ask the questions of the proxy`(_ proxy: Proxy) throws {
        let site = try ProxiedSite(proxy)
        for path in ["/nginx", "/caddy", "/envoy/reports", "/_question", "/_authhost/../caddy", "/_authhost/nginx"] {
            let response = try site.client.send(
                path,
                [
                    "--path-as-is", "-u", "alice:wonderland", "-H", "X-Forwarded-Uri: /reports", "-H",
                    "X-Forwarded-Method: GET", "-H", "X-Forwarded-Host: a", "-H", "X-Original-URI: /reports", "-H",
                    "X-Original-Method: GET",
                ])
            #expect(response.headers["remote-user"] == nil, "\(path) \(response)")
        }
    }
}

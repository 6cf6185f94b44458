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

    /// - Parameter items: lines before those of the example's configuration.
    init(_ proxy: Proxy, items: String = "") throws {
        folder = try Folder()
        try folder.write(Place.text("Plugins/xmlauth/users.xml"), to: "users.xml")
        configuration = try folder.write(
            "control-socket \(folder.path("control.sock"))\n\(items)\n" + Place.text("examples/nginx/authhost.conf"),
            to: "authhost.conf")
        authhost = try Self.start(configuration, in: folder)
        application = try Self.startApplication(in: folder)
        let example = proxy.example
        let text = try Place.text(example.path)
        #expect(text.contains(example.listens))
        let file = try folder.write(
            text.replacing(example.listens, with: example.instead).replacing("stderr warn;", with: "stderr notice;"),
            to: URL(filePath: example.path).lastPathComponent)
        let command = proxy.command(folder, file)
        self.proxy = try ChildProcess(command.arguments, directory: folder.path, environment: ["HOME": folder.path])
        client = Client(socket: folder.path("proxy.sock"))
        try self.proxy.wait(for: command.ready)
    }

    private static func start(_ configuration: String, in folder: Folder) throws -> ChildProcess {
        let process = try ChildProcess(
            [Place.binary("authhost"), "serve", "--config", configuration], directory: folder.path)
        try process.wait(for: "door web: listening on")
        return process
    }

    /// Says who the proxy says it is.
    private static func startApplication(in folder: Folder) throws -> ChildProcess {
        let file = try folder.write(
            """
            user root;
            daemon off;
            worker_processes 1;
            pid application.pid;
            error_log stderr notice;
            events {}
            http {
                access_log off;
                # As applications do that read the names of CGI.
                underscores_in_headers on;
                client_body_temp_path a1;
                proxy_temp_path a2;
                fastcgi_temp_path a3;
                uwsgi_temp_path a4;
                scgi_temp_path a5;
                server {
                    listen unix:application.sock;
                    location / { return 200 "$request_method $request_uri by $http_remote_user, $http_x_auth_user\\n"; }
                }
            }
            """.replacing("user root;\n", with: geteuid() == 0 ? "user root;\n" : ""), to: "application.conf")
        let process = try ChildProcess(
            ["nginx", "-e", "stderr", "-p", folder.path, "-c", file], directory: folder.path)
        try process.wait(for: "start worker process ")
        return process
    }

    func stopAuthhost() throws {
        authhost.terminate()
        _ = try authhost.finish(seconds: 30)
    }

    func startAuthhost() throws { authhost = try Self.start(configuration, in: folder) }

    func get(_ user: String? = nil, cookie: String? = nil, asBrowser: Bool = false) throws -> Response {
        let fields = Self.lies + (cookie.map { ["Cookie: \($0)"] } ?? [])
        return try client.get(
            "/reports/today?x=1", user: user, headers: fields + (asBrowser ? ["Accept: text/html,*/*;q=0.8"] : []))
    }

    /// What a client says of itself in each spelling, and that the proxy's own is to be taken away.
    private static let lies =
        ["Remote-User", "Remote_User", "X-Auth-User", "X_Auth_User", "X-Auth_User", "X_Auth-User"].map {
            "\($0): mallory"
        } + ["Connection: Remote-User, X-Auth-User"]

    /// Logs in at the page, as a browser does: gets the form, fills it in and sends it with the cookie that came with it.
    func logIn(_ user: String, _ password: String, at page: String = "/_authhost/login") throws -> Response {
        let form = try client.get(page, headers: ["Accept: text/html"])
        #expect(form.status == 200)
        let fields = try ["token", "rd"].map { name in
            let value = try #require(form.body.split(separator: "name=\"\(name)\" value=\"").dropFirst().first)
            return "\(name)=\(value.prefix { $0 != "\"" }.replacing("&amp;", with: "&"))"
        }
        let cookie = try #require(form.headers["set-cookie"]?.split(separator: ";").first)
        let arguments = (fields + ["user=\(user)", "password=\(password)"]).flatMap { ["--data-urlencode", $0] }
        return try client.send("/_authhost/login", arguments + ["-H", "Cookie: \(cookie)"])
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

@Suite(.needs(.nginx, .caddy, .envoy, .curl)) struct ForwardAuthTests {
    typealias Proxy = ProxiedSite.Proxy

    @Test(arguments: Proxy.allCases)
    func `lets who may pass to the application, which hears who it is from nobody else`(_ proxy: Proxy) throws {
        let site = try ProxiedSite(proxy)
        let response = try site.get("alice:wonderland")
        #expect(response.status == 200, "\(response) \(site.authhost.seen)")
        #expect(response.body == "GET /reports/today?x=1 by alice, alice\n")
    }

    @Test(arguments: Proxy.allCases)
    func `tells denied, wrong passwords and none apart, and shows nothing`(_ proxy: Proxy) throws {
        let site = try ProxiedSite(proxy)
        for (user, status) in [
            ("bob:builder", 403), ("alice:looking-glass", 401), ("mallory:wonderland", 401), ("alice:", 401),
            (nil, 401),
        ] {
            let response = try site.get(user)
            #expect(response.status == status, "\(user ?? "nobody"): \(response)")
            #expect((response.headers["www-authenticate"]?.hasPrefix("Basic realm=") == true) == (status == 401))
            #expect(!response.body.contains(" by "))
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
        #expect(response.body == "GET /reports/today?x=1 by alice, alice\n")
        #expect(try site.logIn("alice", "looking-glass").status == 401)
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
        #expect(!response.body.contains(" by "))
        try site.startAuthhost()
        #expect(try site.get("alice:wonderland").status == 200, "\(site.authhost.seen)")
    }

    @Test(arguments: Proxy.allCases) func `lets nobody ask the questions of the proxy`(_ proxy: Proxy) throws {
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

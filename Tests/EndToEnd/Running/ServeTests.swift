import Foundation
import Testing

@Suite struct ServeTests {
    @Test(.needs(.curl))
    func `serves a session from login to logout over a unix socket`() throws {
        let server = try Server(AuthHost.xmlauth(), in: try Folder())
        let client = server.client
        let login = try client.post("/v1/login", #"{"user":"alice","password":"wonderland"}"#)
        #expect(login.status == 200)
        let session = try #require(login.member("session"))
        func check(_ object: String) throws -> Response {
            try client.post("/v1/check", #"{"session":"\#(session)","action":"write","object":"\#(object)"}"#)
        }
        #expect(try check("/FX/EURUSD").member("verdict") == "allow")
        #expect(try check("/FX/INTERNAL/RATES").member("verdict") == "deny")
        let map = try client.post("/v1/map", #"{"session":"\#(session)","object":"/BLOTTER/ORDERS"}"#)
        #expect(map.member("object") == "/BLOTTER/alice/ORDERS", "\(map)")
        #expect(try client.post("/v1/logout", #"{"session":"\#(session)"}"#).status == 200)
        #expect(try check("/FX/EURUSD").member("verdict") != "allow")
    }

    @Test(.needs(.curl), arguments: [("alice", "looking-glass"), ("mallory", "wonderland"), ("alice", "")])
    func `opens no session for wrong credentials`(user: String, password: String) throws {
        let server = try Server(AuthHost.xmlauth(), in: try Folder())
        let login = try server.client.post("/v1/login", #"{"user":"\#(user)","password":"\#(password)"}"#)
        #expect(login.status == 401)
        #expect(login.member("session") == nil)
        #expect(!login.body.contains("invalid-user") && !login.body.contains("invalid-password"))
    }

    @Test(.needs(.curl, .promtool))
    func `writes metrics that promtool accepts`() throws {
        let server = try Server(AuthHost.xmlauth(), in: try Folder())
        _ = try server.client.get("/auth", user: "alice:wonderland", headers: Forwarded.headers("/page"))
        _ = try server.client.get("/auth", user: "mallory:guess", headers: Forwarded.headers("/page"))
        let metrics = try server.client.get("/metrics")
        #expect(metrics.status == 200)
        #expect(metrics.body.contains("authhost_decisions_total{"), "\(metrics.body)")
        let verdict = try ChildProcess.run(["promtool", "check", "metrics"], input: metrics.body)
        #expect(verdict.status == 0, "\(verdict.errors)")
        #expect(!metrics.body.contains("wonderland"))
    }

    @Test(.needs(.curl), arguments: [SIGTERM, SIGINT])
    func `stops with 0 when it is told to, and leaves no socket behind`(signal: Int32) throws {
        let server = try Server(AuthHost.xmlauth(), in: try Folder())
        #expect(try server.client.get("/ready").status == 200)
        server.process.send(signal)
        let ending = try server.process.finish()
        #expect(ending.status == 0, "\(ending)")
        #expect(access(server.socket, F_OK) != 0)
    }

    @Test(.needs(.curl))
    func `stops when it is told to, whatever thread a module keeps`() throws {
        let server = try Server(
            ["--module", Place.fixture("keeps_the_loop"), "--auth-init-timeout", "1"], in: try Folder())
        let login = try server.client.post("/v1/login", #"{"user":"alice","password":"x"}"#)
        let session = try #require(login.member("session"))
        let question = try ChildProcess([
            "curl", "-s", "--unix-socket", server.socket, "-d",
            #"{"session":"\#(session)","action":"read","object":"/hang/a"}"#, "-H", "Content-Type: application/json",
            "http://localhost/v1/check",
        ])
        try server.process.wait(for: "hanging")
        server.process.terminate()
        let ending = try server.process.finish(seconds: 600)
        #expect(server.process.seen.contains("a module keeps connections, which end with the process"), "\(ending)")
        question.terminate()
        _ = try question.finish()
    }

    @Test(.needs(.curl, .cc))
    func `answers what was asked before TERM, and then stops`() throws {
        let folder = try Folder()
        let (module, fifo) = (
            try folder.module(from: Place.file("Tests/EndToEnd/LoadedModules/Modules/waits.c")), folder.path("fifo")
        )
        #expect(mkfifo(fifo, 0o600) == 0)
        let server = try Server(["--module", module, "--option", "fifo=\(fifo)"], in: folder)
        let login = try ChildProcess([
            "curl", "-q", "-sS", "-w", "%{http_code}", "--unix-socket", server.socket, "http://localhost/v1/login",
            "-H", "Content-Type: application/json", "--data-binary", #"{"user":"alice","password":"x"}"#,
        ])
        try server.process.wait(for: "was asked")
        server.process.terminate()
        try server.process.wait(for: "stopping")
        // Opened for both, a fifo does not wait for its other end; it stays open until the answer is there.
        let descriptor = open(fifo, O_RDWR)
        defer { close(descriptor) }
        #expect(write(descriptor, "x", 1) == 1)
        let answer = try login.finish()
        #expect(answer.output.hasSuffix("200"), "\(answer) \(server.process.seen)")
        #expect(try server.process.finish().status == 0)
    }

    @Test(.needs(.curl, .cc))
    func `answers health, operators and further log-ins while a module keeps an event loop`() throws {
        let folder = try Folder()
        let module = try folder.module(from: Place.file("Tests/EndToEnd/LoadedModules/Modules/keeps.c"))
        let (fifo, control) = (folder.path("fifo"), folder.path("control.sock"))
        #expect(mkfifo(fifo, 0o600) == 0)
        let server = try Server(
            [
                "--module", module, "--option", "fifo=\(fifo)", "--control-socket", control,
                "--auth-login-timeout", "3600",
            ], in: folder)
        let slow = try ChildProcess([
            "curl", "-q", "-sS", "-w", "%{http_code}", "--unix-socket", server.socket, "http://localhost/v1/login",
            "-H", "Content-Type: application/json", "--data-binary", #"{"user":"slow","password":"x"}"#,
        ])
        try server.process.wait(for: "was asked")
        // Each of these is a connection of its own, and none waits for the loop that is kept.
        for _ in 0..<8 { #expect(try server.client.get("/health").status == 200) }
        try server.process.wait(for: "keeps: auth_new_user on thread ")
        try server.process.wait(for: "must not block")
        let ready = try server.client.get("/ready")
        #expect(ready.status == 503 && ready.body.contains("auth_new_user on thread "), "\(ready)")
        let status = try AuthHost.run(["status", "--socket", control])
        #expect(status.output.contains("auth_new_user on thread "), "\(status)")
        for _ in 0..<8 {
            #expect(try server.client.post("/v1/login", #"{"user":"bob","password":"x"}"#).status == 200)
        }
        let descriptor = open(fifo, O_RDWR)
        defer { close(descriptor) }
        #expect(write(descriptor, "x", 1) == 1)
        #expect(try slow.finish().output.hasSuffix("200"), "\(server.process.seen)")
        try server.process.wait(for: "auth_new_user has returned at last")
        #expect(try server.client.get("/ready").status == 200)
        #expect(try AuthHost.run(["status", "--socket", control]).status == 0)
    }

    @Test(.needs(.curl))
    func `knows a user who was added before HUP`() throws {
        let folder = try Folder()
        let users = folder.path("users.xml")
        try FileManager.default.copyItem(atPath: Place.file("Plugins/xmlauth/users.xml"), toPath: users)
        let server = try Server(AuthHost.xmlauth(users), in: folder)
        func login() throws -> Int {
            try server.client.post("/v1/login", #"{"user":"cat","password":"cheshire"}"#).status
        }
        #expect(try login() == 401)
        let hash = try AuthHost.run(["passwd", "--scheme", "sha512crypt"], input: "cheshire\n").output.dropLast()
        let text = try String(contentsOfFile: users, encoding: .utf8)
        try folder.write(
            text.replacing("  <everybody>", with: "  <user name=\"cat\" password=\"\(hash)\"/>\n  <everybody>"),
            to: "users.xml")
        server.process.send(SIGHUP)
        try server.process.wait(for: "re-read \(users)")
        #expect(try login() == 200)
    }

    @Test func `serves nothing when the module cannot be used`() throws {
        let folder = try Folder()
        let ending = try AuthHost.run(
            ["serve", "--http-listen", "none", "--http-socket", folder.path("s")]
                + AuthHost.xmlauth("/nowhere/users.xml"))
        #expect(ending.status == 4, "\(ending)")
        #expect(ending.errors.contains("/nowhere/users.xml"), "\(ending)")
        #expect(access(folder.path("s"), F_OK) != 0)
    }
}

/// What a proxy says about the request that it asks for.
enum Forwarded {
    static func headers(_ path: String, method: String = "GET") -> [String] {
        ["X-Original-URI: \(path)", "X-Original-Method: \(method)"]
    }
}

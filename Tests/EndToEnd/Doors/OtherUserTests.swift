import Foundation
import Testing

/// A module that decides log-ins by what doors tell.
@Suite(.needs(.curl)) struct LoginCacheAttributeTests {
    @Test func `a log-in that was good for one host is asked about for another`() throws {
        let server = try Server(["--module", Place.binary("fixtures/decides_by_host.so")], in: Folder())
        func ask(_ host: String) throws -> Int {
            try server.client.get(
                "/auth", user: "ann:x", headers: ["X-Original-URI: /a", "X-Original-Method: GET", "Host: \(host)"]
            ).status
        }
        #expect(try ask("good") == 204)
        #expect(try ask("good") == 204)
        #expect(try ask("evil") == 401)
        #expect(try ask("good") == 204)
    }
}

/// A module that says who it is, whatever name was typed, behind doors with and without a place for that name.
@Suite(.needs(.curl)) struct OtherUserTests {
    private static let module = Place.binary("fixtures/names_the_user.so")
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func server() throws -> Server {
        _ = try folder.write(
            """
            auth-module \(Self.module)
            control-socket \(folder.path("control.sock"))
            add-door
                type saslauthd
                name mail
                socket \(folder.path("mux"))
            end-door
            add-door
                type rabbitmq
                name broker
                socket \(folder.path("broker.sock"))
            end-door
            """, to: "authhost.conf")
        return try Server(["-c", folder.path("authhost.conf")], in: folder)
    }

    @Test func `a user with another's token is refused by a broker, and is the token's user to a proxy`() throws {
        let server = try server()
        let broker = Client(socket: folder.path("broker.sock"))
        #expect(try broker.get("/auth/user?username=root&password=token-of-bob").body == "deny")
        #expect(try broker.get("/auth/user?username=bob&password=token-of-bob").body == "allow")
        try server.process.wait(for: "door broker: the log-in of <root> stands for <bob>")
        let forwarded = try server.client.get(
            "/auth", user: "root:token-of-bob", headers: ["X-Original-URI: /a", "X-Original-Method: GET"])
        #expect(forwarded.status == 204 && forwarded.headers["x-auth-user"] == "bob", "\(forwarded)")
    }

    @Test(.needs(.testsaslauthd)) func `nor to a mail program`() throws {
        let server = try server()
        func ask(_ user: String) throws -> Int32 {
            try ChildProcess.run([
                "testsaslauthd", "-u", user, "-p", "token-of-bob", "-s", "imap", "-f", folder.path("mux"),
            ]).status
        }
        #expect(try ask("root") != 0)
        #expect(try ask("bob") == 0)
        try server.process.wait(for: "door mail: the log-in of <root> stands for <bob>")
    }

    @Test func `is who the other authhost names where that decides, until the session ends`() throws {
        let centreFolder = try Folder()
        let native = centreFolder.path("native.sock")
        _ = try centreFolder.write(
            """
            auth-module \(Self.module)
            control-socket \(centreFolder.path("control.sock"))
            add-door
                type native
                socket \(native)
                option resume TRUE
            end-door
            """, to: "authhost.conf")
        func centre() throws -> Server { try Server(["-c", centreFolder.path("authhost.conf")], in: centreFolder) }
        var inner: Server? = try centre()
        let control = folder.path("control.sock")
        let edge = try Server(
            [
                "--module", "upstream", "--option", "address=\(native)", "--control-socket", control,
                "--auth-login-timeout", "60", "--auth-checkread-timeout", "60",
            ], in: folder)
        let login = try edge.client.post("/v1/login", #"{"user":"root","password":"token-of-bob"}"#)
        let session = try #require(login.member("session"), "\(login)")
        #expect(login.member("user") == "bob")
        let forwarded = try edge.client.get(
            "/auth", user: "root:token-of-bob", headers: ["X-Original-URI: /a", "X-Original-Method: GET"])
        #expect(forwarded.headers["x-auth-user"] == "bob", "\(forwarded)")
        let sessions = try AuthHost.run(["session", "list", "--socket", control]).output
        #expect(sessions.contains("bob") && !sessions.contains("root"), "\(sessions)")
        inner?.process.terminate()
        _ = try inner?.process.finish()
        inner = try centre()
        // It is taken back in there as who it is.
        let read = try edge.client.post("/v1/check", #"{"session":"\#(session)","action":"read","object":"/a"}"#)
        #expect(read.member("verdict") == "allow", "\(read)")
        let inside = try AuthHost.run(["session", "list", "--socket", centreFolder.path("control.sock")]).output
        #expect(inside.contains("bob") && !inside.contains("root"), "\(inside)")
        _ = inner
    }

    @Test(arguments: [
        ["login"], ["check", "--password-stdin", "--read", "/a"], ["explain", "--password-stdin", "--read", "/a"],
    ])
    func `commands say whose the answer is`(_ command: [String]) throws {
        func says(_ user: String) throws -> Bool {
            let ending = try AuthHost.run(command + ["--user", user, "--module", Self.module], input: "token-of-bob\n")
            #expect(ending.status == 0 && ending.output.hasPrefix("allow: granted"), "\(ending)")
            return ending.output.contains("user bob")
        }
        #expect(try says("root"))
        #expect(try !says("bob"))
    }
}

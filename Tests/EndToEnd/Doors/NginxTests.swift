import Foundation
import Testing

/// A real nginx in front of a page, with `examples/nginx/nginx.conf`, which asks authhost in the same folder.
final class Nginx {
    let process: ChildProcess
    let client: Client

    /// Starts it, and waits until it serves. Its workers run as who runs the test, who may open authhost's socket.
    ///
    /// - Parameter port: where it listens; nil for a unix socket.
    init(in folder: Folder, port: UInt16? = nil) throws {
        let socket = folder.path("nginx.sock")
        client = Client(socket: socket, port: port)
        try folder.write("a page\n", to: "pages/reports/today")
        let user = geteuid() == 0 ? "user root;\n" : ""
        let configuration = try Place.text("examples/nginx/nginx.conf").replacing(
            "listen 127.0.0.1:8088;", with: port.map { "listen 127.0.0.1:\($0);" } ?? "listen unix:\(socket);"
        )
        .replacing("error_log stderr warn;", with: "error_log stderr notice;")
        try folder.write(user + configuration, to: "nginx.conf")
        process = try ChildProcess(
            ["nginx", "-e", "stderr", "-p", folder.path, "-c", folder.path("nginx.conf")], directory: folder.path)
        try process.wait(for: "start worker process ")
    }
}

@Suite(.needs(.nginx, .curl)) struct NginxTests {
    private let folder: Folder
    private let authhost: Server
    private let nginx: Nginx

    init() throws {
        folder = try Folder()
        authhost = try Server(AuthHost.xmlauth(), in: folder)
        nginx = try Nginx(in: folder)
    }

    private func page(_ user: String?, headers: [String] = []) throws -> Response {
        try nginx.client.get("/reports/today", user: user, headers: headers)
    }

    @Test func `gives an allowed user the page, and says who it is`() throws {
        let response = try page("alice:wonderland")
        #expect(response.status == 200, "\(nginx.process.seen) \(authhost.process.seen)")
        #expect(response.body == "a page\n")
        #expect(response.headers["x-auth-user"] == "alice")
    }

    @Test(arguments: [
        ("bob:builder", 403), ("mallory:wonderland", 401), ("alice:looking-glass", 401), (nil, 401), ("alice:", 401),
    ])
    func `gives no other user the page`(user: String?, status: Int) throws {
        let response = try page(user)
        #expect(response.status == status, "\(nginx.process.seen) \(authhost.process.seen)")
        #expect(!response.body.contains("a page"))
    }

    @Test func `asks for a password when there is none`() throws {
        #expect(try page(nil).headers["www-authenticate"]?.hasPrefix("Basic realm=") == true)
    }

    @Test func `takes the session of a login instead of a password`() throws {
        let login = try authhost.client.post("/v1/login", #"{"user":"alice","password":"wonderland"}"#)
        let session = try #require(login.member("session"))
        #expect(try page(nil, headers: ["Cookie: authhost_session=\(session)"]).status == 200)
        _ = try authhost.client.post("/v1/logout", #"{"session":"\#(session)"}"#)
        #expect(try page(nil, headers: ["Cookie: authhost_session=\(session)"]).status == 401)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.1.2.3", 403), ("127.0.0.0/8", "10.1.2.3", 200), ("127.0.0.0/8", "127.0.0.1", 200),
    ])
    func `takes a client for where it is, whatever it says`(_ network: String, _ lie: String, _ status: Int) throws {
        let folder = try Folder()
        let users = try Place.text("Plugins/xmlauth/users.xml").replacing(
            "groups=\"traders desk\"", with: "groups=\"traders desk\" addresses=\"\(network)\"")
        let authhost = try Server(AuthHost.xmlauth(try folder.write(users, to: "users.xml")), in: folder)
        let nginx = try Nginx(in: folder, port: try Place.freePort())
        let lies = ["X-Real-IP: \(lie)", "X-Forwarded-For: \(lie)", "Forwarded: for=\(lie)"]
        for headers in lies.map({ [$0] }) + [lies, []] {
            let response = try nginx.client.get("/reports/today", user: "alice:wonderland", headers: headers)
            #expect(response.status == status, "\(headers) \(response) \(authhost.process.seen)")
        }
    }

    @Test func `lets no client ask the question from outside`() throws {
        #expect(try nginx.client.get("/_authhost", user: "alice:wonderland").status == 404)
    }

    @Test func `serves nothing when authhost has gone`() throws {
        #expect(try page("alice:wonderland").status == 200)
        authhost.process.terminate()
        _ = try authhost.process.finish()
        let response = try page("alice:wonderland")
        #expect(response.status == 500)
        #expect(!response.body.contains("a page"))
    }

    @Test func `asks an authhost that was started again`() throws {
        authhost.process.terminate()
        _ = try authhost.process.finish()
        let second = try Server(AuthHost.xmlauth(), in: folder)
        #expect(try page("alice:wonderland").status == 200, "\(second.process.seen)")
    }
}

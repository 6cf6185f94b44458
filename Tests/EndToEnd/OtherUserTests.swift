import Foundation
import Testing

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

    @Test func `who holds another user's token is nobody else to a broker, and themselves to a proxy`() throws {
        let server = try server()
        let broker = Client(socket: folder.path("broker.sock"))
        #expect(try broker.get("/auth/user?username=root&password=token-of-bob").body == "deny")
        #expect(try broker.get("/auth/user?username=bob&password=token-of-bob").body == "allow")
        try server.process.wait(for: "door broker: the log-in of <root> stands for <bob>")
        let forwarded = try server.client.get("/auth", user: "root:token-of-bob", headers: ["X-Original-URI: /a"])
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

    @Test(arguments: [["login"], ["check", "--password-stdin", "--read", "/a"], ["explain", "--password-stdin", "--read", "/a"]])
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

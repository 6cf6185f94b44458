import Foundation
import Testing

@Suite struct `The command explains a check` {
    static let cases = [
        CommandCase(
            arguments: ["--read", "/in/x"], exit: 0,
            text: """
                allow: granted
                object /out/x, asked for as /in/x
                module `explains` explains:
                    rule "allow read /**" at users:1 decides for /out/x
                    fields: 0

                """),
        CommandCase(
            arguments: ["--write", "/deny/x", "--field", "Bid=1", "--field", "Ask=2"], exit: 2,
            text: """
                deny: denied-by-module
                object /deny/x
                module `explains` explains:
                    rule "deny read /deny/**" at users:2 decides for /deny/x
                    fields: 2

                """),
        CommandCase(arguments: ["--read", "/a", "--field", "Bid"], exit: 3),
        CommandCase(arguments: ["--read", "/a", "--write", "/a"], exit: 3),
        CommandCase(arguments: ["--read", "a"], exit: 2),
    ]

    /// A module of `Tests/Fixtures/modules`; `make fixtures` builds them.
    private static func fixture(_ name: String) -> String {
        let folder = ProcessInfo.processInfo.environment["AUTHHOST_FIXTURES"] ?? Place.file(".build/fixtures")
        return "\(folder)/\(name).so"
    }

    @Test(arguments: cases)
    func `with what decides, and ends as the check does`(expected: CommandCase) throws {
        let module = Self.fixture("explains")
        let ending = try AuthHost.run(
            ["explain", "--user", "alice", "--trusted", "--module", module] + expected.arguments)
        #expect(ending.status == expected.exit, "\(ending)")
        #expect(ending.output == expected.text, "\(ending)")
    }

    @Test(arguments: [
        (
            ["--read", "/deny/x"], 2, "deny: denied-by-module\nobject /deny/x\n",
            ", but as allow, which the check is not:\n"
        ),
        (["--read", "/a"], 0, "allow: granted\nobject /a\n", ":\n"),
        (["--read", "/empty/a"], 0, "allow: granted\nobject /empty/a\n", " this with no word\n"),
    ])
    func `and marks what is the module's, and no verdict but the check's counts`(
        _ ask: [String], _ status: Int32, _ begins: String, _ says: String
    ) throws {
        let module = Self.fixture("explains_otherwise")
        let ending = try AuthHost.run(["explain", "--user", "alice", "--trusted", "--module", module] + ask)
        #expect(ending.status == status, "\(ending)")
        let lines = says.hasSuffix(":\n") ? "    all is open\n    allow: granted\n" : ""
        #expect(ending.output == begins + "module `explains_otherwise` explains" + says + lines, "\(ending)")
    }

    @Test func `also where the module does not`() throws {
        let module = Self.fixture("good9")
        let ending = try AuthHost.run([
            "explain", "--user", "alice", "--trusted", "--write", "/deny/x", "--module", module,
        ])
        #expect(ending.status == 2, "\(ending)")
        #expect(ending.output.hasSuffix("module `good9` does not explain its answers\n"), "\(ending)")
    }

    @Test(.needs(.cc)) func `only for a module that takes users without their password`() throws {
        let folder = try Folder()
        let module = try folder.module(from: Place.file("Tests/EndToEnd/LoadedModules/Modules/verdicts.c"))
        let ending = try AuthHost.run(["explain", "--user", "u1", "--trusted", "--write", "/x", "--module", module])
        #expect(ending.status == 4, "\(ending)")
        #expect(ending.errors.contains("has no `auth_resume_user`"), "\(ending)")
    }
}

@Suite struct `A server with an audit log` {
    private func ask(_ server: Server, _ count: Int) throws {
        let login = try server.client.post("/v1/login", #"{"user":"alice","password":"wonderland"}"#)
        let session = try #require(login.member("session"))
        for _ in 0..<count {
            _ = try server.client.post("/v1/check", #"{"session":"\#(session)","action":"read","object":"/FX/A"}"#)
        }
    }

    @Test(.needs(.curl)) func `has lost nothing that was answered when it is killed, where the log is required`() throws
    {
        let folder = try Folder()
        let path = folder.path("audit.log")
        let server = try Server(AuthHost.xmlauth() + ["--audit-log", path, "--audit-required"], in: folder)
        try ask(server, 3)
        server.process.send(SIGKILL)
        _ = try server.process.finish()
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.split(separator: "\n").count == 4, "\(text)")
        #expect(text.contains("user=alice") && text.contains("requested=/FX/A") && !text.contains("wonderland"))
    }

    @Test(.needs(.curl)) func `opens it again at HUP, and has written everything when it stops`() throws {
        let folder = try Folder()
        let (path, old) = (folder.path("audit.log"), folder.path("audit.old"))
        let server = try Server(AuthHost.xmlauth() + ["--audit-log", path], in: folder)
        try ask(server, 1)
        #expect(rename(path, old) == 0)
        server.process.send(SIGHUP)
        try server.process.wait(for: "re-read its configuration")
        try ask(server, 2)
        server.process.send(SIGTERM)
        #expect(try server.process.finish().status == 0)
        let lines = try [old, path].map { try String(contentsOfFile: $0, encoding: .utf8).split(separator: "\n").count }
        #expect(lines == [2, 3])
    }

    @Test func `does not start where it is required, and there is none`() throws {
        let folder = try Folder()
        let arguments = ["serve", "--http-listen", "none", "--http-socket", folder.path("s"), "--audit-required"]
        let ending = try AuthHost.run(arguments + AuthHost.xmlauth())
        #expect(ending.status == 3, "\(ending)")
        #expect(ending.errors.contains("`audit-log`"), "\(ending)")
    }
}

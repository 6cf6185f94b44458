import Foundation
import Testing

/// Modules that end, double or keep the process of each command that asks them. `UndecidedEndTests` has the ways to do so.
@Suite(.needs(.cc)) struct CommandEndTests {
    private let folder: Folder
    private let module: String

    init() throws {
        folder = try Folder()
        module = try folder.module(from: Place.file("Tests/EndToEnd/LoadedModules/Modules/ends.c"), "ends")
    }

    private func refused(_ ending: Ending, _ says: String) {
        #expect(ending.status == 1 && ending.output.isEmpty, "\(ending)")
        #expect(ending.errors.contains(says), "\(ending)")
    }

    @Test(arguments: [
        (["check", "--read", "/exit"], "exit() in `auth_check_read` (a read, generation 9)"),
        (["check", "--write", "/_exit"], "_exit() in `auth_check_write` (a write, generation 9)"),
        (["check", "--create", "/exit"], "exit() in `auth_check_write` (a create, generation 9)"),
        (["map", "/map/_exit"], "_exit() in `auth_map_object` (a mapping, generation 9)"),
        (["explain", "--read", "/exit"], "exit() in `auth_explain` (an explanation of a read, generation 9)"),
    ])
    func `a question in which a module ends the process has no answer`(_ command: [String], _ says: String) throws {
        let ending = try AuthHost.run(
            command + ["--user", "ann", "--password-stdin", "--module", module], input: "x\n")
        refused(ending, "module `ends` ended the process with \(says)")
    }

    @Test(arguments: ["exit", "_exit"])
    func `so has a file of cases, and one with an authenticator, and a log`(_ way: String) throws {
        let ended = "module `ends` ended the process with \(way)() in "
        let cases = try folder.write(
            #"{"user": "\#(way)", "password": "x", "login": true, "verdict": "allow"}"#, to: "cases.jsonl")
        refused(try AuthHost.run(["test", cases, "--module", module]), "\(ended)`auth_new_user` (a log-in")
        refused(try replay(way), "\(ended)`auth_resume_user` (")
        refused(
            try credential("exits"), "module `gives_credentials` ended the process with exit() in `auth_authenticate` ("
        )
    }

    @Test func `a check of a configuration whose module ends the process finds it unusable`() throws {
        let file = try folder.write(
            """
            auth-module \(module)
            add-module-options \(module)
                init exit
            end-module-options
            """, to: "authhost.conf")
        let ending = try AuthHost.run(["config", "check", file])
        #expect(ending.status == 4 && ending.output.isEmpty, "\(ending)")
        #expect(ending.errors.contains("module `ends` ended the process with exit() in `auth_init` ("), "\(ending)")
    }

    @Test(arguments: [
        ("exit", Int32(4), "module `ends` ended the process with exit() in `dlopen` (its mapping)"),
        ("crash", 139, "module `ends` crashed in `dlopen` (its mapping): signal 11 (SIGSEGV)"),
        ("fork", 0, "module `ends` forked the process in `dlopen` (its mapping)"),
    ])
    func `a module that does so only where it is mapped for good is named`(
        _ way: String, _ status: Int32, _ says: String
    ) throws {
        let ending = try ChildProcess.run(
            [Place.binary("authhost"), "login", "--user", "ann", "--module", module], input: "x\n",
            environment: ["ENDS_MAPPED": way])
        #expect(ending.status == status && ending.output == (status == 0 ? "allow: granted\n" : ""), "\(ending)")
        #expect(ending.errors.contains(says), "\(ending)")
    }

    @Test func `a log whose module does not come back ends at the deadline, with the line of the log`() throws {
        let ending = try replay("hang", "--auth-login-timeout", "1", "--auth-init-timeout", "3600")
        refused(ending, "audit.log:1:1: module `ends` has not answered this `login` by its deadline")
        #expect(ending.errors.contains("not returned have auth_resume_user on thread auth-blocking/"), "\(ending)")
    }

    @Test func `credentials of an authenticator that does not come back end at their deadline`() throws {
        let ending = try credential("hangs")
        refused(ending, "authenticator `gives_credentials` has not answered in auth_authenticate within 1.0 seconds")
        #expect(ending.errors.contains("not returned have auth_authenticate on thread auth-blocking/"), "\(ending)")
    }

    private func replay(_ user: String, _ arguments: String...) throws -> Ending {
        let log = try folder.write(
            "2026/01/30-10:00:00.000000 +0000: AUDIT: user=\(user) question=login verdict=allow reason=granted\n",
            to: "audit.log")
        return try AuthHost.run(["replay", log, "--module", module, "--config", "none"] + arguments)
    }

    private func credential(_ how: String) throws -> Ending {
        let file = try folder.write(
            """
            auth-module openauth
            credential-timeout 1
            auth-init-timeout 3600
            add-destination
                name partner
                add-authenticator \(Place.binary("fixtures/gives_credentials.so"))
                    how \(how)
                end-authenticator
            end-destination
            """, to: "authhost.conf")
        return try AuthHost.run(["credential", "get", "partner", "-c", file])
    }

    @Test(.needs(.curl), arguments: ["fork", "vfork"])
    func `a copy of a host that a module forked is ended and told, and the host answers`(_ way: String) throws {
        let server = try Server(["--module", module], in: folder)
        func login(_ user: String) throws -> Response {
            try server.client.post("/v1/login", #"{"user":"\#(user)","password":"x"}"#)
        }
        let session = try #require(try login(way).member("session"))
        try server.process.wait(
            for: "module `ends` forked the process in `auth_new_user` (a log-in, generation 9): the copy has come back")
        let check = #"{"session":"\#(session)","action":"read","object":"/\#(way)"}"#
        #expect(try server.client.post("/v1/check", check).member("verdict") == "allow")
        try server.process.wait(for: "module `ends` forked the process in `auth_check_read` (a read, generation 9)")
        #expect(try login("ann").status == 200)
        server.process.terminate()
        #expect(try server.process.finish().status == 0)
    }

    /// Copies that end by themselves, and a child that runs in the host's memory until it ends.
    @Test(.needs(.curl), arguments: ["child", "copy-exit", "copy-_exit", "copy-crash"])
    func `what ends a process that a module has made is no end of a host that serves`(_ way: String) throws {
        let server = try Server(["--module", module], in: folder)
        let answer = try server.client.post("/v1/login", #"{"user":"\#(way)","password":"x"}"#)
        #expect(answer.status == 200, "\(answer)")
        server.process.terminate()
        let ending = try server.process.finish()
        #expect(ending.status == 0, "\(ending)")
        #expect(!ending.errors.contains("ended the process") && !ending.errors.contains("` crashed"), "\(ending)")
    }
}

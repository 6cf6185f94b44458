import Foundation
import Testing

/// A module in helper processes of the real host.
@Suite(.needs(.curl)) struct HelperProcessTests {
    private func start(_ more: String, in folder: Folder) throws -> Server {
        try folder.write("auth-module \(Place.fixture("ends_its_process"))\n" + more, to: "a.conf")
        return try Server(
            ["--config", folder.path("a.conf"), "--control-socket", folder.path("control.sock")], in: folder)
    }

    private func verdict(_ server: Server, _ session: String, _ object: String) throws -> String? {
        try server.client.post("/v1/check", #"{"session":"\#(session)","action":"read","object":"\#(object)"}"#)
            .member("verdict")
    }

    private func isUndecided(_ server: Server, _ session: String, _ object: String) throws -> Bool {
        try server.client.post("/v1/check", #"{"session":"\#(session)","action":"read","object":"\#(object)"}"#)
            .status == 503
    }

    @Test func `ends are survived, told, and counted`() throws {
        let folder = try Folder()
        let server = try start("auth-module-isolation process 2\nmodule-helper-crashes 1\n", in: folder)
        let answer = try server.client.post("/v1/login", #"{"user":"alice","password":"x"}"#)
        let session = try #require(answer.member("session"), "\(answer)")
        #expect(try verdict(server, session, "/a") == "allow")
        #expect(try verdict(server, session, "/deny/a") == "deny")
        #expect(try isUndecided(server, session, "/segv/a"))
        try server.process.wait(for: "crashed in `auth_check_read` (a read, generation 9): signal 11 (SIGSEGV)")
        try server.process.wait(for: "`authhost module release`")
        #expect(try isUndecided(server, session, "/a"))
        let ready = try server.client.get("/ready")
        #expect(ready.status == 503 && ready.body.contains("quarantine"), "\(ready)")
        let metrics = try server.client.get("/metrics").body
        #expect(metrics.contains(#"authhost_module_helper_ends_total{outcome="quarantine"} 1"#), "\(metrics)")
        let release = try AuthHost.run(["module", "release", "--socket", folder.path("control.sock")])
        #expect(release.output == "1 helper process is started again\n", "\(release)")
        try server.process.wait(for: "its helper process is started again")
        #expect(try verdict(server, session, "/a") == "allow")
        let again = try AuthHost.run(["module", "release", "--socket", folder.path("control.sock")])
        #expect(again.output == "no helper process is in quarantine\n", "\(again)")
    }

    /// What belongs to the host's process: its directory, the files behind its descriptors, its threads' signal masks, and its memory.
    private func state(_ pid: Int32) throws -> (shared: [String], memory: Int) {
        let files = FileManager.default
        let place = "/proc/\(pid)"
        // Connections come and go, and so do helpers.
        let descriptors = try files.contentsOfDirectory(atPath: "\(place)/fd").compactMap { number in
            try? files.destinationOfSymbolicLink(atPath: "\(place)/fd/\(number)")
        }.filter { name in ["socket:", "pidfd", "memfd", "pipe:"].allSatisfy { !name.contains($0) } }.sorted()
        let status = try String(contentsOfFile: "\(place)/status", encoding: .utf8)
        let memory = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }?.split(separator: " ")
            .compactMap { Int($0) }.first
        let masks = try files.contentsOfDirectory(atPath: "\(place)/task").compactMap { thread in
            try? String(contentsOfFile: "\(place)/task/\(thread)/status", encoding: .utf8)
                .split(separator: "\n").first { $0.hasPrefix("SigBlk:") }.map(String.init)
        }
        let directory = try files.destinationOfSymbolicLink(atPath: "\(place)/cwd")
        return ([directory] + Set(masks).sorted() + descriptors, try #require(memory))
    }

    @Test func `harm to its process is none to the host`() throws {
        let folder = try Folder()
        try folder.write(
            "auth-module \(Place.fixture("harms_its_process"))\nauth-module-isolation process\nmodule-helper-crashes 100\n",
            to: "a.conf")
        let server = try Server(["--config", folder.path("a.conf")], in: folder)
        let answer = try server.client.post("/v1/login", #"{"user":"alice","password":"x"}"#)
        let session = try #require(answer.member("session"), "\(answer)")
        #expect(try verdict(server, session, "/a") == "allow")
        let before = try state(server.process.pid)
        for harm in ["mask", "locale", "directory", "close", "jump", "stack"] + Array(repeating: "leak", count: 8) {
            #expect(try verdict(server, session, "/\(harm)/a") != "allow", "\(harm)")
            try server.process.wait(until: { (try? verdict(server, session, "/a")) == "allow" })
        }
        #expect(!server.process.seen.contains("belongs to the whole process"), "\(server.process.seen)")
        let after = try state(server.process.pid)
        #expect(after.shared == before.shared, "\(before.shared)")
        // The helper has lost 128 MiB.
        #expect(after.memory < before.memory + 32 * 1024, "\(before.memory) KiB, then \(after.memory) KiB")
    }

    @Test(arguments: [("stack", "SIGSEGV"), ("jump", "SIGABRT")])
    func `where it runs in the host's process, the end is told with module and entry`(
        _ harm: String, _ signal: String
    ) throws {
        let ending = try AuthHost.run(
            [
                "check", "--user", "ann", "--read", "/\(harm)/a", "--password-stdin", "--module",
                Place.fixture("harms_its_process"),
            ], input: "x\n")
        #expect(ending.status != 0 && ending.output.isEmpty, "\(ending)")
        let says = "`harms_its_process` crashed in `auth_check_read` (a read, generation 9): signal "
        #expect(ending.errors.contains(says), "\(ending)")
        #expect(ending.errors.contains("(\(signal))"), "\(ending)")
    }

    @Test(arguments: [
        ("auth-module-isolation process 0", "1 to 64 processes are accepted"),
        ("auth-module-isolation thread", "`none`, `process`, and `process N`"),
        (
            "auth-module-isolation process\nmodule-helper-user nobody-there",
            "neither a user of this system nor a number"
        ),
    ])
    func `what cannot be is refused where it was written`(_ lines: String, _ says: String) throws {
        let folder = try Folder()
        try folder.write("auth-module \(Place.fixture("good9"))\n\(lines)\n", to: "a.conf")
        let ending = try AuthHost.run(["config", "check", folder.path("a.conf")])
        #expect(ending.status != 0 && (ending.output + ending.errors).contains(says), "\(ending)")
        #expect((ending.output + ending.errors).contains("a.conf:\(lines.contains("\n") ? 3 : 2):"), "\(ending)")
    }

    /// Whether the start or the watch of the process comes first is chance: each time it must be told.
    @Test(arguments: 0..<6) func `an end while the module is initialised is told by a start that fails`(_: Int) throws {
        let folder = try Folder()
        try folder.write("auth-module-isolation process\nmodule-helper-profile pure\n", to: "a.conf")
        // xmlauth makes a pair of sockets, which that profile forbids.
        let ending = try AuthHost.run(
            ["serve", "-c", folder.path("a.conf"), "--http-listen", "none", "--http-socket", folder.path("s")]
                + AuthHost.xmlauth())
        #expect(ending.status == 4 && ending.errors.contains("`auth_init` returned 3"), "\(ending)")
        #expect(ending.errors.contains("its helper process") && ending.errors.contains("SIGSYS"), "\(ending)")
    }

    @Test func `how many there are is said on the command line too`() throws {
        let ending = try AuthHost.run([
            "config", "check", "--module", Place.fixture("good9"), "--auth-module-isolation=process 2",
        ])
        #expect(ending.status == 0, "\(ending)")
    }

    @Test func `the program that no host has started says so`() throws {
        let ending = try ChildProcess.run([Place.binary("authhost-helper")])
        #expect(ending.status == 2 && ending.errors.contains("`auth-module-isolation process`"), "\(ending)")
    }
}

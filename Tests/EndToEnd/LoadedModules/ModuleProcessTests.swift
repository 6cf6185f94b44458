import Foundation
import Testing

/// What a module does to the process, and to where its file lies.
@Suite struct ModuleProcessTests {
    private func login(_ what: String) throws -> Ending {
        try AuthHost.run(
            [
                "login", "--user", "ann", "--module", Place.binary("fixtures/changes_the_process.so"), "--option",
                "what=\(what)",
            ], input: "x\n")
    }

    private func start(_ what: String, in folder: Folder) throws -> Server {
        try folder.write(
            """
            auth-module \(Place.binary("fixtures/changes_the_process.so"))
            add-module-options \(Place.binary("fixtures/changes_the_process.so"))
                what "\(what)"
            end-module-options
            """, to: "authhost.conf")
        return try Server(["-c", folder.path("authhost.conf")], in: folder)
    }

    @Test(arguments: [
        ("directory", "changed the working directory from `"), ("directory", "` to `/usr`"),
        ("locale", "changed the locale from `C` to `C.UTF-8`"),
        ("handler", "changed what the process does at SIGWINCH"),
        ("crashes", "set SIGSEGV to its default, or to be ignored, so that a crash would leave no line; the handler"),
        ("mask", "left SIGUSR1 unblocked"), ("closed", "closed descriptor 0"),
        ("leaked", " (/dev/zero) open to programs that the host starts (no FD_CLOEXEC)"),
    ])
    func `what auth_init changes of the process is named`(_ what: String, _ says: String) throws {
        let ending = try login(what)
        #expect(ending.status == 0, "\(ending)")
        #expect(ending.errors.contains("changes_the_process"), "\(ending)")
        #expect(ending.errors.contains(says), "\(ending)")
        #expect(ending.errors.contains("which belongs to the whole process"), "\(ending)")
    }

    @Test(arguments: [
        ("directory later", "outside of auth_init the working directory has changed from `"),
        ("locale later", "outside of auth_init the locale has changed from `C` to `C.UTF-8`"),
        ("mask later", "outside of auth_init thread auth-"),
        ("crashes later", "outside of auth_init SIGSEGV was set to its default, or to be ignored"),
    ])
    func `what it changes later is named too`(_ what: String, _ says: String) throws {
        let folder = try Folder()
        let server = try start(what, in: folder)
        #expect(try server.client.post("/v1/login", #"{"user":"ann","password":"x"}"#).status == 200)
        try server.process.wait(for: says)
        #expect(server.process.seen.contains("changes_the_process: \(says)"))
    }

    @Test func `a host whose descriptors a module closes ends, and names the module`() throws {
        let folder = try Folder()
        let server = try start("all later", in: folder)
        // The connection is closed with the rest.
        _ = try? server.client.post("/v1/login", #"{"user":"ann","password":"x"}"#)
        let ending = try server.process.finish()
        #expect(ending.status == 1, "\(ending)")
        let says =
            "the descriptor of an event loop is gone (epoll_wait: bad file descriptor): authhost itself "
            + "never does that; look for close() in module `changes_the_process`; authhost ends with a failure"
        #expect(ending.errors.contains(says), "\(ending)")
    }

    @Test func `a module that changes the working directory takes neither logs nor configuration along`() throws {
        let folder = try Folder()
        let (events, audit) = (folder.path("events.log"), folder.path("audit.log"))
        func write(_ more: String) throws {
            let module = Place.binary("fixtures/changes_the_process.so")
            _ = try folder.write(
                """
                auth-module \(module)
                add-module-options \(module)
                    what "directory later"
                end-module-options
                event-log events.log
                audit-log audit.log
                http-listen none
                http-socket http.sock
                \(more)
                """, to: "authhost.conf")
        }
        try write("")
        let host = try ChildProcess([
            "sh", "-c", "cd \"$0\" && exec \"$@\"", folder.path(""), Place.binary("authhost"), "serve", "-c",
            "authhost.conf",
        ])
        func holds(_ path: String, _ text: String) -> Bool {
            (try? String(contentsOfFile: path, encoding: .utf8))?.contains(text) == true
        }
        try host.wait(until: { holds(events, "listening on the unix socket") })
        let client = Client(socket: folder.path("http.sock"))
        #expect(try client.post("/v1/login", #"{"user":"ann","password":"x"}"#).status == 200)
        try host.wait(until: { holds(events, "outside of auth_init the working directory has changed") })
        for path in [events, audit] { try FileManager.default.moveItem(atPath: path, toPath: path + ".1") }
        try write("log-level debug")
        kill(host.pid, SIGHUP)
        try host.wait(until: { holds(events, "log-level") })
        #expect(try client.post("/v1/login", #"{"user":"bob","password":"x"}"#).status == 200)
        try host.wait(until: { holds(audit, "bob") })
        #expect(!FileManager.default.fileExists(atPath: "/usr/events.log"))
        host.terminate()
        #expect(try host.finish().status == 0)
        #expect(!FileManager.default.fileExists(atPath: folder.path("http.sock")))
    }

    @Test func `a module that closes the host's logs is refused`() throws {
        let folder = try Folder()
        _ = try folder.write(
            """
            auth-module \(Place.binary("fixtures/changes_the_process.so"))
            add-module-options \(Place.binary("fixtures/changes_the_process.so"))
                what taken
            end-module-options
            audit-log \(folder.path("audit.log"))
            http-listen none
            http-socket http.sock
            """, to: "authhost.conf")
        let ending = try AuthHost.run(["serve", "-c", folder.path("authhost.conf")])
        #expect(ending.status == 4, "\(ending)")
        #expect(ending.errors.contains("`auth_init` closed descriptor "), "\(ending)")
    }

    @Test func `what a module writes to standard output is no part of an answer`() throws {
        let ending = try AuthHost.run(
            [
                "check", "--user", "ann", "--write", "/a", "--password-stdin", "--module",
                Place.binary("fixtures/changes_the_process.so"), "--option", "what=output",
            ], input: "x\n")
        #expect(ending.status == 2, "\(ending)")
        #expect(ending.output.hasPrefix("deny: ") && !ending.output.contains("allow"), "\(ending)")
        #expect(ending.errors.contains("allow: granted"), "\(ending)")
    }

    @Test(arguments: ["nothing", "kept"])
    func `nothing is said where nothing was changed`(_ what: String) throws {
        let ending = try login(what)
        #expect(ending.status == 0, "\(ending)")
        #expect(!ending.errors.contains("auth_init"), "\(ending)")
    }

    @Test(arguments: ["xmlauth", "cfgauth", "openauth"])
    func `the bundled modules change nothing`(_ module: String) throws {
        let files = ["xmlauth": ["--option", "xmlauth-file=\(Place.file("Plugins/xmlauth/users.xml"))"]]
        let ending = try AuthHost.run(
            ["login", "--user", "alice", "--module", module] + (files[module] ?? []), input: "x\n")
        #expect(!ending.errors.contains("belongs to the whole process"), "\(ending)")
    }

    @Test func `a module is mapped from memory, and from no folder for temporary files`() throws {
        let folder = try Folder()
        let server = try start("nothing", in: folder)
        let maps = try ChildProcess.run(["cat", "/proc/\(server.process.pid)/maps"]).output
        let lines = maps.split(separator: "\n").filter { $0.contains("changes_the_process") }
        #expect(!lines.isEmpty)
        #expect(lines.allSatisfy { $0.contains("/memfd:authhost-changes_the_process.so") }, "\(lines)")
        // The checkout itself may lie there.
        let others = maps.split(separator: "\n").filter { !$0.contains(" \(Place.binaries)") }
        #expect(!others.contains { $0.contains(" /tmp/") }, "\(others)")
    }

    /// Whether this user may mount, in namespaces of its own.
    private static var mounts: Bool {
        (try? ChildProcess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]))?.status == 0
    }

    @Test(.enabled(if: mounts, "needs unshare(1) and mount(8)"))
    func `a folder where nothing may be executed is told in words`() throws {
        let script = """
            mount -t tmpfs -o noexec,mode=755 none /mnt && cp "$1" /mnt/good9.so && exec "$0" login --user ann \
            --module /mnt/good9.so
            """
        let ending = try ChildProcess.run(
            [
                "unshare", "-rm", "sh", "-c", script, Place.binary("authhost"), Place.binary("fixtures/good9.so"),
            ], input: "x\n")
        #expect(ending.status == 4, "\(ending)")
        #expect(ending.errors.contains("`/mnt/good9.so` lies in a file system that is mounted noexec"), "\(ending)")
    }
}

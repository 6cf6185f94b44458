import Foundation
import Testing

@Suite struct ConfigurationReloadTests {
    /// Starts a server with a configuration file of its own.
    private func server(_ folder: Folder, _ text: String) throws -> Server {
        let users = Place.file("Plugins/xmlauth/users.xml")
        try folder.write(
            "add-module-options xmlauth\n    xmlauth-file \(users)\nend-module-options\n\(text)", to: "a.conf")
        return try Server(["--config", folder.path("a.conf")], in: folder)
    }

    private func rewrite(_ folder: Folder, _ text: String) throws {
        let users = Place.file("Plugins/xmlauth/users.xml")
        try folder.write(
            "add-module-options xmlauth\n    xmlauth-file \(users)\nend-module-options\n\(text)", to: "a.conf")
    }

    @Test(.needs(.curl))
    func `HUP takes over what can change, and names what waits for a start`() throws {
        let folder = try Folder()
        let server = try server(folder, "object-map /SHORT/%1 /BLOTTER/%u/%1\n")
        let login = try server.client.post("/v1/login", #"{"user":"alice","password":"wonderland"}"#)
        let session = try #require(login.member("session"))
        func name(_ object: String) throws -> String? {
            try server.client.post("/v1/map", #"{"session":"\#(session)","object":"\#(object)"}"#).member("object")
        }
        #expect(try name("/SHORT/ORDERS") == "/BLOTTER/alice/ORDERS")
        try rewrite(
            folder,
            """
            object-map /BRIEF/%1 /BLOTTER/%u/%1
            log-format json
            http-realm elsewhere
            module-queue 7
            """)
        let path = folder.path("a.conf")
        server.process.send(SIGHUP)
        try server.process.wait(for: "re-read: 3 of 4 changes taken over")
        try server.process.wait(for: "module has re-read its configuration")
        let log = server.process.seen
        #expect(log.contains("NOTIFY\",\"message\":\"`object-map` changed at \(path):4:1: takes effect now"), "\(log)")
        #expect(log.contains("`module-queue` changed at \(path):7:1: takes effect now"), "\(log)")
        #expect(log.contains("`http-realm` changed at \(path):6:1: takes effect at the next start"), "\(log)")
        #expect(try name("/BRIEF/ORDERS") == "/BLOTTER/alice/ORDERS")
        #expect(try name("/SHORT/ORDERS") == "/SHORT/ORDERS")
    }

    @Test(.needs(.curl)) func `HUP reads the licence again, and keeps it where the file is broken`() throws {
        let folder = try Folder()
        let licence = try folder.write("application desk 10 1\n", to: "licence")
        let server = try server(folder, "licence-file \(licence)\n")
        func logIn() throws -> Int {
            let body = #"{"user":"alice","password":"wonderland","application_id":"desk"}"#
            return try server.client.post("/v1/login", body).status
        }
        #expect(try logIn() == 200)
        #expect(try logIn() == 429)
        try folder.write("application desk 10 2\n", to: "licence")
        server.process.send(SIGHUP)
        try server.process.wait(for: "module has re-read its configuration")
        #expect(try logIn() == 200)
        #expect(try logIn() == 429)
        try folder.write("application desk\n", to: "licence")
        server.process.send(SIGHUP)
        try server.process.wait(for: "ERROR: the limits of the licence are kept as they were: \(licence):1:")
        #expect(try logIn() == 429)
        try folder.write("", to: "licence")
        server.process.send(SIGHUP)
        try server.process.wait(
            for: "ERROR: the limits of the licence are kept as they were: \(licence): no application is named")
        #expect(try logIn() == 429)
        let log = server.process.seen
        let before = "users 10, log-ins per user 1"
        #expect(
            log.contains(
                "NOTIFY: licence of application `desk`: users 10, log-ins per user 2; before, \(before)\n"), "\(log)")
        #expect(log.contains("NOTIFY: the configuration is unchanged; the licence has changed\n"), "\(log)")
    }

    @Test(.needs(.curl)) func `HUP with a FIFO at the paths of the logs keeps the old ones`() throws {
        let folder = try Folder()
        let server = try server(folder, "audit-log \(folder.path("audit"))\n")
        let (event, audit) = (folder.path("event"), folder.path("audit"))
        try #require(unlink(audit) == 0 && mkfifo(audit, 0o600) == 0 && mkfifo(event, 0o600) == 0)
        try rewrite(folder, "audit-log \(audit)\nevent-log \(event)\n")
        server.process.send(SIGHUP)
        try server.process.wait(for: "module has re-read its configuration")
        let log = server.process.seen
        let why = "it is a FIFO, and neither a regular file nor a character device; the old one stays in use"
        #expect(log.contains("ERROR: cannot open the event log `\(event)` for appending: \(why)\n"), "\(log)")
        #expect(log.contains("ERROR: cannot open the audit log `\(audit)` for appending: \(why)\n"), "\(log)")
        #expect(log.contains("`event-log` changed at \(folder.path("a.conf")):5:1: could not be taken over"), "\(log)")
        #expect(log.contains("the configuration was re-read: 0 of 1 changes taken over\n"), "\(log)")
        #expect(try server.client.post("/v1/login", #"{"user":"alice","password":"wonderland"}"#).status == 200)
        server.process.terminate()
        #expect(try server.process.finish().status == 0)
    }

    @Test(.needs(.curl)) func `a start with a FIFO for the event log is refused`() throws {
        let log = "event"
        let folder = try Folder()
        try #require(mkfifo(folder.path("fifo"), 0o600) == 0)
        try folder.write("auth-module openauth\n\(log)-log \(folder.path("fifo"))\n", to: "a.conf")
        let ending = try AuthHost.run(["serve", "--config", folder.path("a.conf"), "--http-listen", "none"])
        #expect(ending.status == 3)
        let check = try AuthHost.run(["config", "check", folder.path("a.conf")])
        #expect(
            check.status == 3
                && check.errors.contains(
                    "cannot open the \(log) log `\(folder.path("fifo"))` for appending: it is a FIFO, and"),
            "\(check)")
        #expect(
            ending.errors.contains(
                "cannot open the \(log) log `\(folder.path("fifo"))` for appending: it is a FIFO, and"), "\(ending)")
    }

    @Test(.needs(.curl)) func `lines that the event log loses are counted, and standard error is told`() throws {
        let folder = try Folder()
        let socket = folder.path("authhost.sock")
        try folder.write("auth-module openauth\nevent-log /dev/full\n", to: "a.conf")
        let process = try ChildProcess([
            Place.binary("authhost"), "serve", "--config", folder.path("a.conf"), "--http-listen", "none",
            "--http-socket", socket,
        ])
        try process.wait(for: "ERROR: the event log `/dev/full` cannot be written: no space left on device")
        try process.wait(until: { access(socket, F_OK) == 0 })
        let metrics = try Client(socket: socket).get("/metrics").body
        let line = metrics.split(separator: "\n").first { $0.hasPrefix("authhost_event_log_lost_lines_total ") }
        #expect((line?.split(separator: " ").last).flatMap { Double($0) } ?? 0 >= 2, "\(metrics)")
        process.terminate()
        #expect(try process.finish().status == 0)
        #expect(process.seen.split(separator: "\n").count == 1, "\(process.seen)")
    }

    @Test(.needs(.curl))
    func `HUP with a broken file changes nothing, says where, and the module re-reads its own`() throws {
        let folder = try Folder()
        let server = try server(folder, "object-map /SHORT/%1 /LONG/%1\n")
        try rewrite(folder, "object-map /A /B\nlog-levle debug\nobject-map /X/%1 /Y/%2\n")
        server.process.send(SIGHUP)
        try server.process.wait(for: "module has re-read its configuration")
        let (log, path) = (server.process.seen, folder.path("a.conf"))
        #expect(
            log.contains("ERROR: the configuration is kept as it was: \(path):5:1: unknown item `log-levle`"), "\(log)")
        #expect(log.contains("ERROR: the configuration is kept as it was: \(path):6:18: `object-map` has"), "\(log)")
        let session = try #require(
            try server.client.post("/v1/login", #"{"user":"alice","password":"wonderland"}"#).member("session"))
        func name(_ object: String) throws -> String? {
            try server.client.post("/v1/map", #"{"session":"\#(session)","object":"\#(object)"}"#).member("object")
        }
        #expect(try name("/SHORT/x") == "/LONG/x")
        #expect(try name("/A") == "/A")
    }

    @Test(.needs(.curl))
    func `HUP moves the event log and changes its level`() throws {
        let folder = try Folder()
        let server = try server(folder, "log-level notice\n")
        try rewrite(folder, "log-level notice\nevent-log \(folder.path("b.log"))\n")
        server.process.send(SIGHUP)
        try server.process.wait(until: { access(folder.path("b.log"), F_OK) == 0 })
        try rewrite(folder, "log-level error\n")
        server.process.send(SIGHUP)
        let login = #"{"user":"mallory","password":"x"}"#
        _ = try server.client.post("/v1/login", login)
        server.process.terminate()
        #expect(try server.process.finish().status == 0)
        let moved = try String(contentsOfFile: folder.path("b.log"), encoding: .utf8)
        #expect(moved.contains("`event-log` changed at \(folder.path("a.conf")):5:1: takes effect now"), "\(moved)")
        #expect(!server.process.seen.contains("authhost has stopped"), "\(server.process.seen)")
    }

    @Test(.needs(.curl))
    func `HUP swaps a module whose options have changed, and keeps the one in force where that fails`() throws {
        let folder = try Folder()
        let log = "audit-log \(folder.path("audit.log"))\naudit-required TRUE\n"
        let server = try server(folder, log)
        try folder.write(
            "add-module-options xmlauth\n    xmlauth-file /elsewhere.xml\nend-module-options\n\(log)", to: "a.conf")
        server.process.send(SIGHUP)
        try server.process.wait(
            for:
                "option `xmlauth-file` of module `xmlauth` changed at \(folder.path("a.conf")):2:5: takes effect by a swap "
                + "of the module")
        try server.process.wait(for: "The swap to module `xmlauth` has failed, and nothing has changed")
        let failed = try OrderLines(of: "door=signal method=SWAP requested=xmlauth", in: folder, server)
        #expect(failed.outcome.hasPrefix("failed: nothing has changed: ") && failed.isOneDecision, "\(failed)")
        let login = #"{"user":"alice","password":"wonderland"}"#
        #expect(try server.client.post("/v1/login", login).status == 200)
        let other = try folder.write(
            try Place.text("Plugins/xmlauth/users.xml").replacingOccurrences(of: "alice", with: "carol"),
            to: "other.xml")
        try folder.write(
            "add-module-options xmlauth\n    xmlauth-file \(other)\nend-module-options\n\(log)", to: "a.conf")
        server.process.send(SIGHUP)
        try server.process.wait(for: "Swapped auth module <xmlauth>")
        #expect(try server.client.post("/v1/login", login).status == 401)
        let done = #"door=signal method=SWAP requested=xmlauth outcome="done: <xmlauth>"#
        try server.process.wait(until: {
            (try? String(contentsOfFile: folder.path("audit.log"), encoding: .utf8))?.contains(done) == true
        })
    }
}

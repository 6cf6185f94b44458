import Foundation
import Testing

/// What the start of a host leaves in its files, whether it starts or not.
@Suite struct StartTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func configuration(_ more: String = "", name: String = "authhost.conf") throws -> String {
        try folder.write(
            """
            auth-module openauth
            application-root \(folder.path)
            event-log \(folder.path)/events.log
            \(more)
            """, to: name)
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOfFile: folder.path(name), encoding: .utf8)
    }

    @Test(arguments: [
        (
            "xmlauth", 4,
            "auth-module xmlauth\nadd-module-options xmlauth\nxmlauth-file /nowhere/users.xml\nend-module-options",
            "module `xmlauth`: `auth_init` returned 3"
        ),
        ("no door", 3, "auth-module openauth\nhttp-socket /nowhere/http.sock", "/nowhere"),
        ("audit", 3, "auth-module openauth\naudit-log /nowhere/audit.log", "/nowhere/audit.log"),
        ("licence", 3, "auth-module openauth\nlicence-file /nowhere/licence", "/nowhere/licence"),
    ])
    func `a start that fails is told by the event log and by standard error`(
        what: String, status: Int32, more: String, text: String
    ) throws {
        let file = try folder.write(
            "application-root \(folder.path)\nevent-log \(folder.path)/events.log\nhttp-listen none\n"
                + (more.contains("http-socket") ? "" : "http-socket %r/http.sock\n") + "\(more)\n",
            to: "authhost.conf")
        let ending = try AuthHost.run(["serve", "-c", file])
        #expect(ending.status == status && ending.errors.contains(text), "\(ending)")
        let log = try self.text("events.log")
        #expect(log.split(separator: "\n").contains { $0.contains(" CRIT: authhost ") && $0.contains(text) }, "\(log)")
        #expect(ending.errors.split(separator: "\n").filter { $0.contains(text) }.count == 1, "\(ending)")
    }

    @Test func `a second instance writes nothing into the first one's files`() throws {
        let files = "audit-log \(folder.path)/audit.log\nuupp-file \(folder.path)/usage.db"
        let server = try Server(
            ["-c", try configuration(files), "--event-log", folder.path("none.log")], in: folder, waitsFor: "none.log")
        let names = ["none.log", "audit.log", "usage.db"]
        func contents() throws -> [Data] { try names.map { try Data(contentsOf: URL(filePath: folder.path($0))) } }
        let before = try contents()
        let others = [
            (["--event-log", folder.path("none.log")], "event log `\(folder.path)/none.log`"),
            (["--event-log", folder.path("other.log")], "audit log `\(folder.path)/audit.log`"),
            (
                ["--event-log", folder.path("other.log"), "--audit-log", folder.path("other.audit")],
                "usage database `\(folder.path)/usage.db`"
            ),
        ]
        for (arguments, text) in others {
            let ending = try AuthHost.run(
                [
                    "serve", "-c", folder.path("authhost.conf"), "--http-listen", "none", "--http-socket",
                    folder.path("2"),
                ]
                    + arguments)
            #expect(ending.status == 3 && ending.errors.contains(text), "\(ending)")
            #expect(ending.errors.contains("another process writes it; does authhost run already?"), "\(ending)")
        }
        #expect(try contents() == before)
        #expect(access(folder.path("2"), F_OK) != 0)
        // The lock goes with its holder, however that ends.
        server.process.send(SIGKILL)
        _ = try server.process.finish()
        _ = try Server(
            ["-c", folder.path("authhost.conf"), "--event-log", folder.path("none.log")], in: folder,
            waitsFor: "none.log")
    }

    @Test func `HUP opens the logs again, whether or not they were moved away`() throws {
        let file = try configuration("audit-log \(folder.path)/audit.log")
        let server = try Server(["-c", file], in: folder, waitsFor: "events.log")
        func reloads() throws -> Int { try text("events.log").components(separatedBy: "reloading: HUP").count - 1 }
        for count in 1...2 {
            server.process.send(SIGHUP)
            try server.process.wait(until: { (try? reloads()) == count })
        }
        #expect(try !text("events.log").contains("another process"))
        try FileManager.default.moveItem(atPath: folder.path("events.log"), toPath: folder.path("events.1"))
        server.process.send(SIGHUP)
        try server.process.wait(until: { FileManager.default.fileExists(atPath: folder.path("events.log")) })
        let second = try AuthHost.run(["serve", "-c", file, "--http-listen", "none"])
        #expect(second.status == 3 && second.errors.contains("another process"), "\(second)")
    }

    /// So that no message, header or file has an IPv6 address without brackets before its port.
    @Test func `a host with its port is spelled in one place of the sources`() throws {
        for folder in ["Sources", "Plugins"] {
            let files = FileManager.default.enumerator(atPath: Place.file(folder))?.compactMap { $0 as? String } ?? []
            #expect(files.count > 20)
            for file in files where file.hasSuffix(".swift") && !file.hasSuffix("HostAndPort.swift") {
                let text = try Place.text("\(folder)/\(file)")
                let found = text.firstMatch(of: /\\\([^()]*([hH]ost|[aA]ddress)\):\\\(|\):\\\([^()]*[pP]ort\b/)
                #expect(found == nil, "\(folder)/\(file): \(found?.output.0 ?? "")")
            }
        }
    }

    @Test func `a start reads the file of its module once, and little of the libraries that it needs`() throws {
        let server = try Server(AuthHost.xmlauth(), in: Folder())
        // Bytes that were read, from whatever: proc_pid_io(5).
        let figures = try String(contentsOfFile: "/proc/\(server.process.pid)/io", encoding: .utf8)
        let read = try #require(figures.split(separator: "\n").first?.split(separator: " ").last.flatMap { Int($0) })
        var module = stat()
        try #require(stat(Place.binary("libxmlauth.so"), &module) == 0)
        // ICU's data alone are 31 MB.
        #expect(read > Int(module.st_size), "\(figures)")
        #expect(read < Int(module.st_size) + 3 << 20, "\(figures)")
    }

    @Test(.needs(.curl)) func `a host that was asked nothing has counted no log-in, decision or session`() throws {
        let server = try Server(AuthHost.xmlauth(), in: Folder())
        let metrics = try server.client.get("/metrics").body
        let figures = metrics.split(separator: "\n").filter { line in
            ["authhost_penalty_", "authhost_decisions", "authhost_decision_seconds_count", "authhost_sessions"]
                .contains { line.hasPrefix($0) }
        }
        #expect(figures.contains { $0.hasPrefix("authhost_penalty_logins_total") }, "\(metrics)")
        #expect(figures.allSatisfy { [" 0", " 0.0"].contains(where: $0.hasSuffix) }, "\(figures)")
    }

    @Test func `the first questions load no code and no file`() throws {
        let server = try Server(AuthHost.xmlauth(), in: Folder())
        func files() throws -> Set<Substring> {
            // The stacks of threads have no name, or one in brackets.
            Set(
                try ProcessMemory.maps(of: server.process.pid).compactMap { $0.dropFirst(5).first }
                    .filter { $0.hasPrefix("/") })
        }
        let before = try files()
        #expect(before.contains { $0.contains("libxml2") }, "\(before)")
        let web = try KeptConnection(socket: server.socket)
        let answer = try web.post("/v1/login", #"{"user":"alice","password":"wonderland"}"#)
        #expect(answer.status == 200, "\(answer)")
        let session = try #require(answer.body.split(separator: "\"").first { $0.count == 32 }, "\(answer)")
        let check = #"{"session":"\#(session)","action":"read","object":"/FX/EURUSD"}"#
        #expect(try web.post("/v1/check", check).status != 500)
        #expect(try files().subtracting(before).isEmpty)
    }

    @Test func `each line of a start comes once, and IPv6 addresses have brackets`() throws {
        let file = try configuration(
            "request-log \(folder.path)/requests.log\nlog-level debug\nhttp-realm a${ENV:NONE}${ENV:NONE}")
        let process = try ChildProcess(
            [Place.binary("authhost"), "serve", "-c", file, "--http-listen", "[::1]:0"], directory: folder.path)
        try process.wait(until: { (try? self.text("events.log"))?.contains("listening on") == true })
        let log = try self.text("events.log")
        let messages = log.split(separator: "\n").compactMap { $0.split(separator: ": ", maxSplits: 2).last }
        #expect(Set(messages).count == messages.count, "\(log)")
        #expect(messages.filter { $0.contains("listening") }.count == 1, "\(log)")
        #expect(log.firstMatch(of: /listening on http:\/\/\[::1\]:[0-9]+\n/) != nil, "\(log)")
        #expect(messages.filter { $0.contains("`request-log`") }.count == 1, "\(log)")
        let taken = try #require(log.firstMatch(of: /\[::1\]:([0-9]+)/)?.1)
        let refused = try AuthHost.run(
            ["serve", "--module", "openauth", "--http-listen", "[::1]:\(taken)"])
        #expect(refused.errors.contains("cannot listen on `[::1]:\(taken)`"), "\(refused)")
        #expect(refused.errors.components(separatedBy: "cannot listen").count == 2, "\(refused)")
    }
}

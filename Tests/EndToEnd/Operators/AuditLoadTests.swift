import Foundation
import Testing

/// A host whose audit log is required, under load, while somebody tampers with the log.
@Suite(.needs(.curl, .python3)) struct `A required audit log under load` {
    /// What each check was answered with.
    private struct Answers {
        let allowed: [Substring]
        let undecided: Int

        init(_ ending: Ending) throws {
            #expect(ending.status == 0, "\(ending)")
            let lines = ending.output.split(separator: "\n").map { $0.split(separator: " ") }
            allowed = lines.filter { $0[0] == "200" }.map { $0[1] }
            undecided = lines.count { $0[0] == "503" }
            #expect(allowed.count + undecided == lines.count, "\(ending)")
        }
    }

    private func ask(_ server: Server, _ mischief: String, _ log: String, count: Int = 200) throws -> Answers {
        try Answers(
            ChildProcess.run(
                ["python3", Place.file("Tests/Fixtures/audit/load.py"), server.socket, mischief, log],
                environment: ["COUNT": "\(count)", "HOST": "\(server.process.pid)", "PATH": "/usr/bin:/bin"]))
    }

    /// The ids of allowances that no file of the folder has.
    private func missing(_ answers: Answers, in folder: Folder) throws -> [Substring] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("audit") }
        let texts = names.compactMap { try? String(contentsOfFile: folder.path($0), encoding: .utf8) }
        let known = Set(texts.flatMap { $0.matches(of: /\ decision=([0-9a-f]{32})/).map(\.output.1) })
        return answers.allowed.filter { !known.contains($0) }
    }

    @Test(arguments: ["delete", "rename", "replace", "folder"])
    func `has a line for each allowance, whatever becomes of its name`(
        _ mischief: String
    )
        throws
    {
        let folder = try Folder()
        let log = folder.path("audit/audit.log")
        try FileManager.default.createDirectory(atPath: folder.path("audit"), withIntermediateDirectories: false)
        let server = try Server(AuthHost.xmlauth() + ["--audit-log", log, "--audit-required"], in: folder)
        let answers = try ask(server, mischief, log)
        // Between the two steps that replace a folder there is no place for a line.
        #expect(answers.allowed.count > (mischief == "folder" ? 400 : 800))
        #expect(try missing(answers, in: folder).isEmpty)
        try server.process.wait(for: "it is opened again under its name")
    }

    @Test func `allows nothing once its file is full, and has a line for what it did allow`() throws {
        let folder = try Folder()
        let log = folder.path("audit.log")
        let server = try Server(AuthHost.xmlauth() + ["--audit-log", log, "--audit-required"], in: folder)
        let answers = try ask(server, "fill", log)
        #expect(!answers.allowed.isEmpty && answers.undecided > 0)
        #expect(try missing(answers, in: folder).isEmpty)
        // A shorter line than that of a decision, such as the one about those that were not given, may still find room.
        try server.process.wait(until: {
            _ = try? server.client.post("/v1/login", #"{"user":"alice","password":"wonderland"}"#)
            return (try? server.client.get("/ready").status) == 503
        })
    }

    @Test func `decides nothing while its lines are not taken, answers in time, and goes on when they are`() throws {
        let folder = try Folder()
        let fifo = folder.path("fifo")
        try #require(mkfifo(fifo, 0o600) == 0)
        let reader = open(fifo, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        let server = try Server(
            AuthHost.xmlauth() + ["--audit-log", fifo, "--audit-required", "--audit-timeout", "0.2"], in: folder)
        // 64 KiB fit into it, some two hundred lines.
        let answers = try ask(server, "none", fifo, count: 60)
        #expect(answers.undecided > 0 && !answers.allowed.isEmpty)
        try server.process.wait(until: { (try? server.client.get("/ready").status) == 503 })
        var (text, bytes) = ("", [UInt8](repeating: 0, count: 1 << 16))
        func drain() {
            while case let count = read(reader, &bytes, bytes.count), count > 0 {
                text += String(decoding: bytes.prefix(count), as: UTF8.self)
            }
        }
        try server.process.wait(until: {
            drain()
            return (try? server.client.get("/ready").status) == 200
        })
        // Told at the first second that finds the log written again.
        try server.process.wait(until: {
            drain()
            return text.contains("decisions before this line were not given")
        })
        let known = Set(text.matches(of: /\ decision=([0-9a-f]{32})/).map(\.output.1))
        #expect(answers.allowed.allSatisfy { known.contains($0) })
    }
}

/// Chained logs of a real host, and the command that checks them.
@Suite(.needs(.curl)) struct `A chained audit log of a host` {
    @Test func `is checked over a restart, a rotation and another key, and shows what was done to it`() throws {
        let folder = try Folder()
        let (log, other, key) = (folder.path("audit.log"), folder.path("second.log"), folder.path("audit.key"))
        let made = try AuthHost.run(["audit", "key", key])
        #expect(made.status == 0 && made.output.hasPrefix("key "), "\(made)")
        #expect(try AuthHost.run(["audit", "key", key]).status == 1)
        let arguments =
            AuthHost.xmlauth() + [
                "--audit-log", log, "--audit-log", other, "--audit-required", "--audit-chain", "--audit-key", key,
            ]
        func logIn(_ server: Server) throws {
            for _ in 0..<3 {
                #expect(try server.client.post("/v1/login", #"{"user":"alice","password":"wonderland"}"#).status == 200)
            }
        }
        func stop(_ server: Server) throws {
            server.process.send(SIGTERM)
            #expect(try server.process.finish().status == 0)
        }
        var server = try Server(arguments, in: folder)
        try logIn(server)
        try stop(server)
        server = try Server(arguments, in: folder)
        try logIn(server)
        #expect(rename(log, log + ".1") == 0 && rename(key, key + ".1") == 0)
        #expect(try AuthHost.run(["audit", "key", key]).status == 0)
        server.process.send(SIGHUP)
        try server.process.wait(for: "re-read its configuration")
        try logIn(server)
        try stop(server)

        let checking = try folder.write(AuthHost.run(["audit", "key", "--public", key + ".1"]).output, to: "check.key")
        func verify(_ files: String...) throws -> Ending {
            try AuthHost.run(
                ["audit", "verify", "--key", checking, "--key", key, "--against", other] + files)
        }
        let whole = try verify(log + ".1", log)
        #expect(whole.status == 0 && whole.output.contains("lines are as they were written"), "\(whole)")
        var lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").map(String.init)
        // From the last mark on, which the other sink has as well; behind it are marks of that one.
        let end = try #require(lines.lastIndex { $0.contains("audit=checkpoint") }, "\(lines)")
        let last = lines[end]
        lines.removeSubrange(end...)
        try folder.write(lines.joined(separator: "\n") + "\n", to: "audit.log")
        _ = lines.popLast()
        let cut = try verify(log + ".1", log)
        #expect(cut.status == 7 && cut.output.contains(": cut: "), "\(cut)")
        try folder.write((lines.dropLast(2) + [last]).joined(separator: "\n") + "\n", to: "audit.log")
        let dropped = try verify(log + ".1", log)
        #expect(dropped.status == 7 && dropped.output.contains(": dropped: "), "\(dropped)")
        let json = try AuthHost.run([
            "audit", "verify", "--json", "--key", checking, "--key", key, log + ".1", log,
        ])
        #expect(json.status == 7 && json.output.contains(#""kind": "dropped""#), "\(json)")
        let alone = try AuthHost.run(["audit", "verify", "--key", checking, log])
        #expect(alone.status == 7 && alone.output.contains(": unsigned: "), "\(alone)")
    }

    @Test func `is known to be cut by its last line, while the host runs and after its end`() throws {
        let folder = try Folder()
        let (log, other, key) = (folder.path("audit.log"), folder.path("second.log"), folder.path("audit.key"))
        let control = folder.path("control")
        #expect(try AuthHost.run(["audit", "key", key]).status == 0)
        let server = try Server(
            AuthHost.xmlauth() + [
                "--audit-log", log, "--audit-log", other, "--audit-required", "--audit-chain", "--audit-key", key,
                "--control-socket", control,
            ], in: folder)
        for _ in 0..<3 {
            #expect(try server.client.post("/v1/login", #"{"user":"alice","password":"wonderland"}"#).status == 200)
        }
        func verify(_ file: String, _ more: String...) throws -> Ending {
            try AuthHost.run(["audit", "verify", "--key", key] + more + [file])
        }
        /// The file without its last line, and how many lines it has then.
        func cut(_ file: String) throws -> (file: String, lines: Int) {
            let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").dropLast()
            return (try folder.write(lines.joined(separator: "\n") + "\n", to: "cut.log"), lines.count)
        }
        for file in [log, other] {
            let whole = try verify(file, "--running", "--socket", control)
            #expect(whole.status == 0, "\(whole)")
            let (short, lines) = try cut(file)
            #expect(try verify(short).status == 0, "nothing in the file says that it is cut")
            for found in [
                try verify(short, "--running", "--socket", control), try verify(short, "--head", "\(lines + 1)"),
            ] {
                #expect(
                    found.status == 7 && found.output.contains(": cut: the log ends with number \(lines)"), "\(found)")
            }
        }
        #expect(try verify(log, "--head", "many").status == 3)
        server.process.send(SIGTERM)
        let ending = try server.process.finish()
        for file in [log, other] {
            let said = try #require(
                ending.errors.firstMatch(
                    of: try Regex("`\(file)`: this process ends its chain with ([0-9]+:[0-9a-f]{32})")),
                "\(ending)")
            let head = try String(#require(said[1].substring))
            #expect(try verify(file, "--head", head).status == 0)
            let found = try verify(try cut(file).file, "--head", head)
            #expect(found.status == 7 && found.output.contains(": cut: "), "\(found)")
        }
        let gone = try verify(log, "--running", "--socket", control)
        #expect(gone.status == 1 && gone.errors.contains("no host runs"), "\(gone)")
    }
}

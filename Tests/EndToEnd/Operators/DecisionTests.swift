import Foundation
import Testing

/// The id of a decision, in what each client sees and in the audit log.
@Suite(.needs(.curl)) struct `The id of a decision` {
    /// The line of the audit log that has an id.
    private static func line(_ id: String, _ path: String) throws -> String {
        #expect(id.wholeMatch(of: /[0-9a-f]{32}/) != nil, "\(id)")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return try #require(
            text.split(separator: "\n").first { $0.contains("decision=\(id)") }.map(String.init), "\(text)")
    }

    @Test func `is in the reply over HTTP, in the event of a refusal, and leads to the rule`() throws {
        let folder = try Folder()
        let (path, control) = (folder.path("audit.log"), folder.path("control.sock"))
        let server = try Server(
            AuthHost.xmlauth() + ["--audit-log", path, "--audit-required", "--control-socket", control], in: folder)
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let wrong = try server.client.post("/v1/login", #"{"user":"alice","password":"x"}"#)
        let refused = try #require(wrong.headers["x-auth-decision-id"])
        try server.process.wait(for: "decision \(refused)")
        #expect(try Self.line(refused, path).contains("verdict=wrong-credentials"))
        let login = try server.client.post("/v1/login", #"{"user":"alice","password":"wonderland"}"#)
        #expect(try Self.line(try #require(login.member("decision_id")), path).contains("question=login"))
        let session = try #require(login.member("session"))
        let check = try server.client.post(
            "/v1/check", #"{"session":"\#(session)","action":"read","object":"/FX/A"}"#,
            headers: ["traceparent: \(trace)"])
        let id = try #require(check.member("decision_id"))
        #expect(check.headers["x-auth-decision-id"] == id && check.headers["traceparent"] == trace, "\(check)")
        let line = try Self.line(id, path)
        let facts = ["user=alice", "door=http", "question=read", "requested=/FX/A", "reason=", "trace=\(trace)"]
        #expect(facts.allSatisfy { line.contains($0) }, "\(line)")
        #expect(line.contains(/\ rules=[0-9a-f]{16}/) && line.contains("users.xml"), "\(line)")
        let explained = try AuthHost.run(["explain", "--decision", id, "--socket", control])
        #expect(explained.status == 0 && explained.output.contains("/FX/A"), "\(explained)")
        #expect(explained.output.contains("users.xml"), "\(explained)")
        let json = try AuthHost.run(["explain", "--decision=\(id)", "--socket", control, "--json"])
        #expect(json.output.contains(#""decision": "\#(id)""#), "\(json)")
        let unknown = try AuthHost.run([
            "explain", "--decision", String(repeating: "0", count: 32), "--socket", control,
        ])
        #expect(unknown.status == 1, "\(unknown)")
        let eject = try AuthHost.run(["session", "eject", "--user", "alice", "--socket", control])
        #expect(eject.status == 0, "\(eject)")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains("user=uid:\(geteuid()) question=operator door=control method=EJECT"), "\(text)")
    }

    @Test func `of an operator has a second line with what has come of it`() throws {
        let folder = try Folder()
        let (path, control) = (folder.path("audit.log"), folder.path("control.sock"))
        let server = try Server(
            AuthHost.xmlauth() + ["--audit-log", path, "--audit-required", "--control-socket", control], in: folder)
        for (arguments, status, method, outcome) in [
            (
                ["module", "swap", "nowhere"], Int32(1), "SWAP requested=nowhere",
                "failed: nothing has changed: module `nowhere`"
            ),
            (
                ["module", "release"], 0, #"RELEASE requested="helper processes""#,
                "done: no helper process is in quarantine"
            ),
            (["session", "eject", "--all"], 0, #"EJECT requested="all sessions""#, "done: 0"),
            (["penalty", "clear", "--all"], 0, #"CLEAR requested="all penalties""#, "done: 0"),
        ] {
            let ending = try AuthHost.run(arguments + ["--socket", control])
            #expect(ending.status == status, "\(ending)")
            func lines() -> [Substring] {
                ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n")
                    .filter { $0.contains("method=\(method)") }
            }
            try server.process.wait(until: { lines().count == 2 })
            #expect(lines()[1].contains(#"outcome="\#(outcome)"#) && !lines()[0].contains("outcome="), "\(lines())")
            let ids = lines().compactMap { $0.firstMatch(of: /decision=([0-9a-f]{32})/)?.1 }
            #expect(ids.count == 2 && ids[0] == ids[1], "\(lines())")
        }
    }

    @Test(.needs(.nginx, .caddy, .envoy, .python3), arguments: ProxiedSite.Proxy.allCases)
    func `is what the application hears, and what a refused client is told`(_ proxy: ProxiedSite.Proxy) throws {
        let site = try ProxiedSite(proxy, items: "audit-log audit.log\naudit-required TRUE")
        let allowed = try site.get("alice:wonderland")
        let heard = try #require(allowed.heard("X-Auth-Decision-Id").first, "\(allowed) \(site.authhost.seen)")
        #expect(try Self.line(heard, site.folder.path("audit.log")).contains("verdict=allow"))
        let denied = try site.get("bob:builder")
        let told = try #require(denied.headers["x-auth-decision-id"], "\(denied)")
        #expect(try Self.line(told, site.folder.path("audit.log")).contains("verdict=deny"))
    }

    @Test(.needs(.python3)) func `is behind OK and NO of saslauthd, a field of Dovecot's, and in AuthZEN's context`()
        throws
    {
        let folder = try Folder()
        let path = folder.path("audit.log")
        let doors = """
            add-door
                type saslauthd
                socket \(folder.path("mux"))
                object /FX/A
            end-door
            add-door
                type dovecot
                socket \(folder.path("auth"))
                object /FX/A
            end-door
            """
        let file = try folder.write(doors, to: "authhost.conf")
        let server = try Server(
            AuthHost.xmlauth() + ["--config", file, "--audit-log", path, "--audit-required"], in: folder)
        let script = try folder.write(
            """
            import base64, socket, struct, sys
            def connect(path):
                s = socket.socket(socket.AF_UNIX); s.connect(path); return s
            for password in ('wonderland', 'x'):
                s = connect(sys.argv[1])
                for word in ('alice', password, 'imap', ''):
                    s.sendall(struct.pack('>H', len(word)) + word.encode())
                print(s.recv(1024)[2:].decode())
                s = connect(sys.argv[2]).makefile('rwb')
                s.write(b'VERSION\\t1\\t2\\nCPID\\t1\\n'); s.flush()
                while s.readline() != b'DONE\\n': pass
                response = base64.b64encode(('\\0alice\\0' + password).encode()).decode()
                s.write(f'AUTH\\t1\\tPLAIN\\tservice=imap\\tresp={response}\\n'.encode()); s.flush()
                print(s.readline().decode().strip())
            """, to: "ask.py")
        let ending = try ChildProcess.run(["python3", script, folder.path("mux"), folder.path("auth")])
        let lines = ending.output.split(separator: "\n").map(String.init)
        try #require(lines.count == 4, "\(ending) \(server.process.seen)")
        for (line, verdict) in zip(lines, ["allow", "allow", "wrong-credentials", "wrong-credentials"]) {
            let id = try #require(line.firstMatch(of: /(?:decision |decision_id=)([0-9a-f]{32})/), "\(line)")
            #expect(try Self.line(String(id.output.1), path).contains("verdict=\(verdict)"), "\(line)")
        }
    }
}

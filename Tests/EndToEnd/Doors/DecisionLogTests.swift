import Foundation
import Testing

/// The id of a decision, found in the log of the program that asked and in the audit log.
@Suite(.needs(.curl)) struct `What a client has logged` {
    /// The line of the audit log with an id.
    private static func line(_ id: some StringProtocol, _ folder: Folder) throws -> String {
        let text = try String(contentsOfFile: folder.path("audit.log"), encoding: .utf8)
        let lines = text.split(separator: "\n").filter { $0.contains("decision=\(id)") }
        #expect(lines.count == 1, "\(id): \(text)")
        return String(lines.first ?? "")
    }

    private static let required = "audit-log audit.log\naudit-required TRUE"

    /// Has a proxy write an access log with the id, in the way of each.
    private static func logging(_ proxy: ProxiedSite.Proxy, _ text: String) -> String {
        switch proxy {
        case .nginx:
            text.replacing(
                "access_log off;", with: "log_format d '$status $auth_decision'; access_log access.log d;")
        case .caddy:
            text.replacing(
                "bind unix/proxy.sock", with: "bind unix/proxy.sock\n\tlog {\n\t\toutput file access.log\n\t}")
        case .envoy:
            text.replacing(
                "          stat_prefix:",
                with: """
                              access_log:
                              - name: envoy.access_loggers.file
                                typed_config:
                                  "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
                                  path: access.log
                                  log_format:
                                    text_format_source:
                                      inline_string: "%RESPONSE_CODE% %REQ(X-AUTH-DECISION-ID)% %RESP(X-AUTH-DECISION-ID)%\\n"
                              stat_prefix:
                    """)
        }
    }

    @Test(.needs(.nginx, .caddy, .envoy, .python3), arguments: ProxiedSite.Proxy.allCases)
    func `leads from a proxy's access log to the allowance and to the denial`(_ proxy: ProxiedSite.Proxy) throws {
        let site = try ProxiedSite(proxy, items: Self.required, edit: { Self.logging(proxy, $0) })
        let log = site.folder.path("access.log")
        for (user, status, verdict) in [("alice:wonderland", 200, "allow"), ("bob:builder", 403, "deny")] {
            #expect(try site.get(user).status == status)
            func logged() -> Substring? {
                let lines = ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").split(separator: "\n")
                return lines.first { $0.contains("\(status)") }?.firstMatch(of: /\b[0-9a-f]{32}\b/)?.output
            }
            // Each writes its log when it likes; Envoy ten seconds later.
            try site.authhost.wait(until: { logged() != nil })
            let line = try Self.line(try #require(logged()), site.folder)
            #expect(line.contains("verdict=\(verdict)") && line.contains("door=web"), "\(line)")
        }
    }

    @Test func `leads from an AuthZEN reply, its body and its header, to both`() throws {
        let folder = try Folder()
        let text = try Place.text("examples/authzen/authhost.conf")
            .replacing("listen 127.0.0.1:8087", with: "socket \(folder.path("pdp.sock"))")
            .replacing("client 127.0.0.1", with: "client uid:\(geteuid())")
        try folder.write(Place.text("examples/authzen/users.xml"), to: "users.xml")
        let file = try folder.write("\(Self.required)\n\(text)", to: "authhost.conf")
        let host = try ChildProcess([Place.binary("authhost"), "serve", "-c", file], directory: folder.path)
        try host.wait(for: "door pdp: listening")
        for (user, verdict) in [("alice", "allow"), ("bob", "deny")] {
            let response = try Client(socket: folder.path("pdp.sock")).post(
                "/access/v1/evaluation",
                #"{"subject":{"type":"user","id":"\#(user)"},"action":{"name":"write"},"#
                    + #""resource":{"type":"record","id":"record-1"}}"#)
            let id = try #require(response.headers["x-auth-decision-id"], "\(response)")
            #expect(response.body.contains(#""decision_id":"\#(id)""#), "\(response)")
            let line = try Self.line(id, folder)
            #expect(line.contains("user=\(user)") && line.contains("verdict=\(verdict)"), "\(line)")
        }
    }

    @Test(.needs(.cc)) func `leads from a program with libauthhost to both`() throws {
        let folder = try Folder()
        let (program, socket) = (folder.path("ask"), folder.path("native.sock"))
        let built = try ChildProcess.run([
            "cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-I", Place.file("Sources/libauthhost/include"),
            Place.file("examples/client-c/ask.c"), Place.binary("libauthhost.so"), "-o", program,
        ])
        try #require(built.status == 0, "\(built)")
        symlink(Place.binary("libauthhost.so"), folder.path("libauthhost.so.1"))
        let doors = "\(Self.required)\nadd-door\n  type native\n  socket \(socket)\nend-door\n"
        let server = try Server(AuthHost.xmlauth() + ["-c", try folder.write(doors, to: "authhost.conf")], in: folder)
        for (user, password, object, verdicts) in [
            ("alice", "wonderland", "/FX/A", ["login": "allow", "write": "allow"]),
            ("bob", "builder", "/FX/A", ["login": "allow", "write": "deny"]),
            ("bob", "x", "/FX/A", ["login": "wrong-credentials"]),
        ] {
            let ending = try ChildProcess.run(
                [program, socket, user, "write", object], input: password + "\n",
                environment: ["LD_LIBRARY_PATH": folder.path])
            let ids = ending.output.matches(of: /\(decision ([0-9a-f]{32})\)/).map(\.output.1)
            #expect(ids.count == verdicts.count, "\(ending) \(server.process.seen)")
            for id in ids {
                let line = try Self.line(id, folder)
                #expect(line.contains("user=\(user)"), "\(line)")
                #expect(
                    verdicts.contains { line.contains("question=\($0.key)") && line.contains("verdict=\($0.value)") },
                    "\(line)")
            }
        }
    }
}

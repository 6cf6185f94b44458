import Foundation
import Testing

/// An authhost at the edge that lets another one decide, with a token that a command gives.
@Suite(.needs(.curl)) struct UpstreamTests {
    private let edgeFolder: Folder
    private let centreFolder: Folder
    private let native: String

    init() throws {
        edgeFolder = try Folder()
        centreFolder = try Folder()
        native = centreFolder.path("native.sock")
        _ = try centreFolder.write(
            """
            <authhost-users version="1">
                <user name="edge" password="{PLAIN}token-2"><allow actions="read" object="/doors/native"/></user>
                <user name="stranger" password="{PLAIN}stranger"/>
                <group name="traders"/>
                <role name="desk"/>
                <user name="alice" password="{PLAIN}wonderland" groups="traders" roles="desk">
                    <allow actions="read write" object="/ORDERS/**"><when field="Side" one-of="BUY SELL"/></allow>
                    <allow actions="read" object="/FX/**"/>
                </user>
                <everybody><map from="/MINE/%1" to="/ORDERS/%u/%1"/></everybody>
            </authhost-users>
            """, to: "users.xml")
        _ = try centreFolder.write(
            """
            auth-module xmlauth
            control-socket \(centreFolder.path("control.sock"))
            max-user-limit 3
            auth-eject-users TRUE
            add-module-options xmlauth
                xmlauth-file \(centreFolder.path("users.xml"))
                allow-plain-passwords TRUE
            end-module-options
            add-door
                type native
                socket \(native)
                option logon TRUE
                option resume TRUE
            end-door
            """, to: "authhost.conf")
        // The first token that is given is refused, as one is that was taken back; the next one is good.
        let command = try edgeFolder.program(
            """
            #!/bin/sh
            echo run >>"\(edgeFolder.path("runs"))"
            runs=$(wc -l <"\(edgeFolder.path("runs"))")
            if [ "$runs" -lt 2 ]; then echo token-1; else echo token-2; fi
            """, to: "token")
        _ = try edgeFolder.write(
            """
            auth-module upstream
            control-socket \(edgeFolder.path("control.sock"))
            auth-login-timeout 20
            auth-checkwrite-timeout 20
            add-module-options upstream
                address \(native)
                destination centre
            end-module-options
            add-destination
                name centre
                address \(native)
                add-authenticator exec
                    UserName edge
                    Command "/bin/sh \(command)"
                end-authenticator
            end-destination
            """, to: "authhost.conf")
    }

    private func centre() throws -> Server {
        try Server(["-c", centreFolder.path("authhost.conf")], in: centreFolder)
    }

    private func edge() throws -> Server { try Server(["-c", edgeFolder.path("authhost.conf")], in: edgeFolder) }

    private func login(_ server: Server, _ password: String = "wonderland") throws -> Response {
        try server.client.post("/v1/login", #"{"user":"alice","password":"\#(password)"}"#)
    }

    private func check(
        _ server: Server, _ session: String, _ action: String, _ object: String, fields: String = "{}"
    ) throws -> Response {
        try server.client.post(
            "/v1/check",
            #"{"session":"\#(session)","action":"\#(action)","object":"\#(object)","fields":\#(fields)}"#)
    }

    @Test func `the other authhost decides, once its challenge has been answered with a fresh token`() throws {
        let centre = try centre()
        let edge = try edge()
        let login = try login(edge)
        let session = try #require(login.member("session"), "\(login)")
        #expect(try check(edge, session, "read", "/FX/EURUSD").member("verdict") == "allow")
        #expect(try check(edge, session, "write", "/FX/EURUSD").member("verdict") == "deny")
        let fields = #"{"Side":"BUY"}"#
        #expect(try check(edge, session, "write", "/ORDERS/1", fields: fields).member("verdict") == "allow")
        #expect(try check(edge, session, "write", "/ORDERS/1").member("verdict") == "deny")
        #expect(try check(edge, session, "write", "/MINE/1", fields: fields).member("verdict") == "allow")
        #expect(try self.login(edge, "guess").status == 401)
        let runs = try String(contentsOfFile: edgeFolder.path("runs"), encoding: .utf8)
        #expect(runs == "run\nrun\n")
        try edge.process.wait(for: "the credentials of `centre` were refused")
        #expect(!edge.process.seen.contains("token-") && !centre.process.seen.contains("token-"))
        #expect(!edge.process.seen.contains("wonderland") && !centre.process.seen.contains("wonderland"))
        _ = centre
    }

    @Test func `the audit log here names the decision there, whichever way it went`() throws {
        let (there, here) = (centreFolder.path("audit.log"), edgeFolder.path("audit.log"))
        let audited = ["--audit-log", there, "--audit-required"]
        let centre = try Server(["-c", centreFolder.path("authhost.conf")] + audited, in: centreFolder)
        let edge = try Server(
            ["-c", edgeFolder.path("authhost.conf"), "--audit-log", here, "--audit-required"], in: edgeFolder)
        let session = try #require(try login(edge).member("session"))
        #expect(try check(edge, session, "read", "/FX/EURUSD").member("verdict") == "allow")
        #expect(try check(edge, session, "write", "/FX/EURUSD").member("verdict") == "deny")
        #expect(try login(edge, "guess").status == 401)
        let lines = try String(contentsOfFile: here, encoding: .utf8).split(separator: "\n")
        let log = try String(contentsOfFile: there, encoding: .utf8)
        #expect(lines.count == 4, "\(lines)")
        for line in lines {
            let id = try #require(line.firstMatch(of: /, decision ([0-9a-f]{32}) there/)?.1, "\(line)")
            #expect(log.contains("decision=\(id)"), "\(log)")
        }
        _ = centre
    }

    @Test func `who is ejected there is ejected here, and who logs out here has left there`() throws {
        let centre = try centre()
        let edge = try edge()
        let first = try #require(try login(edge).member("session"))
        let second = try #require(try login(edge).member("session"))
        // Three sessions are the limit there, and the edge's own is one: the oldest of alice's goes.
        let third = try #require(try login(edge).member("session"))
        try edge.process.wait(for: "Ejected session")
        let refused = try check(edge, first, "read", "/FX/EURUSD")
        #expect(refused.status == 401 && refused.member("error") == "ejected", "\(refused)")
        #expect(try check(edge, third, "read", "/FX/EURUSD").member("verdict") == "allow")
        for session in [second, third] {
            #expect(try edge.client.post("/v1/logout", #"{"session":"\#(session)"}"#).status == 200)
        }
        let control = centreFolder.path("control.sock")
        try edge.process.wait(until: {
            (try? AuthHost.run(["session", "list", "--socket", control, "--user", "alice"]))?.output.contains("alice")
                == false
        })
        _ = centre
    }

    @Test func `questions wait for the other authhost, and its lost sessions are resumed`() throws {
        var centre: Server? = try centre()
        let edge = try edge()
        let session = try #require(try login(edge).member("session"))
        centre?.process.terminate()
        _ = try centre?.process.finish()
        centre = nil
        try edge.process.wait(for: "questions wait for it")
        let answers = DispatchQueue(label: "answers", attributes: .concurrent)
        let group = DispatchGroup()
        nonisolated(unsafe) var waited: String?
        // Written on the queue and read behind `group.wait`.
        let client = edge.client
        answers.async(group: group) {
            waited = try? client.post(
                "/v1/check",
                #"{"session":"\#(session)","action":"write","object":"/ORDERS/7","fields":{"Side":"SELL"}}"#
            ).member("verdict")
        }
        centre = try self.centre()
        group.wait()
        #expect(waited == "allow")
        #expect(try check(edge, session, "read", "/FX/EURUSD").member("verdict") == "allow")
        _ = centre
    }

    @Test func `the trace of a mapping goes there with it`() throws {
        let (audit, file) = (centreFolder.path("audit.log"), edgeFolder.path("authhost.conf"))
        let centre = try Server(
            ["-c", centreFolder.path("authhost.conf"), "--audit-log", audit, "--audit-required"], in: centreFolder)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try edgeFolder.write(
            text.replacingOccurrences(
                of: "    destination centre\n", with: "    destination centre\n    map-names TRUE\n"),
            to: "authhost.conf")
        let edge = try edge()
        let session = try #require(try login(edge).member("session"))
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let mapped = try edge.client.post(
            "/v1/map", #"{"session":"\#(session)","object":"/MINE/1"}"#, headers: ["traceparent: \(trace)"])
        #expect(mapped.body.contains("/ORDERS/alice/1"), "\(mapped)")
        let line = try String(contentsOfFile: audit, encoding: .utf8).split(separator: "\n").first {
            $0.contains("question=map ")
        }
        #expect(line?.contains("trace=\(trace)") == true, "\(String(describing: line))")
        _ = centre
    }

    @Test func `groups and roles come from there, over both native protocol and module`() throws {
        let centre = try centre()
        let edge = try edge()
        let answer = try edge.client.post("/v1/login", #"{"user":"alice","password":"wonderland"}"#)
        #expect(answer.body.contains(#""attributes":{"group":["traders"],"role":["desk"]}"#), "\(answer.body)")
        _ = centre
    }

    @Test func `a peer that the other authhost does not know gets nothing`() throws {
        let centre = try centre()
        _ = try edgeFolder.program("#!/bin/sh\necho wrong", to: "token")
        let edge = try Server(
            ["-c", edgeFolder.path("authhost.conf"), "--auth-login-timeout", "2"], in: edgeFolder)
        try edge.process.wait(for: "the log-on did not succeed")
        let answer = try login(edge)
        #expect(answer.status == 503, "\(answer)")
        _ = centre
    }
}

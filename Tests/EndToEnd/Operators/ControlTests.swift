import Foundation
import Testing

/// The operator's commands against the real program.
@Suite(.needs(.curl)) struct ControlTests {
    private let server: Server
    private let control: String

    init() throws {
        let folder = try Folder()
        control = folder.path("control.sock")
        server = try Server(["--module", "openauth", "--control-socket", control], in: folder)
    }

    private func operate(_ arguments: String...) throws -> Ending {
        try AuthHost.run(arguments + ["--socket", control])
    }

    private func logIn(_ user: String, application: String = "", machine: String = "") throws -> String {
        let body =
            #"{"user":"\#(user)","password":"x","application_id":"\#(application)","machine_id":"\#(machine)"}"#
        let answer = try server.client.post("/v1/login", body)
        return try #require(answer.member("session"), "\(answer)")
    }

    private func check(_ session: String) throws -> Response {
        try server.client.post("/v1/check", #"{"session":"\#(session)","action":"read","object":"/A"}"#)
    }

    @Test func `lists the sessions that match, oldest first, and never a whole id`() throws {
        let ids = try ["ann", "bob", "ann"].map { try logIn($0, application: "desk") } + [try logIn("ann")]
        let all = try operate("session", "list")
        #expect(all.status == 0, "\(all)")
        let shown = all.output.split(separator: "\n").dropFirst().map { String($0.prefix { $0 != " " }) }
        #expect(shown == ids.map { String($0.prefix(12)) })
        #expect(!ids.contains { all.output.contains($0) })
        let anns = try operate("session", "list", "--user", "ann", "--application", "desk", "--json")
        #expect(anns.output.contains(#""total":2"#) && !anns.output.contains("bob"), "\(anns)")
        #expect(!ids.contains { anns.output.contains($0) })
        let page = try operate("session", "list", "--limit", "1", "--offset", "1")
        #expect(page.output.contains("bob") && page.output.contains("1 of 4 sessions; --offset 2"), "\(page)")
        let one = try operate("session", "show", ids[1])
        #expect(one.output.contains("bob") && !one.output.contains(ids[1]), "\(one)")
        #expect(try operate("session", "show", "zzzz").status == 1)
    }

    @Test(arguments: [80, 120])
    func `fits its table into the terminal`(columns: Int) throws {
        _ = try logIn("ann", application: String(repeating: "a", count: 70), machine: String(repeating: "m", count: 70))
        let list = try ChildProcess.run(
            [Place.binary("authhost"), "session", "list", "--socket", control], environment: ["COLUMNS": "\(columns)"])
        let lines = list.output.split(separator: "\n")
        #expect(lines.count == 2 && lines.allSatisfy { $0.count <= columns }, "\(list.output)")
        #expect(lines.last.map { $0.count > columns - 10 && $0.contains("…") } == true, "\(list.output)")
    }

    @Test func `an ejected client's next question is told so, and others stay`() throws {
        let (first, second) = (try logIn("ann"), try logIn("ann"))
        let bob = try logIn("bob")
        let ending = try operate("session", "eject", "--user", "ann", "--count", "1")
        #expect(ending.status == 0 && ending.output == "ejected 1 session\n", "\(ending)")
        #expect(try check(first).body.contains("ejected"))
        #expect(try check(second).member("verdict") == "allow")
        #expect(try operate("session", "eject", "--session", String(second.prefix(12))).output == "ejected 1 session\n")
        #expect(try check(second).body.contains("ejected"))
        #expect(try check(bob).member("verdict") == "allow")
        #expect(try operate("session", "eject", "--all").output == "ejected 1 session\n")
        #expect(try operate("session", "list").output == "no sessions\n")
    }

    @Test func `does nothing without saying to which sessions`() throws {
        let session = try logIn("ann")
        for action in ["eject", "invalidate"] {
            let ending = try operate("session", action)
            #expect(ending.status == 3 && ending.errors.contains("--all"), "\(ending)")
        }
        #expect(try check(session).member("verdict") == "allow")
    }

    @Test func `an invalidation ends the session of credentials that were kept`() throws {
        let forwarded = try server.client.get(
            "/auth", user: "ann:x", headers: ["X-Original-URI: /a", "X-Original-Method: GET"])
        #expect(forwarded.status == 204, "\(forwarded)")
        let before = try operate("session", "list", "--json")
        try #require(before.output.contains(#""user":"ann""#), "\(before)")
        let ending = try operate("session", "invalidate", "--user", "ann")
        #expect(ending.status == 0 && ending.output == "invalidated 1 session\n", "\(ending)")
        #expect(try operate("session", "list").output == "no sessions\n")
        for scope in [["--all"], ["--object", "/A"]] {
            let ending = try AuthHost.run(["session", "invalidate", "--socket", control] + scope)
            #expect(ending.status == 0 && ending.output == "invalidated\n", "\(ending)")
        }
        for what in ["sessions with user <ann>, by the operator: 1", "everything, by the operator"] {
            try server.process.wait(for: "NOTIFY: Invalidation of \(what)\n")
        }
        try server.process.wait(for: "NOTIFY: Invalidation of what is kept of object </A>, by the operator\n")
    }

    @Test func `what is ejected is in the log, and no whole id`() throws {
        let session = try logIn("ann")
        _ = try operate("session", "eject", "--user", "a\u{202e}b", "--count", "2")
        #expect(try operate("session", "eject", "--session", session).output == "ejected 1 session\n")
        try server.process.wait(for: #"Ejection of sessions with user <a\u{202e}b>, 2 at most, by the operator: 0"#)
        try server.process.wait(for: "Ejection of sessions with id <\(session.prefix(12))…>, by the operator: 1")
        #expect(!server.process.seen.contains(session))
    }

    @Test func `names that turn the direction of writing are shown as what they are`() throws {
        _ = try logIn("a\u{202e}b", application: "\u{2067}x\u{200f}")
        let list = try operate("session", "list")
        #expect(list.output.contains(#"a\u{202e}b"#) && list.output.contains(#"\u{2067}x\u{200f}"#), "\(list)")
        #expect(!list.output.unicodeScalars.contains("\u{202e}"))
    }

    @Test func `tells how the host is, and what became of the last reload`() throws {
        _ = try logIn("ann")
        let before = try operate("status")
        #expect(before.status == 0 && before.output.contains("openauth 1.0, generation 9"), "\(before)")
        #expect(before.output.contains("sessions   1, no limit") && before.output.contains("none since"), "\(before)")
        server.process.send(SIGHUP)
        try server.process.wait(for: "the configuration is unchanged")
        try server.process.wait(for: "nothing to re-read")
        let after = try operate("status", "--json")
        #expect(after.output.contains(#""reload":"the configuration is unchanged""#), "\(after)")
    }

    @Test func `shows events that were, and follows those that come until the host stops`() throws {
        let kept = try operate("events", "--since", "50")
        #expect(kept.output.contains("Loaded auth module <openauth>"), "\(kept)")
        let follower = try ChildProcess(
            [Place.binary("authhost"), "events", "--follow", "--since", "1", "--socket", control])
        try follower.wait(for: "listening on the unix socket")
        _ = try logIn("ann")
        _ = try operate("session", "eject", "--user", "ann")
        server.process.terminate()
        let ending = try follower.finish()
        #expect(ending.status == 0)
        let lines = ending.output.split(separator: "\n").map { $0.drop { $0 != "N" } }
        #expect(lines.contains { $0.contains("of user <ann>") }, "\(lines)")
        #expect(lines.contains("NOTIFY: stopping: signal 15"), "\(lines)")
        #expect(lines.last == "NOTIFY: authhost has stopped", "\(lines)")
    }

    @Test func `says where no host runs and where none is configured`() throws {
        let none = try AuthHost.run(["status", "--socket", "/nonexistent/control"])
        #expect(none.status == 1 && none.errors.contains("no host runs"), "\(none)")
        let unset = try AuthHost.run(["session", "list", "--module", "openauth"])
        #expect(unset.status == 3 && unset.errors.contains("`control-socket` is not set"), "\(unset)")
    }

    @Test(arguments: [
        ("garbage", "the request is not JSON"), ("[]", "the request is not a JSON object"), ("1", "not a JSON object"),
        (#"{"do":"dance"}"#, "the member `do` takes one of `sessions`, `eject`, `invalidate`, `status`, `events`, "),
        (#"{"do":"eject","user":"ann","user":"bob"}"#, "an object of the request names a member twice"),
        (#"{"do":"sessions","limit":1.5}"#, "the request holds a number that is not a whole one of 64 bits"),
        (#"{"do":"sessions","limit":9223372036854775808}"#, "that is not a whole one of 64 bits"),
        (#"{"do":"sessions","limit":1e400}"#, "that is not a whole one of 64 bits"),
        (#"{"do":"eject","all":true,"user":"ann"}"#, "give either a filter, or `all`"),
        (#"{"do":"eject","user":"ann","object":"/A"}"#, "`eject` does not take `object`"),
        (#"{"do":"invalidate","all":true,"count":1}"#, "`invalidate` does not take `count`"),
        (#"{"do":"invalidate","object":"A"}"#, "`object`: an object name must start with `/` (byte 0)"),
        (#"{"do":"invalidate","object":"/A//B"}"#, "`object`: an object name holds a doubled slash"),
        (#"{"do":"status","x":1}"#, "`x`"),
        (#"{"do":"sessions","limit":1001}"#, "1 to 1000"), (#"{"do":"sessions","session":"AB"}"#, "4 to 32"),
        (#"{"do":"eject"}"#, "which sessions"), (#"{"do":"eject","all":true,"count":0}"#, "from 1 on"),
        (#"{"do":"events","since":-1}"#, "0 to 1024"), (String(repeating: "x", count: 16_385), "longer than 16384"),
    ])
    func `says what is wrong with a request`(request: String, reason: String) throws {
        let answer = try KeptConnection(socket: control).exchange(request)
        #expect(answer.contains(#""ok":false"#) && answer.contains(reason), "\(answer)")
    }

    @Test
    func `a client that stalls in the middle of a line hinders no other, and a full socket has a place for one more`()
        throws
    {
        let stalled = try (0..<31).map { _ in try KeptConnection(socket: control) }
        for connection in stalled { try connection.say(#"{"do":"#) }
        #expect(try operate("status").status == 0)
        #expect(try stalled[0].exchange(#""status"}"#).contains(#""ok":true"#))
        let last = try KeptConnection(socket: control)
        #expect(try last.exchange(#"{"do":"status"}"#).contains(#""ok":true"#))
        // The one that was idle for longest makes room; the last one stays.
        #expect(try operate("status").status == 0)
        #expect(try last.exchange(#"{"do":"status"}"#).contains(#""ok":true"#))
    }

    @Test func `takes the place of a socket that was left behind, and never that of a running host`() throws {
        #expect(try (FileManager.default.attributesOfItem(atPath: control)[.posixPermissions] as? Int) == 0o600)
        let second = try AuthHost.run(
            [
                "serve", "--module", "openauth", "--http-listen", "none", "--http-socket",
                server.folder.path("other.sock"), "--control-socket", control,
            ])
        #expect(second.status == 3 && second.errors.contains("a server answers there"), "\(second)")
        server.process.send(SIGKILL)
        _ = try server.process.finish()
        let again = try Server(["--module", "openauth", "--control-socket", control], in: server.folder)
        #expect(try operate("status").status == 0)
        again.process.terminate()
        #expect(try again.process.finish().status == 0)
        #expect(!FileManager.default.fileExists(atPath: control))
    }

    /// Even where the file's mode lets others connect, the host looks who they are.
    @Test(.enabled(if: geteuid() == 0, "only root can be somebody else"))
    func `answers the host's user and root alone`() throws {
        chmod(server.folder.path, 0o755)
        let command = [
            "setpriv", "--reuid", "65534", "--clear-groups", Place.binary("authhost"), "status", "--socket", control,
        ]
        let closed = try ChildProcess.run(command)
        #expect(closed.status == 1 && closed.errors.contains("belongs to another user"), "\(closed)")
        chmod(control, 0o666)
        let open = try ChildProcess.run(command)
        #expect(open.status == 1 && open.errors.contains("only the user that the host runs as"), "\(open)")
        try server.process.wait(for: "user 65534 was refused")
    }
}

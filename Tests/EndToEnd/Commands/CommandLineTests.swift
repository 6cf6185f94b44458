import Foundation
import Testing

/// What the command says about its own names, and how it reaches a host whatever the configuration is.
@Suite struct CommandLineTests {
    @Test(arguments: [
        (["statsu"], "`authhost` has no command `statsu` (did you mean `status`?): `serve`, "),
        (["config", "chek"], "`authhost config` has no command `chek` (did you mean `check`?): `check`, "),
        (["zzzzzzzz", "--user", "a"], "`authhost` has no command `zzzzzzzz`: `serve`, `login`, "),
        (["session", "lst", "--user", "a"], "(did you mean `list`?)"),
    ])
    func `a mistyped command is named, with the one that may be meant`(arguments: [String], text: String) throws {
        let ending = try AuthHost.run(arguments)
        #expect(ending.status == 3 && ending.errors.contains(text), "\(ending)")
    }

    @Test(.needs(.curl)) func `status and events need the socket that a configuration names, and nothing else of it`()
        throws
    {
        let folder = try Folder()
        let control = folder.path("control.sock")
        let server = try Server(["--module", "openauth", "--control-socket", control], in: folder)
        try folder.write(
            "log-levle x\nadd-door\ncontrol-socket \(control)\nauth-login-timeout soon\n", to: "a.conf")
        try folder.write("log-levle x\ncontrol-socket \(control)\nauth-login-timeout soon\n", to: "b.conf")
        let status = try AuthHost.run(["status", "-c", folder.path("b.conf"), "--json"])
        #expect(status.status == 0, "\(status)")
        let members = try #require(
            try JSONSerialization.jsonObject(with: Data(status.output.utf8)) as? [String: Any])
        let told = try #require(members["status"] as? [String: Any])
        #expect(told["module_version"] != nil && told["pending_questions"] as? Int == 0, "\(told)")
        #expect(try AuthHost.run(["events", "-c", folder.path("b.conf")]).output.contains("starting"))
        #expect(try AuthHost.run(["status", "-c", folder.path("c.conf")]).status == 3)
        _ = server
    }

    @Test(.needs(.curl)) func `JSON has times of RFC 3339 and names in snake_case`() throws {
        let folder = try Folder()
        let control = folder.path("control.sock")
        let server = try Server(["--module", "openauth", "--control-socket", control], in: folder)
        _ = try server.client.post("/v1/login", #"{"user":"ann","password":"x"}"#)
        let list = try AuthHost.run(["session", "list", "--json", "--socket", control])
        #expect(
            list.output.firstMatch(of: /"connected":"20[0-9-]{8}T[0-9:]{8}Z"/) != nil
                && list.output.contains(#""last_use":"20"#), "\(list)")
    }

    @Test func `a check and its explanation take the fields that are written`() throws {
        let folder = try Folder()
        let users = try folder.write(
            """
            <authhost-users version="1"><user name="ann" password="{PLAIN}x">
            <allow actions="write" object="/A"><when field="quantity" min="10" max="100"/></allow>
            </user></authhost-users>
            """, to: "users.xml")
        func ask(_ command: String, _ fields: [String]) throws -> Ending {
            try AuthHost.run(
                [
                    command, "--user", "ann", "--password-stdin", "--write", "/A", "--option",
                    "allow-plain-passwords=TRUE",
                ]
                    + fields.flatMap { ["--field", $0] } + AuthHost.xmlauth(users), input: "x\n")
        }
        #expect(try ask("check", ["quantity=50"]).status == 0)
        #expect(try ask("check", ["quantity=500"]).status == 2)
        #expect(try ask("check", ["quantity"]).status == 3)
        let above = try ask("explain", ["quantity=500"])
        #expect(
            above.output.contains("`quantity` is `500`, and the condition takes at least 10 and at most 100"),
            "\(above)")
        let absent = try ask("explain", [])
        #expect(absent.output.contains("`quantity` is not given, and the condition takes at least 10"), "\(absent)")
    }

    /// With which status a command ends that a shell has started without one of the standard descriptors.
    @Test(arguments: [("<&-", 0), ("2>&-", 0), (">&-", 1), ("<&- >&- 2>&-", 1)])
    func `asks a module also where standard descriptors are closed`(closed: String, status: Int32) throws {
        let folder = try Folder()
        try folder.write("auth-module openauth\nauth-moddir \(Place.binaries)\n", to: "a.conf")
        let command = #""$0" check --config "$1" --user alice --trusted --read /FX/EURUSD "# + closed
        let ending = try ChildProcess.run(["bash", "-c", command, Place.binary("authhost"), folder.path("a.conf")])
        #expect(ending.status == status, "\(ending)")
        #expect(ending.output.contains("allow") == (status == 0))
    }
}

import Foundation
import Testing

/// What `--json` prints, and lines of logs in JSON: names in snake_case, numbers as numbers, times of RFC 3339.
@Suite(.needs(.curl, .python3)) struct JSONOutputTests {
    /// What is wrong with the names and values of a JSON document, place by place.
    private static func faults(_ value: Any, at place: String = "") -> [String] {
        switch value {
        case let object as [String: Any]:
            return object.flatMap { name, value in
                (name.wholeMatch(of: /[a-z][a-z0-9]*(_[a-z0-9]+)*/) == nil ? ["\(place)/\(name) is no snake_case"] : [])
                    + faults(value, at: "\(place)/\(name)")
            }
        case let list as [Any]: return list.flatMap { faults($0, at: "\(place)[]") }
        case let text as String: return isOdd(text, place) ? ["\(place) is `\(text)`"] : []
        default: return []
        }
    }

    /// Whether a text looks like a number or a time, and is no time of RFC 3339.
    private static func isOdd(_ text: String, _ place: String) -> Bool {
        let zone = /(Z|[+-][0-9][0-9]:[0-9][0-9])/
        if text.firstMatch(of: /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}/) != nil {
            return text.dropFirst(19).replacing(/^\.[0-9]+/, with: "").wholeMatch(of: zone) == nil
        }
        if text.firstMatch(of: /[0-9]{4}[\/-][0-9]{2}[\/-][0-9]{2}[ -][0-9]{2}:[0-9]{2}/) != nil { return true }
        // Digests and ids may have digits alone, and values of options are texts.
        let isID = [
            "chain", "decision", "decision_id", "session", "rules", "head", "build", "sha256", "key", "value",
            "default", "version",
        ]
        return text.wholeMatch(of: /-?[0-9]+(\.[0-9]+)?/) != nil && !isID.contains { place.hasSuffix("/\($0)") }
    }

    /// The documents in an output: one, or one on each line.
    private static func documents(_ text: String) throws -> [Any] {
        if let all = try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed) {
            return [all]
        }
        return try text.split(separator: "\n").map { try JSONSerialization.jsonObject(with: Data($0.utf8)) }
    }

    static func expectGood(_ text: String, _ what: String) throws {
        let documents = try documents(text)
        #expect(!documents.isEmpty, "\(what): \(text)")
        for document in documents { #expect(faults(document) == [], "\(what): \(text)") }
    }

    @Test(arguments: ["text", "json"])
    func `has one form, whichever command prints it and whatever the log's form is`(format: String) throws {
        let folder = try Folder()
        let (control, audit) = (folder.path("control.sock"), folder.path("audit.log"))
        let key = try AuthHost.run(["audit", "key", folder.path("audit.key")])
        #expect(key.status == 0, "\(key)")
        let server = try Server(
            AuthHost.xmlauth() + [
                "--control-socket", control, "--audit-log", audit, "--audit-required", "--audit-chain", "--audit-key",
                folder.path("audit.key"), "--log-format", format,
            ], in: folder)
        _ = try server.client.post("/v1/login", #"{"user":"alice","password":"x"}"#)
        let login = try server.client.post("/v1/login", #"{"user":"alice","password":"wonderland"}"#)
        let session = try #require(login.member("session"))
        let id = try #require(login.member("decision_id"))
        try Self.expectGood(login.body, "log-in")
        for (command, more) in Self.ofHost {
            let named = ["ID": session, "DECISION": id]
            let arguments = command + more.map { named[$0] ?? $0 }
            let ending = try AuthHost.run(arguments + ["--socket", control, "--json"])
            #expect(ending.status == 0, "\(arguments): \(ending)")
            try Self.expectGood(ending.output, "\(arguments)")
        }
        server.process.terminate()
        #expect(try server.process.finish().status == 0)
        if format == "json" {
            try Self.expectGood(String(contentsOfFile: audit, encoding: .utf8), "audit log")
            try Self.expectGood(server.process.seen, "event log")
        }
        let verified = try AuthHost.run(["audit", "verify", "--key", folder.path("audit.key"), "--json", audit])
        #expect(verified.status == 0, "\(verified)")
        try Self.expectGood(verified.output, "audit verify")
    }

    @Test func `has the same form of the commands that need no host`() throws {
        let folder = try Folder()
        let users = Place.file("Plugins/xmlauth/users.xml")
        let changed = try folder.write(
            Place.text("Plugins/xmlauth/users.xml").replacing("allow", with: "deny"), to: "changed.xml")
        let log = try folder.write(
            "2026/01/30-10:00:00.000000 +0000: AUDIT: user=alice question=read requested=/FX/A object=/FX/A "
                + "verdict=deny reason=denied-by-module\n", to: "audit.log")
        let doors = try folder.write(
            "auth-module openauth\nhttp-listen none\nhttp-socket \(folder.path("http.sock"))\n", to: "doors.conf")
        let broken = try folder.write("auth-module openauth\nmax-user-limit x\n", to: "broken.conf")
        let doubtful = try folder.write(UsersFileCommandTests.doubtful, to: "doubtful.xml")
        let named = [
            "BROKEN": ["-c", broken], "USERS": [users], "CHANGED": [changed], "LOG": [log], "DOORS": ["-c", doors],
            "DOUBTFUL": [doubtful],
        ]
        for (command, more, input, status) in Self.alone {
            let arguments = command + more.flatMap { named[$0] ?? [$0] }
            let ending = try AuthHost.run(arguments + ["--json"], input: input)
            #expect(ending.status == status, "\(arguments): \(ending)")
            try Self.expectGood(ending.output, "\(arguments)")
        }
        // That `usage report` prints just this says its own test.
        try Self.expectGood(Place.text("Tests/UsageTests/Golden/january.json"), "usage report")
    }

    @Test func `has the same form of the commands that change the module, and of the shadow`() throws {
        let folder = try Folder()
        let control = folder.path("control.sock")
        let file = try folder.write(
            "auth-module \(Place.fixture("swapped"))\nauth-module-shadow \(Place.fixture("swapped_strict"))\n",
            to: "a.conf")
        let server = try Server(["--config", file, "--control-socket", control], in: folder)
        try server.process.wait(for: "Shadow <swapped_strict> 1.0 is asked as well")
        for command in Self.ofModules {
            let ending = try AuthHost.run(command + ["--socket", control, "--json"])
            #expect(ending.status == 0, "\(command): \(ending)")
            try Self.expectGood(ending.output, "\(command)")
        }
    }

    @Test func `has the same form of the commands about credentials`() throws {
        let folder = try Folder()
        let control = folder.path("control.sock")
        let command = try folder.program(
            "#!/bin/sh\nprintf '{\"version\":1,\"token\":\"t\",\"expires\":%s}' $(($(date +%s) + 3600))\n", to: "token")
        let file = try folder.write(
            """
            auth-module openauth
            application-root \(folder.path)
            control-socket \(control)
            add-destination
                name ok
                address p.example.com:1
                add-authenticator exec
                    UserName gateway
                    Command "/bin/sh \(command)"
                    Format json
                end-authenticator
            end-destination
            """, to: "a.conf")
        let server = try Server(["-c", file], in: folder)
        _ = server
        for arguments in [
            ["credential", "get", "ok", "--format", "json"], ["credential", "list", "--json"],
        ] {
            let ending = try AuthHost.run(arguments + ["--socket", control])
            #expect(ending.status == 0, "\(arguments): \(ending)")
            try Self.expectGood(ending.output, "\(arguments)")
        }
    }

    // MARK: which commands

    /// Commands about a running host, with what they are asked.
    private static let ofHost: [(command: [String], more: [String])] = [
        (["status"], []), (["events"], []), (["session", "list"], []), (["session", "show"], ["ID"]),
        (["penalty", "list"], []), (["module", "list"], []), (["top"], ["--once"]),
        (["explain"], ["--decision", "DECISION"]), (["session", "invalidate"], ["--all"]),
        (["penalty", "clear"], ["--all"]), (["session", "eject"], ["--user", "alice"]),
    ]

    private static let ofModules = [
        ["shadow", "report"], ["shadow", "promote"], ["module", "rollback"], ["module", "swap"], ["module", "release"],
    ]

    /// Commands that need no host, with what they are asked and the status.
    private static let alone: [(command: [String], more: [String], input: String, status: Int32)] = [
        (["login"], ["--user", "alice"] + AuthHost.xmlauth(), "wonderland\n", 0),
        (["check"], ["--user", "alice", "--trusted", "--read", "/FX/A"] + AuthHost.xmlauth(), "", 0),
        (["map"], ["--user", "alice", "--trusted", "/FX/A"] + AuthHost.xmlauth(), "", 0),
        (["explain"], ["--user", "alice", "--trusted", "--read", "/FX/A"] + AuthHost.xmlauth(), "", 0),
        (["config", "show"], ["--all"] + AuthHost.xmlauth(), "", 0),
        (["config", "check"], ["DOORS"], "", 0), (["config", "check"], ["BROKEN"], "", 3),
        (["module", "inspect"], ["xmlauth"], "", 0), (["xmlauth", "check"], ["DOUBTFUL"], "", 0),
        (["xmlauth", "diff"], ["USERS", "CHANGED"], "", 7), (["replay"], ["LOG"] + AuthHost.xmlauth(), "", 7),
        (["doctor"], ["DOORS", "--patience", "0.3"], "", 0),
    ]

    @Test func `is looked at of every command that has it`() throws {
        let known = Set(
            Self.ofHost.map(\.command) + Self.alone.map(\.command) + Self.ofModules + [
                ["audit", "verify"], ["usage", "report"], ["credential", "list"],
            ])
        func commands(_ path: [String]) throws -> [[String]] {
            let help = try AuthHost.run(path + ["--help"]).output
            guard let list = help.range(of: "\nSUBCOMMANDS:\n") else { return help.contains("--json") ? [path] : [] }
            let names = help[list.upperBound...].matches(of: /(?m)^  ([a-z]+)( |$)/).map { String($0.1) }
            return try names.flatMap { try commands(path + [$0]) }
        }
        #expect(try Set(commands([])) == known)
    }
}

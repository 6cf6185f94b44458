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

    private static func expectGood(_ text: String, _ what: String) throws {
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
        for arguments in [
            ["status"], ["events"], ["session", "list"], ["session", "show", session], ["penalty", "list"],
            ["module", "list"], ["top", "--once"], ["explain", "--decision", id], ["session", "invalidate", "--all"],
            ["penalty", "clear", "--all"], ["session", "eject", "--user", "alice"],
        ] {
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
        let good = AuthHost.xmlauth() + ["--json"]
        for (arguments, input, status) in [
            (["login", "--user", "alice"] + good, "wonderland\n", Int32(0)),
            (["check", "--user", "alice", "--trusted", "--read", "/FX/A"] + good, "", 0),
            (["map", "--user", "alice", "--trusted", "/FX/A"] + good, "", 0),
            (["explain", "--user", "alice", "--trusted", "--read", "/FX/A"] + good, "", 0),
            (["config", "show", "--all"] + good, "", 0), (["config", "check", "--no-such"] + good, "", 3),
            (["config", "check", "--http-socket", folder.path("s")] + good, "", 0),
            (["module", "inspect", "xmlauth", "--json"], "", 0), (["xmlauth", "check", users, "--json"], "", 0),
            (["xmlauth", "diff", users, changed, "--json"], "", 7),
        ] {
            let ending = try AuthHost.run(arguments, input: input)
            #expect(ending.status == status, "\(arguments): \(ending)")
            if !ending.output.isEmpty { try Self.expectGood(ending.output, "\(arguments)") }
        }
    }
}

import Foundation
import Testing

/// A `config` command, and the file that holds its output.
struct ConfigOutput: CustomTestStringConvertible {
    let arguments: [String]
    let columns: Int
    let golden: String

    var testDescription: String { "\(golden), \(columns) columns" }

    static let all = [
        ConfigOutput(arguments: ["show"], columns: 80, golden: "show-80"),
        ConfigOutput(arguments: ["show"], columns: 120, golden: "show-120"),
        ConfigOutput(arguments: ["explain", "object-map"], columns: 80, golden: "explain-object-map-80"),
        ConfigOutput(arguments: ["explain", "http-socket"], columns: 80, golden: "explain-http-socket-80"),
        ConfigOutput(arguments: ["explain", "add-authdir"], columns: 80, golden: "explain-add-authdir-80"),
        ConfigOutput(arguments: ["explain", "add-authdir.password"], columns: 120, golden: "explain-password-120"),
        ConfigOutput(arguments: ["check", "--help"], columns: 80, golden: "check-help-80"),
        ConfigOutput(arguments: ["show", "--help"], columns: 80, golden: "show-help-80"),
        ConfigOutput(arguments: ["explain", "--help"], columns: 80, golden: "explain-help-80"),
    ]
}

@Suite struct ConfigCommandTests {
    private static let folder = "Tests/EndToEnd/Golden/config"

    private func config(_ arguments: [String], in directory: String, columns: Int = 80) throws -> Ending {
        try ChildProcess.run(
            [Place.binary("authhost"), "config"] + arguments, directory: directory,
            environment: ["COLUMNS": "\(columns)"])
    }

    @Test(arguments: ConfigOutput.all)
    func `prints what is kept`(expected: ConfigOutput) throws {
        let ending = try config(
            expected.arguments + ["-c", "example.conf", "--log-level", "debug"], in: Place.file(Self.folder),
            columns: expected.columns)
        let output = Self.withoutDefaults(ending.output)
        let kept = "\(Self.folder)/\(expected.golden).txt"
        if ending.status == 0, ProcessInfo.processInfo.environment["AUTHHOST_UPDATE_GOLDEN"] == "1" {
            try output.write(toFile: Place.file(kept), atomically: true, encoding: .utf8)
        }
        #expect(ending.status == 0, "\(ending)")
        #expect(try output == Place.text(kept))
        #expect(!ending.output.contains("geheim"))
    }

    /// Leaves out the items that were not set: they come and go with the table of items, which has tests of its own.
    private static func withoutDefaults(_ output: String) -> String {
        output.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasSuffix("  default") }.joined(
            separator: "\n")
    }

    @Test(arguments: [
        ("http-attribute-headers group=Set-Cookie", "`group=Set-Cookie` is not `ATTRIBUTE=NAME`"),
        ("http-attribute-headers group", "`group` is not `ATTRIBUTE=NAME`"),
    ])
    func `says where an item of the HTTP door is wrong`(_ line: String, _ says: String) throws {
        let folder = try Folder()
        _ = try folder.write("auth-module openauth\n\(line)\n", to: "a.conf")
        let ending = try config(["check", "a.conf"], in: folder.path)
        #expect(ending.status == 3)
        #expect(ending.errors.contains("a.conf:2:"), "\(ending)")
        #expect(ending.errors.contains("`http-attribute-headers`: \(says)"), "\(ending)")
    }

    @Test func `shows the configuration as JSON`() throws {
        let ending = try config(["show", "--all", "--json", "-c", "example.conf"], in: Place.file(Self.folder))
        let items = try #require(
            try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [[String: Any]])
        let named = Dictionary(items.map { ($0["item"] as? String ?? "", $0) }) { first, _ in first }
        #expect(named["auth-login-timeout"]?["value"] as? Int == 10)
        #expect(named["audit-required"]?["value"] as? Bool == false)
        #expect(named["auth-init-timeout"]?["value"] as? Double == 10)
        #expect(named["auth-login-timeout"]?["source"] as? String == "example.conf:5:1")
        #expect(named["auth-login-timeout"]?["default"] as? String == "30")
        #expect(named["auth-login-timeout"]?["changes"] as? String == "reload")
        #expect((named["object-map"]?["value"] as? [String])?.count == 2)
        #expect(named["request-log"]?["no_effect_until"] as? String == "the request log")
        #expect(!ending.output.contains("geheim"))
    }

    @Test(arguments: [
        ("", 0, "a.conf: good, with no warnings; module xmlauth takes the option that is set", ""),
        (
            "request-log log", 0, "with 1 warning;",
            "warning: a.conf:4:1: `request-log` is accepted and has no effect yet"
        ),
        (
            "add-door\ntype authzen\nlisten 0.0.0.0:8089\nend-door", 0, "with 1 warning;",
            "warning: a.conf:4:1: door authzen: every program at 0.0.0.0 may ask as any user, without a password"
        ),
        ("log-levle x", 3, "", "authhost: a.conf:4:1: unknown item `log-levle` (did you mean `log-level`?)"),
        ("object-map /A/%1 /A/%1", 3, "", "authhost: a.conf:4:12: `object-map` loops"),
        ("http-listen none", 3, "", "nothing to listen on"),
        ("trusted-owner no-such-user", 3, "", "trusted-owner `no-such-user` is neither a user"),
        ("auth-module no-such-module", 4, "", "module `no-such-module`: no such file"),
        (
            "add-module-options xmlauth\nxmlauth-fle x\nend-module-options", 3, "",
            "a.conf:5:1: module `xmlauth`: it has no option `xmlauth-fle`; it has `xmlauth-file`"
        ),
        (
            "add-module-options xmlauth\nhash-threads many\nend-module-options", 3, "",
            "a.conf:5:1: module `xmlauth`: the value `many` of `hash-threads` is not a whole number"
        ),
        (
            "add-module-options xmlauth\nhash-threads\nend-module-options", 3, "",
            "a.conf:5:1: module `xmlauth`: `hash-threads` has no value, and only a boolean may stand without one"
        ),
        (
            "add-module-options xmlauth\nadd-user\nend-user\nend-module-options", 3, "",
            "a.conf:5:1: option `add-user` of a module is a block: a line `add-user VALUE` is accepted"
        ),
    ])
    func `checks a file, and the module's options`(
        line: String, status: Int32, output: String, errors: String
    ) throws {
        let folder = try Folder()
        let users = try folder.write("<authhost-users version=\"1\"/>", to: "users.xml")
        try folder.write(
            "add-module-options xmlauth\n    xmlauth-file \(users)\nend-module-options\n\(line)\n", to: "a.conf")
        let ending = try config(["check", "a.conf"], in: folder.path)
        #expect(ending.status == status, "\(ending)")
        #expect(output.isEmpty || ending.output.contains(output), "\(ending)")
        #expect(errors.isEmpty || ending.errors.contains(errors), "\(ending)")
        #expect(output.isEmpty == ending.output.isEmpty)
    }

    /// A configuration that a start refuses, the status that a check of it ends with, and what it says.
    static let refused: [(text: String, status: Int32, errors: String)] = [
        ("", 4, "users.xml: the users file cannot be read"),
        (module("hash-threads 257"), 4, "`hash-threads` is `257`; 0 to 256 are accepted"),
        (module("xmlauth-file ${HOME_DIR}/users.xml"), 4, "/users.xml: the users file cannot be read"),
        ("auth-module upstream", 4, "the option `address` is not set"),
        (
            authenticator("exec", "UserName gate"), 3,
            "a.conf:4:19: module `exec`: as the authenticator of destination `partner`: its option `Command` is required"
        ),
        (
            authenticator("exec", "UserName gate\nComand /bin/true"), 3,
            "a.conf:6:1: module `exec`: as the authenticator of destination `partner`: it has no option `Comand`; it has `Command`"
        ),
        (
            authenticator("exec", "UserName gate\nCommand /bin/echo x"), 3,
            "a.conf:6:1: module `exec`: as the authenticator of destination `partner`: `Command` is set twice and is not a list"
        ),
        (authenticator("exec", "UserName gate\nCommand '/bin/echo"), 4, "the option `Command` "),
        (
            authenticator("exec", "UserName gate\nCommand /nowhere/echo"), 4,
            "the command `/nowhere/echo` is not runnable"
        ),
        (authenticator("exec", "UserName gate\nCommand /bin/true\nTimeout soon"), 4, "the option `Timeout` is `soon`"),
        (authenticator("defaultauth", "Password a\nPasswordFileName b"), 4, "2 are set"),
        (authenticator("defaultauth", "Pasword a"), 3, "it has no option `Pasword`"),
        (authenticator("/nowhere/mine.so", ""), 4, "no such file"),
        (
            authenticator("exec", "Comand a") + "\nadd-module-options openauth\na b\nend-module-options", 3,
            "it has no option `Comand`"
        ),
        (
            authenticator("exec", "Comand a") + "\nadd-module-options openauth\na b\nend-module-options", 3,
            "it has no option `a`"
        ),
    ]

    private static func module(_ line: String) -> String {
        "add-module-options xmlauth\n\(line)\nend-module-options"
    }

    private static func authenticator(_ name: String, _ lines: String) -> String {
        """
        auth-module openauth
        add-destination
        name partner
        add-authenticator \(name)
        \(lines)
        end-authenticator
        end-destination
        """
    }

    @Test(arguments: refused) func `a check refuses what a start refuses, and says why`(
        text: String, status: Int32, errors: String
    ) throws {
        let folder = try Folder()
        try folder.write(text, to: "a.conf")
        let ending = try config(["check", "a.conf"], in: folder.path)
        #expect(ending.status == status, "\(ending)")
        #expect(ending.output.isEmpty && ending.errors.contains(errors), "\(ending)")
        #expect(
            !text.contains("HOME_DIR") || ending.errors.contains("warning: a.conf:2:14: `${HOME_DIR}` is not defined"))
        let start = try ChildProcess.run(
            [Place.binary("authhost"), "serve", "-c", "a.conf", "--http-listen", "none", "--http-socket", "a.sock"],
            directory: folder.path)
        #expect([3, 4].contains(start.status), "\(start)")
    }

    @Test func `a check runs no code of modules where that is not wanted`() throws {
        let folder = try Folder()
        try folder.write(Self.module("xmlauth-file /nowhere/users.xml"), to: "a.conf")
        #expect(try config(["check", "a.conf", "--no-module-code"], in: folder.path).status == 0)
        #expect(try config(["check", "a.conf"], in: folder.path).status == 4)
    }

    @Test(arguments: [("http-listn", "`http-listen`"), ("add-authdir.relm", "`add-authdir.realm`")])
    func `says which item may be meant`(name: String, nearest: String) throws {
        let ending = try config(["explain", name], in: "/")
        #expect(ending.status == 3)
        #expect(ending.errors.contains("(did you mean \(nearest)?)"), "\(ending)")
    }
}

import Foundation
import Testing

/// A status that a module answers a login with, and what the command ends with.
struct LoginEnding: CustomTestStringConvertible {
    let status: Int
    let exit: Int32
    let word: String

    var testDescription: String { "status \(status) ends with \(exit)" }

    static let all = [
        LoginEnding(status: 1, exit: 0, word: "allow"),
        LoginEnding(status: 2, exit: 2, word: "wrong-credentials"),
        LoginEnding(status: 3, exit: 1, word: "undecided"),
        LoginEnding(status: 0, exit: 1, word: "undecided"),
        LoginEnding(status: 9, exit: 2, word: "deny"),
        LoginEnding(status: 11, exit: 5, word: "over-limit"),
        LoginEnding(status: 12, exit: 5, word: "over-limit"),
        LoginEnding(status: 64, exit: 1, word: "undecided"),
        LoginEnding(status: 999, exit: 1, word: "undecided"),
    ]
}

/// A command line and how it has to end.
struct CommandCase: CustomTestStringConvertible {
    let arguments: [String]
    let exit: Int32
    /// What the output or the errors must hold.
    var text = ""

    var testDescription: String { "authhost \(arguments.joined(separator: " "))" }

    static let questions = [
        CommandCase(arguments: ["login", "--user", "alice"], exit: 0, text: "allow"),
        CommandCase(arguments: ["login", "--user", "mallory"], exit: 2, text: "wrong-credentials"),
        CommandCase(arguments: ["check", "--user", "alice", "--write", "/FX/EURUSD"], exit: 0, text: "allow"),
        CommandCase(arguments: ["check", "--user", "alice", "--read", "/FX/EURUSD"], exit: 0, text: "allow"),
        CommandCase(arguments: ["check", "--user", "alice", "--write", "/FX/INTERNAL/RATES"], exit: 2, text: "deny"),
        CommandCase(arguments: ["check", "--user", "alice", "--write", "/NOWHERE"], exit: 2, text: "deny"),
        CommandCase(arguments: ["map", "--user", "alice", "/BLOTTER/ORDERS"], exit: 0, text: "/BLOTTER/alice/ORDERS"),
        CommandCase(arguments: ["map", "--user", "alice", "/FX/EURUSD"], exit: 0, text: "/FX/EURUSD"),
        CommandCase(arguments: ["map", "--user", "alice", "/FX/../ETC"], exit: 2, text: "`..`"),
        CommandCase(arguments: ["check", "--user", "alice", "--write", "FX"], exit: 2, text: "must start with `/`"),
    ]

    static let mistakes = [
        CommandCase(
            arguments: ["check", "--user", "alice", "--trusted", "--module", "openauth"], exit: 3,
            text: "--read, --write"
        ),
        CommandCase(arguments: ["login", "--module", "openauth"], exit: 3, text: "--user"),
        CommandCase(arguments: ["--auth-modul", "openauth"], exit: 3, text: "auth-module"),
        CommandCase(arguments: ["--config", "/nowhere/authhost.conf"], exit: 3, text: "/nowhere/authhost.conf"),
        CommandCase(arguments: ["--module", "openauth", "--auth-login-timeout", "soon"], exit: 3, text: "soon"),
        CommandCase(arguments: ["login", "--user", "a", "--module", "nowhere"], exit: 4, text: "nowhere"),
        CommandCase(arguments: ["login", "--user", "a", "--module", "/bin/ls"], exit: 4, text: "auth_module"),
        CommandCase(arguments: ["module", "inspect", "/etc/hostname"], exit: 4, text: "ELF"),
    ]
}

@Suite struct CommandTests {
    @Test(.needs(.cc), arguments: LoginEnding.all)
    func `ends with the status that belongs to the verdict`(expected: LoginEnding) throws {
        let folder = try Folder()
        let module = try folder.module(from: Place.file("Tests/EndToEnd/LoadedModules/Modules/verdicts.c"))
        let ending = try AuthHost.run(["login", "--user", "u\(expected.status)", "--module", module], input: "x\n")
        #expect(ending.status == expected.exit, "\(ending)")
        #expect(ending.output.hasPrefix("\(expected.word): "), "\(ending)")
    }

    @Test(.needs(.cc))
    func `ends with 6 when the module ejects the session that asks`() throws {
        let folder = try Folder()
        let module = try folder.module(from: Place.file("Tests/EndToEnd/LoadedModules/Modules/verdicts.c"))
        let ending = try AuthHost.run(
            ["check", "--user", "u1", "--password-stdin", "--write", "/EJECT", "--module", module], input: "x\n")
        #expect(ending.status == 6, "\(ending)")
        #expect(ending.output.hasPrefix("ejected: "), "\(ending)")
    }

    @Test(arguments: CommandCase.questions)
    func `answers one question about the example users without a server`(expected: CommandCase) throws {
        let ending = try AuthHost.run(
            expected.arguments + (expected.arguments[0] == "login" ? [] : ["--password-stdin"]) + AuthHost.xmlauth(),
            input: "wonderland\n")
        #expect(ending.status == expected.exit, "\(ending)")
        #expect((ending.output + ending.errors).contains(expected.text), "\(ending)")
    }

    @Test(arguments: CommandCase.mistakes)
    func `names a mistake on the command line, and ends with the status for it`(expected: CommandCase) throws {
        let ending = try AuthHost.run(expected.arguments, input: "x\n")
        #expect(ending.status == expected.exit, "\(ending)")
        #expect(ending.errors.contains(expected.text), "\(ending)")
    }

    @Test func `refuses a wrong password, and shows it nowhere`() throws {
        let ending = try AuthHost.run(["login", "--user", "alice"] + AuthHost.xmlauth(), input: "looking-glass\n")
        #expect(ending.status == 2)
        #expect(!(ending.output + ending.errors).contains("looking-glass"))
    }

    @Test(arguments: [
        ["check", "--write", "/FX/EURUSD"], ["map", "/FX/EURUSD"], ["explain", "--write", "/FX/EURUSD"],
    ])
    func `asks nothing before it is told whether a password counts, and takes no wrong one`(question: [String]) throws {
        let asking = question + ["--user", "alice"] + AuthHost.xmlauth()
        for unclear in [[], ["--trusted", "--password-stdin"]] {
            let ending = try AuthHost.run(asking + unclear, input: "wrong\n")
            #expect(ending.status == 3, "\(ending)")
            #expect(ending.output.isEmpty)
            #expect(ending.errors.contains("--password-stdin") && ending.errors.contains("--trusted"), "\(ending)")
        }
        for (password, status) in [("wonderland", Int32(0)), ("wrong", 2), ("", 2)] {
            let ending = try AuthHost.run(asking + ["--password-stdin"], input: "\(password)\n")
            #expect(ending.status == status, "\(ending)")
            #expect(ending.output.hasPrefix("allow: ") == (status == 0), "\(ending)")
        }
        #expect(try AuthHost.run(asking + ["--trusted"]).status == 0)
    }

    @Test(.needs(.cc)) func `asks no module for a user without a password that takes no user back`() throws {
        let folder = try Folder()
        let module = try folder.module(from: Place.file("Tests/EndToEnd/LoadedModules/Modules/verdicts.c"))
        let ending = try AuthHost.run(
            ["check", "--user", "u1", "--trusted", "--read", "/A", "--module", module], input: "x\n")
        #expect(ending.status == 4, "\(ending)")
        #expect(ending.errors.contains("has no `auth_resume_user`"), "\(ending)")
    }

    @Test func `answers in JSON when asked to`() throws {
        let ending = try AuthHost.run(
            ["map", "--user", "alice", "/BLOTTER/ORDERS", "--password-stdin", "--json"] + AuthHost.xmlauth(),
            input: "wonderland\n")
        let object = try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: String]
        #expect(object?["verdict"] == "allow")
        #expect(object?["object"] == "/BLOTTER/alice/ORDERS")
    }

    @Test(arguments: [
        ("cheshire\n", "cheshire\r\n"), ("cheshire\r\n", "cheshire\n"), ("cheshire", "cheshire\r\nsecond line\n"),
        ("cheshire\r", "cheshire\r\r\n"),
    ])
    func `LF and CR LF end a password on standard input, and a CR elsewhere is a part of it`(
        hashed: String, asked: String
    ) throws {
        let folder = try Folder()
        let hash = try AuthHost.run(["passwd", "--scheme", "sha512crypt"], input: hashed)
        let users = try folder.write(
            """
            <authhost-users version="1"><user name="cat" password="\(hash.output.dropLast())"/></authhost-users>
            """, to: "users.xml")
        for question in [["login"], ["map", "/A", "--password-stdin"], ["check", "--read", "/A", "--password-stdin"]] {
            let ending = try AuthHost.run(
                question + ["--user", "cat"] + AuthHost.xmlauth(users), input: asked)
            // A log-in is allowed, and then a check is denied: no user may read.
            #expect(ending.status == (question[0] == "check" ? 2 : 0), "\(ending)")
            #expect(!ending.output.contains("wrong"), "\(ending)")
        }
        let other = asked.hasSuffix("\r\r\n") ? "cheshire\r\n" : "cheshire\r"
        let wrong = try AuthHost.run(["login", "--user", "cat"] + AuthHost.xmlauth(users), input: other)
        #expect(wrong.status == 2, "\(wrong)")
    }

    @Test func `hashes a password that a users file then accepts`() throws {
        let folder = try Folder()
        let hash = try AuthHost.run(["passwd", "--scheme", "sha512crypt"], input: "cheshire\n")
        let users = try folder.write(
            """
            <authhost-users version="1"><user name="cat" password="\(hash.output.dropLast())"/></authhost-users>
            """, to: "users.xml")
        chmod(users, 0o600)
        #expect(hash.output.hasPrefix("$6$"))
        let right = try AuthHost.run(["login", "--user", "cat"] + AuthHost.xmlauth(users), input: "cheshire\n")
        let wrong = try AuthHost.run(["login", "--user", "cat"] + AuthHost.xmlauth(users), input: "Cheshire\n")
        #expect(right.status == 0, "\(right)")
        #expect(wrong.status == 2, "\(wrong)")
    }

    @Test(arguments: [
        (["passwd"], "a\0b\n", "the password holds a NUL"), (["passwd"], "\n", "the password is empty"),
        (["passwd", "--scheme", "bcrypt"], String(repeating: "x", count: 73) + "\n", "bcrypt takes 72 at most"),
        (["passwd", "--scheme", "bcrypt", "--rounds", "31"], "x\n", "bcrypt takes a cost of 10 to 17, not 31"),
        (["passwd", "cheshire"], "x\n", "Unexpected argument"),
    ])
    func `hashes no password that would be cut, and takes none as an argument`(
        arguments: [String], input: String, says: String
    ) throws {
        let ending = try AuthHost.run(arguments, input: input)
        #expect(ending.status != 0)
        #expect(ending.output.isEmpty)
        #expect(ending.errors.contains(says), "\(ending)")
    }

    @Test func `hashes with a bcrypt cost that is not weak`() throws {
        let hash = try AuthHost.run(["passwd", "--scheme", "bcrypt"], input: "x\n")
        #expect(hash.output.hasPrefix("$2b$12$"), "\(hash)")
    }

    @Test(arguments: [
        ("add-sigkey\n key-id k\n keyfile missing.pem\nend-sigkey\n", "missing.pem"),
        ("licence-file missing.licence\n", "missing.licence"), ("audit-log missing/audit.log\n", "missing/audit.log"),
        ("audit-required TRUE\n", "audit-required"),
    ])
    func `a configuration that serve would end at is no good one`(lines: String, says: String) throws {
        let folder = try Folder()
        let file = try folder.write("auth-module openauth\napplication-root \(folder.path)\n\(lines)", to: "c.conf")
        let ending = try AuthHost.run(["config", "check", file])
        #expect(ending.status == 3, "\(ending)")
        #expect(ending.errors.contains(says), "\(ending)")
    }

    @Test func `a mistake is told together with what may have made it, and a flag may stand alone`() throws {
        let folder = try Folder()
        let users = Place.file("Plugins/xmlauth/users.xml")
        let module =
            "auth-module xmlauth\nadd-module-options xmlauth\n watch\n xmlauth-file \(users)\nend-module-options\n"
        let good = try AuthHost.run(["config", "check", try folder.write(module, to: "good.conf")])
        #expect(good.status == 0, "\(good)")
        let bad = try folder.write("auth-login-timeout ${SECONDS_TYPO}\nmax-user-limit many\n", to: "bad.conf")
        let ending = try AuthHost.run(["config", "check", bad])
        #expect(ending.errors.contains("SECONDS_TYPO"), "\(ending)")
        #expect(ending.errors.contains("bad.conf:2:16"), "\(ending)")
    }

    @Test func `a configuration that every user may write to is refused`() throws {
        let folder = try Folder()
        let file = try folder.write("auth-module openauth\n", to: "c.conf")
        chmod(file, 0o666)
        let ending = try AuthHost.run(["config", "check", file])
        #expect(ending.status == 3, "\(ending)")
        #expect(ending.errors.contains("others may write to it (mode 0666)"), "\(ending)")
    }

    @Test func `lists the bundled modules, and inspects one without running it`() throws {
        let list = try AuthHost.run(["module", "list"])
        #expect(list.output.contains("xmlauth") && list.output.contains("openauth"), "\(list)")
        #expect(list.status == 0)
        let one = try AuthHost.run(["module", "inspect", Place.binary("libopenauth.so")])
        #expect(one.status == 0)
        #expect(one.output.contains("auth_check_write") && one.output.contains("openauth"), "\(one)")
    }

    @Test func `lists modules by the names that commands find, and says what they call themselves`() throws {
        let folder = try Folder()
        for name in ["libnamed.so", "both.so", "libboth.so"] {
            try FileManager.default.copyItem(atPath: Place.binary("libopenauth.so"), toPath: folder.path(name))
        }
        let list = try AuthHost.run(["module", "list", "--auth-moddir", folder.path])
        let lines = list.output.split(separator: "\n").filter { $0.contains(folder.path) }
        #expect(lines.count == 3 && lines.allSatisfy { $0.hasSuffix("  calls itself openauth") }, "\(list)")
        let names = lines.map { String($0.prefix { $0 != " " }) }
        #expect(Set(names) == ["named", "both", "libboth.so"], "\(list)")
        for (name, line) in zip(names, lines) {
            let one = try AuthHost.run(["module", "inspect", name, "--auth-moddir", folder.path])
            let path = one.output.firstMatch(of: /file +(.+)/)?.1 ?? "-"
            #expect(one.status == 0 && line.contains("  \(path)"), "\(name): \(one)")
        }
    }

    @Test func `names everything for which a module would not be loaded`() throws {
        let path = Place.binary("fixtures/other_draft.so")
        let text = try AuthHost.run(["module", "inspect", path])
        #expect(text.status == 4)
        #expect(text.output.contains("\nrefused     it was built for draft 4711 of generation 9"), "\(text)")
        let json = try AuthHost.run(["module", "inspect", path, "--json"])
        #expect(json.output.contains(#""refused": ["it was built for draft 4711"#), "\(json)")
        #expect(json.errors.contains("would not be loaded"))
    }

    @Test(arguments: [
        "", "serve", "login", "check", "map", "module", "explain", "config", "passwd", "xmlauth", "usage",
        "session", "status", "events",
    ])
    func `shows the help that is kept`(command: String) throws {
        let ending = try AuthHost.run((command.isEmpty ? [] : [command]) + ["--help"])
        let kept = "Tests/EndToEnd/Golden/\(command.isEmpty ? "authhost" : command).txt"
        if ProcessInfo.processInfo.environment["AUTHHOST_UPDATE_GOLDEN"] == "1" {
            try ending.output.write(toFile: Place.file(kept), atomically: true, encoding: .utf8)
        }
        #expect(ending.status == 0)
        #expect(try ending.output == Place.text(kept))
    }
}

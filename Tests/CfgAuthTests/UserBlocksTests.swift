import ConfigurationLanguage
import Glibc
import Rules
import Synchronization
import Testing

@testable import Accounts
@testable import CfgAuthCore

@Suite struct UserBlocksTests {
    private func read(
        _ text: String, files: [String: String] = [:], allowsPlain: Bool = true
    ) throws(ConfigurationError) -> UserBlocksReader.Reading {
        try UserBlocksReader.read(
            "users.conf", allowsPlain: allowsPlain,
            context: ConfigurationContext(
                environment: [:], hostName: "box", workingDirectory: "/srv",
                files: .inMemory(files.merging(["users.conf": text]) { first, _ in first })))
    }

    private func allows(
        _ reading: UserBlocksReader.Reading, _ user: String, _ action: ObjectAction, _ name: String
    ) throws -> Bool {
        let rules = reading.snapshot.rules
        let found = rules.principal(user: Array(user.utf8).span)
        let principal = try #require(found)
        return rules.decide(principal, action, Array(name.utf8).span).allowed
    }

    private static let desk = """
        define DESK /FX
        add-user
            username  ann bob
            password  {PLAIN}a {PLAIN}b
            read      ${DESK}/** /NEWS/*
            write     ${DESK}/%u/*
            create    ${DESK}/%u/*
            deny-read ${DESK}/INTERNAL/**
        end-user
        include-file more.conf
        """

    @Test(arguments: [
        ("ann", ObjectAction.read, "/FX/EURUSD", true), ("bob", .read, "/NEWS/1", true),
        ("bob", .read, "/NEWS/1/2", false), ("ann", .read, "/FX/INTERNAL/X", false),
        ("ann", .write, "/FX/ann/1", true), ("ann", .write, "/FX/bob/1", false),
        ("bob", .create, "/FX/bob/1", true), ("cat", .read, "/FX/EURUSD", false), ("cat", .write, "/CAT", true),
    ])
    func `users may do what their block says`(user: String, action: ObjectAction, name: String, allowed: Bool) throws {
        let reading = try read(
            Self.desk, files: ["more.conf": "add-user\nusername cat\npassword {PLAIN}c\nwrite /CAT\nend-user"])
        #expect(try allows(reading, user, action, name) == allowed)
        #expect(reading.files == ["users.conf", "more.conf"])
        #expect(reading.warnings.isEmpty)
    }

    @Test func `knows the file and the line of every rule`() throws {
        let reading = try read(
            Self.desk, files: ["more.conf": "add-user\nusername cat\npassword {PLAIN}c\nwrite /CAT\nend-user"])
        let rules = reading.snapshot.rules
        let found = rules.principal(user: Array("cat".utf8).span)
        let decision = rules.decide(try #require(found), .write, Array("/CAT".utf8).span)
        let index = try #require(decision.rule)
        #expect(rules.line(ofRule: index) == 4)
        #expect(rules.rule(index).source == 1)
    }

    @Test(arguments: [
        Case(
            "add-user\nusername a b\npassword {PLAIN}x\nend-user",
            "users.conf:3:10: found 1 of `password` for 2 of `username`, expected one"),
        Case(
            "add-user\nusername a\nend-user", "users.conf:1:1: found 0 of `password` for 1 of `username`, expected one"),
        Case("add-user\nusername a\npassword secret\nend-user", "users.conf:3:10: the stored password is in no known"),
        Case(
            "add-user\nusername a\npassword {PLAIN}x\nread FX\nend-user", "users.conf:4:6: "),
        Case(
            "add-user\nusername a a\npassword {PLAIN}x {PLAIN}y\nend-user",
            "users.conf:2:12: the user `a` is declared twice"),
        Case("add-user\nusername a/b\npassword {PLAIN}x\nend-user", "users.conf:2:10: `a/b` is no user name"),
        Case(
            "add-user\nusername a\npassword {PLAIN}x\nlicences -1\nend-user",
            "users.conf:4:10: `licences` takes a whole number from 0 to 4294967295, not `-1`"),
        Case(
            "add-user\nusername a b\npassword {PLAIN}x secret\nend-user",
            "users.conf:3:19: the stored password is in no known"),
        Case(
            "add-user\nusername a\nsigcheck \"a b\"\nend-user", "users.conf:3:1: `a b` is no key id"),
        Case(
            "add-user\nusername a\npassword {PLAIN}x\nwrite ${TYPO}/**\nend-user",
            "users.conf:4:7: `${TYPO}` is not defined, and a file of users takes no empty text for it"),
        Case(
            "add-user\nusername a\npassword {PLAIN}x\nread /A/${ENV:NODESK} ${X:Y}/B\nend-user",
            "users.conf:4:9: `${ENV:NODESK}` is not defined, and"),
        Case("auth-module x", "users.conf:1:1: unknown item `auth-module`"),
    ])
    func `refuses what it cannot use, and says where`(each: Case) {
        let error = #expect(throws: ConfigurationError.self) { try read(each.text) }
        let text = error?.description ?? ""
        #expect(text.hasPrefix(each.message), "\(text)")
        #expect(!text.contains("secret"))
    }

    @Test func `tells every file that it looks for, found or not`() {
        let seen = Mutex<[String]>([])
        let files = ConfigurationFiles.inMemory([
            "users.conf": "include-file good.conf\ninclude-file broken.conf\ninclude-file missing.conf",
            "good.conf": "", "broken.conf": "add-usr",
        ])
        let context = ConfigurationContext(
            environment: [:], hostName: "box", workingDirectory: "/srv",
            files: files.noting { path in seen.withLock { $0.append(path) } })
        #expect(throws: ConfigurationError.self) {
            try UserBlocksReader.read("users.conf", allowsPlain: true, context: context)
        }
        #expect(seen.withLock { $0 } == ["users.conf", "good.conf", "broken.conf", "missing.conf"])
    }

    @Test(arguments: ["users.conf", "more.conf"])
    func `refuses a file that everybody may write, and what is not a file, included ones too`(name: String) throws {
        var template = Array("/tmp/cfgauth-XXXXXX".utf8CString)
        let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        let texts = ["users.conf": "include-file \(folder)/more.conf\n", "more.conf": "define A b\n"]
        defer {
            for name in texts.keys { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
        for (name, text) in texts {
            let file = open("\(folder)/\(name)", O_CREAT | O_WRONLY, 0o600)
            write(file, text, text.utf8.count)
            close(file)
        }
        func refusal() -> String? {
            do {
                _ = try UserBlocksReader.read(
                    "\(folder)/users.conf", allowsPlain: true, context: .system(environment: [:]))
                return nil
            } catch {
                return error.description
            }
        }
        #expect(refusal() == nil)
        chmod("\(folder)/\(name)", 0o646)
        #expect(refusal()?.contains("others may write to it (mode 0646)") == true)
        unlink("\(folder)/\(name)")
        #expect(mkfifo("\(folder)/\(name)", 0o600) == 0)
        #expect(refusal()?.contains("not a regular file") == true)
    }

    @Test func `takes plain passwords only when it is told to`() {
        let error = #expect(throws: ConfigurationError.self) {
            try read("add-user\nusername a\npassword {PLAIN}hunter2\nend-user", allowsPlain: false)
        }
        #expect(error?.description.contains("allow-plain-passwords") == true)
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test func `a password beside sigcheck is of no use, and that is said`() throws {
        let reading = try read("add-user\nusername a\npassword {PLAIN}x\nsigcheck main\nend-user")
        #expect(
            reading.warnings == [
                "users.conf:3:10: `password` has no effect beside `sigcheck`: a token alone logs in"
            ])
    }
}

/// A text and the beginning of the message it must produce.
struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let message: String
    var testDescription: String { message }

    init(_ text: String, _ message: String) {
        self.text = text
        self.message = message
    }
}

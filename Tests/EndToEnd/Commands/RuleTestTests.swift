import Foundation
import Testing

/// `authhost test` against the example users.
@Suite struct RuleTestTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func test(_ lines: [String], _ arguments: [String] = []) throws -> Ending {
        let file = try folder.write(lines.joined(separator: "\n") + "\n", to: "cases.jsonl")
        return try AuthHost.run(["test", file] + arguments + AuthHost.xmlauth())
    }

    static let good = [
        #"{"user": "alice", "password": "wonderland", "login": true, "verdict": "allow"}"#,
        #"{"user": "alice", "password": "looking-glass", "login": true, "verdict": "wrong-credentials"}"#,
        #"{"user": "alice", "read": "/FX/EURUSD", "verdict": "allow"}"#,
        #"{"user": "alice", "write": "/FX/INTERNAL/RATES", "verdict": "deny", "reason": "denied-by-module"}"#,
        #"{"user": "alice", "map": "/BLOTTER/ORDERS", "object": "/BLOTTER/alice/ORDERS"}"#,
        #"{"user": "nobody-here", "read": "/FX/EURUSD", "verdict": "wrong-credentials"}"#,
    ]

    @Test func `cases that are as expected end with 0, in text and as JUnit`() throws {
        let ending = try test(["# the example", ""] + Self.good)
        #expect(ending.status == 0 && ending.output == "6 as expected, 0 not\n", "\(ending)")
        let junit = try test(Self.good, ["--junit"])
        #expect(junit.status == 0 && junit.output.contains("tests=\"6\" failures=\"0\""), "\(junit)")
        let parser = XMLParserCheck.parse(junit.output)
        #expect(parser, "\(junit.output)")
    }

    @Test func `a case that is not as expected is named with its line, and ends with 7`() throws {
        let wrong = #"{"name": "a <b>", "user": "alice", "read": "/FX/EURUSD", "verdict": "deny"}"#
        let ending = try test(Self.good + [wrong])
        #expect(ending.status == 7, "\(ending)")
        #expect(ending.output.contains("cases.jsonl:7: a <b>: expected deny, found allow (granted"), "\(ending)")
        #expect(ending.output.hasSuffix("6 as expected, 1 not\n"))
        let junit = try test([wrong], ["--junit"])
        #expect(junit.status == 7 && junit.output.contains("<failure message=\"expected deny, found allow"), "\(junit)")
        #expect(XMLParserCheck.parse(junit.output), "\(junit.output)")
    }

    @Test(arguments: [
        (#"{"usr": "a", "read": "/A", "verdict": "allow"}"#, "there is no member `usr` (did you mean `user`?)"),
        (#"{"user": "a", "read": "/A", "verdict": "alow"}"#, "`alow` is not a verdict (did you mean `allow`?)"),
        (#"{"user": "a", "read": "/A", "write": "/A", "verdict": "allow"}"#, "2 questions"),
        (#"{"user": "a", "read": "/A"}"#, "`verdict` is missing"), ("{", "it must be a JSON object"),
        (#"{"read": "/A", "verdict": "allow"}"#, "`user` is missing"), (#"{"user": 1}"#, "it must be a JSON object"),
    ])
    func `a line that cannot be asked is a mistake`(line: String, message: String) throws {
        let ending = try test(Self.good + [line])
        #expect(ending.status == 3 && ending.errors.contains("cases.jsonl:7:1: "), "\(ending)")
        #expect(ending.errors.contains(message), "\(ending)")
    }

    @Test func `cases are read from YAML too, and a fault has its line`() throws {
        func yaml(_ text: String) throws -> Ending {
            try AuthHost.run(["test", try folder.write(text, to: "cases.yaml")] + AuthHost.xmlauth())
        }
        let good = """
            # cases
            - user: alice
              password: wonderland
              login: true
              verdict: allow
            - {user: alice, read: /FX/EURUSD, verdict: allow}
            - name: too much
              user: alice
              write: /ORDERS/alice/1
              fields: {Amount: 9000000, Side: BUY}
              verdict: deny
            """
        let ending = try yaml(good)
        #expect(ending.status == 0 && ending.output == "3 as expected, 0 not\n", "\(ending)")
        let wrong = try yaml(good + "\n- {user: alice, read: /FX/EURUSD, verdict: deny}\n")
        #expect(
            wrong.status == 7 && wrong.output.contains("cases.yaml:12: alice read /FX/EURUSD: expected deny"),
            "\(wrong)")
        for (text, message) in [
            ("\n- user: a\n  user: b\n", "cases.yaml:3:1: `user` stands there twice"),
            ("user: a\n", "cases.yaml:1:1: a list of cases is expected"),
            ("- user: [a]\n", "a list is no value of a case"), ("- 'a\n", "cases.yaml:2:1: "),
            ("- usr: a\n", "there is no member `usr`"), ("", "has no case"),
        ] {
            let ending = try yaml(text)
            #expect(ending.status == 3 && ending.errors.contains(message), "\(text): \(ending)")
        }
    }

    @Test func `the cases of the page about them are as the page says`() throws {
        let page = try Place.text("docs/rule-tests.md")
        let lines = try #require(page.firstMatch(of: /\n```\n(# cases[^`]+)\n```/)?.1)
        #expect(try test([String(lines)]).status == 0)
        let yaml = try folder.write(try #require(page.firstBlock("yaml")), to: "page.yml")
        let ending = try AuthHost.run(["test", yaml] + AuthHost.xmlauth())
        #expect(ending.status == 0 && ending.output == "1 as expected, 0 not\n", "\(ending)")
    }

    @Test func `rules that decide no case are named`() throws {
        let ending = try test([Self.good[2]], ["--coverage"])
        #expect(ending.status == 0, "\(ending)")
        let decided = try #require(ending.output.firstMatch(of: /\n([0-9]+) of ([0-9]+) rules decided a case\n/))
        #expect(decided.1 == "1" && ending.output.contains("decided nothing: `"), "\(ending)")
        #expect(
            ending.output.components(separatedBy: "decided nothing: ").count == Int(decided.2), "\(ending)")
        let other = try AuthHost.run(["test", folder.path("cases.jsonl"), "--coverage", "--module", "openauth"])
        #expect(other.status == 3 && other.errors.contains("--coverage"), "\(other)")
    }

    @Test func `two users files are compared, and what differs is a question`() throws {
        let first = try Place.text("Plugins/xmlauth/users.xml")
        let old = try folder.write(first, to: "old.xml")
        let new = try folder.write(first.replacing("max=\"5000000\"", with: "max=\"9\""), to: "new.xml")
        #expect(try AuthHost.run(["xmlauth", "diff", old, old]).status == 0)
        let ending = try AuthHost.run(["xmlauth", "diff", old, new])
        #expect(ending.status == 7 && ending.output.contains("under another condition"), "\(ending)")
        let json = try AuthHost.run(["xmlauth", "diff", old, new, "--json"])
        for line in json.output.split(separator: "\n") {
            #expect((try? JSONSerialization.jsonObject(with: Data(line.utf8))) != nil, "\(line)")
        }
        #expect(try AuthHost.run(["xmlauth", "diff", old, "/nowhere.xml"]).status == 3)
    }
}

/// Whether a text is well-formed XML, in the eyes of a program of its own.
enum XMLParserCheck {
    static func parse(_ text: String) -> Bool {
        (try? ChildProcess.run(["python3", "-c", "import sys, xml.dom.minidom as m; m.parse(sys.stdin)"], input: text))?
            .status == 0
    }
}

import Foundation
import Testing

/// `authhost replay` of audit logs against users files.
@Suite struct ReplayTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func replay(_ lines: [String], users: String, _ arguments: [String] = []) throws -> Ending {
        let log = try folder.write(lines.joined(separator: "\n") + "\n", to: "audit.log")
        let file = try folder.write("<authhost-users version='1'>\(users)</authhost-users>", to: "users.xml")
        return try AuthHost.run(
            ["replay", log] + arguments + [
                "--module", "xmlauth", "--option", "xmlauth-file=\(file)", "--config", "none",
            ])
    }

    private static func line(_ facts: String, at time: String = "2026/01/30-10:00:00.000000 +0000") -> String {
        "\(time): AUDIT: \(facts)"
    }

    private static let ann = "<user name='ann' groups='desk'/>"
    private static let desk = "<group name='desk'><allow actions='read write' object='/FX/**'/></group>"
    /// What a host with these users has answered, as text and as JSON.
    private static let log = [
        line("user=ann session=1234… question=login address=192.0.2.7 door=http verdict=allow reason=granted"),
        line(
            #"user=ann session=1234… question=read door=http requested=/FX/EUR object=/FX/EUR verdict=allow reason=granted module="allowed by \"desk\"" decision=00 rules=00"#
        ),
        #"{"time":"2026-01-30T10:00:01.5Z","severity":"AUDIT","user":"ann","question":"write","door":"http","requested":"/FX/GBP","verdict":"allow","reason":"granted","module":"the old rule","n":7,"chain":"00"}"#,
        line("user=ann question=write requested=/no object=/no verdict=deny reason=denied-by-module"),
        line("user=ann question=map requested=/FX/EUR object=/FX/EUR verdict=allow reason=granted"),
        line("user=ann session=1234… question=logout verdict=allow reason=granted"),
        "2026/01/30-10:00:00.000000 +0000: AUDIT: audit=checkpoint n=8 chain=00",
    ]

    @Test func `the same rules answer the same, whatever form the lines have`() throws {
        let ending = try replay(Self.log, users: Self.desk + Self.ann)
        #expect(
            ending.status == 0 && ending.output == "7 lines: 5 decisions asked again, 5 the same, 0 flips\n",
            "\(ending)")
    }

    @Test func `an answer that is another one is told with both rules and its place`() throws {
        let rule = "<deny actions='write' object='/FX/GBP'/>"
        let users = Self.desk.replacing("</group>", with: rule + "</group>") + Self.ann
        let ending = try replay(Self.log + [Self.log[2]], users: users)
        #expect(ending.status == 7, "\(ending)")
        #expect(ending.output.contains("6 decisions asked again, 4 the same, 2 flips"), "\(ending)")
        #expect(ending.output.contains("ann write /FX/GBP: allow → deny, 2 times, first at "), "\(ending)")
        #expect(
            ending.output.contains("audit.log:3\n  was: the old rule\n  now: denied by `deny write /FX/GBP`"),
            "\(ending)")
        let json = try replay(Self.log, users: users, ["--json"])
        let object = try #require(
            JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any], "\(json)")
        let flips = try #require(object["flips"] as? [[String: Any]])
        #expect(object["asked"] as? Int == 5 && object["flipped"] as? Int == 1 && flips.count == 1)
        #expect(flips.first?["was"] as? String == "allow" && flips.first?["now"] as? String == "deny")
        #expect(flips.first?["first_line"] as? Int == 3 && flips.first?["old_rule"] as? String == "the old rule")
    }

    @Test func `a user who is not there any more is a flip of each answer that allowed`() throws {
        let ending = try replay(Self.log, users: Self.desk)
        #expect(
            ending.status == 7 && ending.output.contains("5 decisions asked again, 1 the same, 4 flips"), "\(ending)")
    }

    @Test(arguments: [
        ("user=ann question=login verdict=wrong-credentials reason=invalid-password", "a password or token was wrong"),
        ("user=ann question=login verdict=over-limit reason=user-limit", "a limit on sessions or guesses"),
        ("user=ann question=login verdict=wrong-credentials reason=too-many-guesses", "a limit on sessions or guesses"),
        ("question=read requested=/FX/EUR verdict=deny reason=unknown-session", "there was no such session"),
        ("user=ann question=read requested=/FX/EUR verdict=undecided reason=deadline", "nothing could be decided then"),
        (
            "user=ann question=read requested=/FX/EUR verdict=undecided reason=content-unknown",
            "values of fields decide"
        ),
        (
            #"user=ann question=write requested=/no verdict=allow reason=granted module="allowed by `allow write /no` when … of the user""#,
            "values of fields decide"
        ),
    ])
    func `what depended on more than the log holds is told apart`(_ facts: String, _ why: String) throws {
        let ending = try replay([Self.line(facts)], users: Self.desk + Self.ann)
        #expect(ending.status == 0 && ending.output.contains("1 told apart: \(why)"), "\(ending)")
    }

    @Test func `a line is asked at its own time, and what the time alone decides is told apart`() throws {
        // 2026-01-30 is a Friday. The zone of the hours is that of the system.
        let open = "<user name='ann' groups='desk' expires='2026-02-01T00:00:00Z'/>"
        let before = Self.line("user=ann question=login verdict=allow reason=granted")
        let same = try replay([before], users: Self.desk + open)
        #expect(same.status == 0 && same.output.contains("1 the same"), "\(same)")
        let after = Self.line(
            "user=ann question=login verdict=allow reason=granted", at: "2026/02/03-10:00:00.000000 +0000")
        let apart = try replay([after], users: Self.desk + open)
        #expect(apart.status == 0 && apart.output.contains("1 told apart: the answer depends on the time"), "\(apart)")
    }

    @Test(arguments: [
        ("something else", "it has no `: AUDIT:` behind its time"), ("{\"time\":1}", "its `severity` is not `AUDIT`"),
        (line("user=ann question=reed verdict=allow reason=granted"), "`reed` is not a question"),
        (line("user=ann question=read verdict=yes reason=granted"), "it has no `verdict` and `reason` that are known"),
        (line(#"user="ann question=read"#), "a quoted value has no end"),
    ])
    func `a line that cannot be read is told with its place`(_ line: String, _ fault: String) throws {
        let ending = try replay([Self.log[0], line], users: Self.desk + Self.ann)
        #expect(ending.status == 7, "\(ending)")
        #expect(ending.output.contains("1 lines cannot be read; the first: "), "\(ending)")
        #expect(ending.output.contains("audit.log:2: \(fault)"), "\(ending)")
    }

    @Test func `a module that cannot take users back, and a file that is not there, are refused`() throws {
        let log = try folder.write(Self.log[0] + "\n", to: "audit.log")
        let missing = try AuthHost.run(["replay", folder.path("none.log"), "--config", "none", "--module", "openauth"])
        #expect(missing.status == 3 && missing.errors.contains("none.log` cannot be read: no such file"), "\(missing)")
        let module = try folder.module(from: Place.file("Tests/EndToEnd/LoadedModules/Modules/verdicts.c"))
        let ending = try AuthHost.run(["replay", log, "--config", "none", "--module", module])
        #expect(ending.status == 4 && ending.errors.contains("has no `auth_resume_user`"), "\(ending)")
    }
}

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
            ending.status == 0
                && ending.output
                    == "7 lines: 5 asked again, 5 the same, 0 flips\n2 of what no module decides, such as ends of sessions\n",
            "\(ending)")
    }

    @Test func `an answer that is another one is told with both rules and its place`() throws {
        let rule = "<deny actions='write' object='/FX/GBP'/>"
        let users = Self.desk.replacing("</group>", with: rule + "</group>") + Self.ann
        let ending = try replay(Self.log + [Self.log[2]], users: users)
        #expect(ending.status == 7, "\(ending)")
        #expect(ending.output.contains("6 asked again, 4 the same, 2 flips"), "\(ending)")
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
            ending.status == 7 && ending.output.contains("5 asked again, 1 the same, 4 flips"), "\(ending)")
    }

    @Test(arguments: [
        (
            "user=ann question=login verdict=wrong-credentials reason=invalid-password",
            "a password or token, which is not in the log"
        ),
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
        #expect(ending.status == 0 && ending.output.contains("1 not compared: \(why)"), "\(ending)")
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
        #expect(
            apart.status == 0 && apart.output.contains("1 not compared: the answer depends on the time"), "\(apart)")
    }

    @Test(arguments: [
        ("something else", "it has no `: AUDIT:` behind its time"),
        (
            "yesterday: AUDIT: user=ann question=login verdict=allow reason=granted",
            "its time `yesterday` is not that of a log line"
        ),
        (
            line("user=ann question=login verdict=allow reason=granted", at: "9999/12/31-23:59:59.999999 +0000"),
            "its time `9999/"
        ),
        (line(#"user="x\u0007" question=login verdict=allow reason=granted"#), "a user name holds a control character"),
        (line(#"user=ann question="\u001b[31m" verdict=allow reason=granted"#), "`\\u{1b}[31m` is not a question"),
        ("{\"time\":1}", "its `severity` is not `AUDIT`"),
        (line("user=ann question=reed verdict=allow reason=granted"), "`reed` is not a question"),
        (
            line("user=ann question=read verdict=yes reason=granted"),
            "its verdict `yes` and reason `granted` are not those of an answer"
        ),
        (line(#"user="ann question=read"#), "a quoted value has no end"),
    ])
    func `a line that cannot be read is told with its place`(_ line: String, _ fault: String) throws {
        let ending = try replay([Self.log[0], line], users: Self.desk + Self.ann)
        #expect(ending.status == 7, "\(ending)")
        #expect(ending.output.contains("1 cannot be read; the first: "), "\(ending)")
        #expect(ending.output.contains("audit.log:2: \(fault)"), "\(ending)")
    }

    @Test func `a session whose time is over is opened again, and each log-in is asked`() throws {
        let users = Self.desk + "<user name='ann' groups='desk' hours='Mon-Sun 08:00-18:00'/>"
        let facts = [
            "user=ann question=login verdict=allow reason=granted",
            "user=ann question=read requested=/FX/EUR object=/FX/EUR verdict=allow reason=granted",
        ]
        let days = ["2026/01/29", "2026/01/30"].flatMap { day in
            facts.map { Self.line($0, at: "Jan 29 10:00:00 host authhost[1]: \(day)-10:00:00.000000 +0000") }
        }
        // The hours are those of the system's zone.
        let ending = try replay(days, users: users)
        #expect(ending.status == 0 && ending.output.contains("4 asked again, 4 the same, 0 flips"), "\(ending)")
    }

    @Test func `a rule with a condition hides no flip that it has no part in`() throws {
        let rules =
            "<allow actions='write' object='/A/**'/>"
            + "<allow actions='create' object='/A/**'><when field='Bid' min='1'/></allow>"
        let users = "<group name='desk'>\(rules)</group>" + Self.ann
        let ending = try replay(
            [Self.line("user=ann question=write requested=/A/x object=/A/x verdict=deny reason=denied-by-module")],
            users: users)
        #expect(ending.status == 7 && ending.output.contains("ann write /A/x: deny → allow, once"), "\(ending)")
    }

    @Test func `another name inside is a flip`() throws {
        let users = Self.desk.replacing("</group>", with: "<map from='/M/%1' to='/FX/%1'/></group>") + Self.ann
        let ending = try replay(
            [Self.line("user=ann question=read requested=/M/x object=/other/x verdict=allow reason=granted")],
            users: users)
        #expect(ending.status == 7, "\(ending)")
        #expect(
            ending.output.contains("was: the name inside is `/other/x`\n  now: the name inside is `/FX/x`"), "\(ending)"
        )
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

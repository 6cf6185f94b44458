import Testing

@testable import ExecCore

@Suite struct ExecOptionsTests {
    private func options(_ pairs: [(String, String)]) throws -> ExecOptions {
        try ExecOptions(values: pairs.map { (name: $0.0, value: $0.1) })
    }
    private let required = [("Command", "/bin/true"), ("UserName", "ann")]

    @Test func `has the defaults of the reference`() throws {
        let options = try options(required)
        #expect(options.maxLength == 1024)
        #expect(options.timeout == .seconds(10))
        #expect(options.format == .raw)
        #expect(options.cacheTime == .zero)
        #expect(options.permissions == nil)
        #expect(try self.options(required + [("Format", "json")]).maxLength == 65_536)
    }

    @Test(arguments: [("4kb", 4096), ("64K", 65_536), ("1", 1), ("512b", 512)])
    func `reads sizes with units`(text: String, bytes: Int) throws {
        #expect(try options(required + [("MaxLength", text)]).maxLength == bytes)
    }

    @Test(arguments: [
        ("250ms", Duration.milliseconds(250)), ("2M", .seconds(120)), ("3", .seconds(3)), ("1h", .seconds(3600)),
    ])
    func `reads times with units`(text: String, time: Duration) throws {
        #expect(try options(required + [("Timeout", text)]).timeout == time)
    }

    struct Mistake: Sendable {
        let pairs: [(String, String)]
        let text: String
        init(_ pairs: [(String, String)], _ text: String) { (self.pairs, self.text) = (pairs, text) }
    }

    static let mistakes: [Mistake] = [
        Mistake([("UserName", "a")], "the option `Command` is required and missing"),
        Mistake([("Command", "a")], "the option `UserName` is required and missing"),
        Mistake([("Command", "a"), ("User", "a")], "there is no option `User` (did you mean `UserName`?)"),
        Mistake([("command", "a")], "there is no option `command` (did you mean `Command`?)"),
        Mistake(
            [("Colour", "a")],
            "there is no option `Colour`; there are Command, UserName, MaxLength, Timeout, PassEnvironment, Format, CacheTime, RunAs, CheckPermissions, TrimWhitespace"
        ),
        Mistake([("Command", "a"), ("Command", "b")], "the option `Command` is given twice"),
        Mistake(
            [("Command", "a 'b"), ("UserName", "a")],
            "the option `Command` has a quote `'` at line 1, column 3 that is never closed"),
        Mistake(
            [("Command", "a\n b \"c"), ("UserName", "a")],
            "the option `Command` has a quote `\"` at line 2, column 4 that is never closed"),
        Mistake([("Command", " "), ("UserName", "a")], "the option `Command` names no program"),
        Mistake(
            [("Command", "a {{AMPS_HOST}}"), ("UserName", "a")],
            "the option `Command` holds `{{AMPS_HOST}}`; only `{{AMPS_USER_NAME}}` is known"),
        Mistake(
            [("Command", "/x/{{AMPS_USER_NAME}}"), ("UserName", "a")],
            "the option `Command` names a program that is not fixed: `/x/{{AMPS_USER_NAME}}`"),
        Mistake(
            [("Command", "a"), ("UserName", "a\nb")],
            "the option `UserName` is `a\\u{a}b`; accepted: 1...255 bytes without control characters"),
        Mistake(
            [("Command", "a"), ("UserName", "a"), ("MaxLength", "0")],
            "the option `MaxLength` is `0`; accepted: 1...65536 bytes, such as `4kb`"),
        Mistake(
            [("Command", "a"), ("UserName", "a"), ("MaxLength", "65kb")],
            "the option `MaxLength` is `65kb`; accepted: 1...65536 bytes, such as `4kb`"),
        Mistake(
            [("Command", "a"), ("UserName", "a"), ("Timeout", "0")],
            "the option `Timeout` is `0`; accepted: 1ms...1h, such as `10s`"),
        Mistake(
            [("Command", "a"), ("UserName", "a"), ("Format", "xml")],
            "the option `Format` is `xml`; accepted: `raw`, `json`"),
        Mistake(
            [("Command", "a"), ("UserName", "a"), ("PassEnvironment", "HOME AUTHHOST_EXEC_DEPTH")],
            "the option `PassEnvironment` is `AUTHHOST_EXEC_DEPTH`; accepted: names of variables, without AMPS_USER_NAME, AUTHHOST_EXEC_DEPTH"
        ),
    ]

    @Test(arguments: mistakes)
    func `says what is wrong with an option`(mistake: Mistake) {
        let error = #expect(throws: ExecOptionError.self) { try options(mistake.pairs) }
        #expect(error?.description == mistake.text)
    }

    @Test(
        arguments: [
            ("a  b\tc\nd", ["a", "b", "c", "d"]), (#"a "b c" 'd "e'"#, ["a", "b c", #"d "e"#]),
            (#"a b\ c \"d\" \\ \n"#, ["a", "b c", "\"d\"", "\\", "\\n"]),
            (#"a "\"" '\'' "x\ y""#, ["a", "\"", "'", "x\\ y"]),
            (#"a "" pre"mid dle"post"#, ["a", "", "premid dlepost"]),
            ("a {{.Token}} {{ x }}", ["a", "{{.Token}}", "{{", "x", "}}"]),
            ("a $HOME `b` *", ["a", "$HOME", "`b`", "*"]),
        ] as [(String, [String])])
    func `splits as OpenSSH does, without a shell`(text: String, words: [String]) throws {
        #expect(try CommandWords.split(text).words == words)
    }
}

import Testing

@testable import AuthConfiguration

@Suite struct LanguageTests {
    @Test func `replaces variables anywhere in a line`() throws {
        let configuration = try load(
            """
            define WHAT realm
            define TEXT "two words"
            http-${WHAT} "${TEXT} # ${ENV:STAGE}${ENV:UNSET}"
            session-cookie c_${HOST_NAME}_${APP_NAME}_${MAJOR_VERSION}.${MINOR_VERSION}
            event-log ${HOME_DIR}/${ccd}/log
            """)
        #expect(configuration.httpRealm == "two words # test")
        #expect(configuration.sessionCookie == "c_box_authhost_0.1")
        #expect(configuration.eventLog == "/home/ann/./log")
        #expect(configuration.warnings.isEmpty)
    }

    @Test func `does not look into a value for words, quotes or variables`() throws {
        let configuration = try load("define A \"x \\\"y\\\" \\${B} # z\"\nhttp-realm ${A}")
        #expect(configuration.httpRealm == "x \"y\" ${B} # z")
    }

    @Test func `follows the application's name from the line on that sets it`() throws {
        let text = "http-realm ${APP_NAME}\napplication-name gate\nsession-cookie ${APP_NAME}"
        let fromFile = try load(text)
        #expect([fromFile.httpRealm, fromFile.sessionCookie] == ["authhost", "gate"])
        let fromArguments = try load(text, arguments: ["--application-name", "door"])
        #expect([fromArguments.httpRealm, fromArguments.sessionCookie] == ["door", "door"])
    }

    @Test(arguments: [
        Case("http-realm a${NO}", "main.conf:1:13: `${NO}` is not defined: it stands for an empty text"),
        Case("http-realm a${N O}", "main.conf:1:13: `${N O}` is not a variable: it stands for an empty text"),
        Case(
            "define A 1\ndefine A 2", "main.conf:2:8: `A` is defined again: the new value holds from here on"),
        Case("undefine A", "main.conf:1:10: `A` is not defined: `undefine` changes nothing"),
        Case(
            "define A 1\nundefine A\nhttp-realm x${A}",
            "main.conf:3:13: `${A}` is not defined: it stands for an empty text"),
        Case(
            "request-log log",
            "main.conf:1:1: `request-log` is accepted and has no effect yet: it waits for the request log"),
        Case(
            "add-cluster-node\ncluster-addr 10.0.0.1\nend-cluster-node",
            "main.conf:2:1: `cluster-addr` is accepted and has no effect and needs none: hosts of a cluster meet at "
                + "`cluster-registry` alone"),
    ])
    func `warns of what is accepted and doubtful`(each: Case) throws {
        #expect(try warnings(each.text) == each.message)
    }

    @Test(arguments: [
        (#"if "${ENV:STAGE}" == "test""#, "debug"), (#"if "${ENV:STAGE}" == "live""#, "error"),
        (#"if ${ENV:STAGE} != test"#, "error"), (#"if "${ENV:NONE}" == """#, "debug"),
    ])
    func `chooses a branch`(condition: String, level: String) throws {
        let text = """
            \(condition)
              if a == a
                log-level debug
              else
                nonsense here
                include-file missing.conf
                if b == b
                else
                endif
              endif
            else
              log-level error
            endif
            """
        #expect(try load(text).logLevel == level)
    }

    @Test func `decides inside of blocks and opens blocks inside of branches`() throws {
        let configuration = try load(
            """
            add-sigkey
              key-id one
              if a == b
                keyfile a.der
              else
                keyfile %r/b.der
              endif
            end-sigkey
            if a == a
              add-sigkey
                key-id two
                keyfile c.der
              end-sigkey
            endif
            """)
        let keys = configuration.blocks("add-sigkey")
        #expect(keys.map { $0["keyfile"]?.value } == [.text("/srv/b.der"), .text("/srv/c.der")])
        #expect(keys.map(\.source.description) == ["main.conf:1:1", "main.conf:10:3"])
    }

    @Test func `reads included files relative to the including one, with its variables`() throws {
        let configuration = try load(
            "define A x\ninclude-file etc/one.conf\nhttp-realm ${B}",
            files: [
                "etc/one.conf": "include-file sub/two.conf\nsession-cookie ${A}${B}",
                "etc/sub/two.conf": "define B y\nevent-log ${ccd}/log",
            ])
        #expect(configuration.sessionCookie == "xy")
        #expect(configuration.httpRealm == "y")
        #expect(configuration.eventLog == "/srv/etc/sub/log")
        #expect(configuration["event-log"]?.source.description == "etc/sub/two.conf:2:1")
    }

    @Test(arguments: [
        Case("include-file", "main.conf:1:1: `include-file` takes one path, but 0 values are given"),
        Case("include-file a b", "main.conf:1:1: `include-file` takes one path, but 2 values are given"),
        Case("include-file no.conf", "main.conf:1:14: cannot read `no.conf`: no such file or directory"),
        Case("include-file main.conf", "main.conf:1:14: files include each other: `main.conf` → `main.conf`"),
        Case(
            "include-file sub/a.conf",
            "sub/b.conf:1:14: files include each other: `sub/a.conf` → `sub/b.conf` → `sub/a.conf`"),
        Case("defmacro X", "main.conf:1:1: `defmacro` is not supported: use `define` or `include-file`"),
        Case("define A", "main.conf:1:1: `define` takes a name and a value, but 1 value is given"),
        Case(
            "define A b c",
            "main.conf:1:1: `define` takes a name and a value, but 3 values are given "
                + "(a value with spaces needs double quotes)"),
        Case("define ENV:A b", "main.conf:1:8: `ENV:A` can be read and not set"),
        Case("undefine ccd", "main.conf:1:10: `ccd` can be read and not set"),
        Case("undefine", "main.conf:1:1: `undefine` takes one name, but 0 values are given"),
        Case(
            "define A-B c",
            "main.conf:1:8: `A-B` is not a variable name: letters, digits, `_` and `.` are accepted"),
        Case(
            "if a = b\nendif",
            "main.conf:1:1: `if` takes a text, `==` or `!=`, and a text, such as `if \"${NAME}\" == \"value\"`"),
        Case("if a == b", "main.conf:1:1: `if` is not closed: `endif` is expected before the end of `main.conf`"),
        Case("else", "main.conf:1:1: `else` stands outside of any `if`"),
        Case("endif", "main.conf:1:1: `endif` stands outside of any `if`"),
        Case("if a == b\nelse if\nendif", "main.conf:2:6: `else` takes no value"),
        Case(
            "if a == b\nelse\nelse\nendif",
            "main.conf:3:1: second `else` of one `if`: the first is at main.conf:2:1"),
        Case(
            "add-authdir",
            "main.conf:1:1: `add-authdir` is not closed: `end-authdir` is expected before the end of "
                + "`main.conf`"),
        Case("end-authdir", "main.conf:1:1: `end-authdir` closes nothing, no `add-authdir` is open here"),
        Case(
            "add-authdir\nend-sigkey\nend-authdir",
            "main.conf:2:1: `end-sigkey` closes nothing, no `add-sigkey` is open here: "
                + "`end-authdir` is expected first"),
        Case(
            "add-authdir\nadd-x\nend-authdir",
            "main.conf:2:1: `add-x` is not closed: `end-x` is expected before `end-authdir` at main.conf:3:1"),
        Case("add-authdir\nend-authdir x", "main.conf:2:13: `end-authdir` takes no value, but `x` is given"),
        Case(
            "if a == a\nadd-authdir\nendif",
            "main.conf:2:1: `add-authdir` is not closed: `end-authdir` is expected before `endif` at main.conf:3:1"),
        Case(
            "if a == a\nadd-authdir\nelse\nendif",
            "main.conf:2:1: `add-authdir` is not closed: `end-authdir` is expected before `else` at main.conf:3:1"),
        Case(
            "add-authdir\nif a == a\nend-authdir\nendif\nend-authdir",
            "main.conf:3:1: `end-authdir` closes nothing, no `add-authdir` is open here"),
        Case(
            "add-authdir\ninclude-file end.conf\nend-authdir",
            "end.conf:1:1: `end-authdir` closes nothing, no `add-authdir` is open here"),
    ])
    func `says what is wrong with a line`(each: Case) {
        let files = [
            "sub/a.conf": "include-file b.conf", "sub/b.conf": "include-file a.conf", "end.conf": "end-authdir",
        ]
        #expect(mistakes(each.text, files: files) == each.message)
    }

    @Test(arguments: [
        (
            String(repeating: "add-x\n", count: 33),
            "main.conf:33:1: `add-x` is nested too deep: at most 32 blocks"
        ),
        (
            String(repeating: "if a == a\n", count: 65) + String(repeating: "endif\n", count: 64),
            "main.conf:65:1: `if` is nested too deep: at most 64 levels"
        ),
        (
            "define A " + String(repeating: "x", count: 40_000) + "\ndefine B ${A}${A}",
            "main.conf:2:10: the word is too long: at most 65536 bytes"
        ),
        (
            "define A " + String(repeating: "x", count: 60_000) + "\n"
                + String(repeating: "define B ${A}\n", count: 280),
            "main.conf:281:10: the variables expand to too much: at most 16777216 bytes in all"
        ),
    ])
    func `bounds what a hostile file can ask for`(text: String, message: String) {
        #expect(mistakes(text).contains(message))
    }

    @Test func `bounds how many files are read`() {
        let text = String(repeating: "include-file empty.conf\n", count: 256)
        #expect(
            mistakes(text, files: ["empty.conf": ""])
                == "main.conf:256:14: `empty.conf` is not read: at most 256 files, 16 deep")
    }

    @Test func `bounds how long a line and a configuration are`() {
        let line = String(repeating: "x", count: (1 << 20) + 1)
        #expect(mistakes(line) == "main.conf:1:1: the line is too long: at most 1048576 bytes")
        let words = String(repeating: "a ", count: 250_000) + "\n"
        #expect(
            mistakes("if a == b\n" + "include-file no.conf\n" + words + words + words + "endif")
                == "main.conf:4:1: the configuration is too long: at most 500000 words in all files")
    }

    @Test func `bounds how deep files include each other`() {
        let files = Dictionary(uniqueKeysWithValues: (1...20).map { ("\($0).conf", "include-file \($0 + 1).conf") })
        #expect(
            mistakes("include-file 1.conf", files: files)
                == "15.conf:1:14: `16.conf` is not read: at most 256 files, 16 deep")
    }
}

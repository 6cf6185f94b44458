import Testing

@testable import AuthConfiguration

@Suite struct CommandLineTests {
    @Test(arguments: [["--module", "cfgauth"], ["--module=cfgauth"], ["--auth-module", "cfgauth"]])
    func `wins over the file`(arguments: [String]) throws {
        let configuration = try load("auth-module xmlauth", arguments: arguments)
        #expect(configuration.moduleName == "cfgauth")
        let setting = configuration["auth-module"]
        #expect(setting?.source.description == "command line: " + (arguments[0].split(separator: "=").first ?? ""))
        #expect(setting?.overridden?.description == "main.conf:1:1")
    }

    @Test func `without a file on the command line the usual one is read where there is one, and none is no file`()
        throws
    {
        let usual = Configuration.usualFile
        func module(_ files: [String: String], _ arguments: [String] = []) throws -> String {
            let context = ConfigurationContext(
                environment: [:], hostName: "h", workingDirectory: "/w", files: .inMemory(files))
            return try Configuration.load(file: nil, arguments: arguments, context: context).moduleName
        }
        #expect(try module([:]) == "xmlauth")
        #expect(try module([usual: "auth-module cfgauth"]) == "cfgauth")
        #expect(try module([usual: "auth-module cfgauth", "a": "auth-module upstream"], ["-c", "a"]) == "upstream")
        #expect(try module([usual: "auth-module cfgauth"], ["-c", "none"]) == "xmlauth")
        #expect(try module([usual: "auth-module cfgauth"], ["--module", "openauth"]) == "openauth")
    }

    @Test func `the control socket is found whatever else is wrong`() {
        let text = "log-levle x\ncontrol-socket %r/c.sock\nauth-login-timeout soon\nadd-door\n"
        let context = ConfigurationContext(
            environment: [:], hostName: "h", workingDirectory: "/w", files: .inMemory(["a": text]))
        #expect(Configuration.controlSocket(file: nil, arguments: ["-c", "a"], context: context) == "/w/c.sock")
        #expect(Configuration.controlSocket(file: nil, arguments: ["-c", "b"], context: context) == nil)
    }

    @Test func `relative paths begin at the working directory of the start`() throws {
        let text = """
            event-log %a.log
            audit-log audit.log - memory syslog: journal syslog:dev/log /abs.log
            control-socket run/c.sock
            http-socket /run/h.sock
            """
        let context = ConfigurationContext(
            environment: [:], hostName: "h", workingDirectory: "/w", files: .inMemory(["a": text]))
        let configuration = try Configuration.load(file: "a", arguments: ["--audit-key", "k"], context: context)
        #expect(configuration.eventLog == "/w/authhost.log")
        #expect(try load("application-root /r\nauth-moddir lib").moduleDirectory == "/r/lib")
        #expect(
            configuration.auditLogs == [
                "/w/audit.log", "-", "memory", "syslog:", "journal", "syslog:/w/dev/log", "/abs.log",
            ])
        #expect(configuration.controlSocket == "/w/run/c.sock")
        #expect(configuration.httpSocket == "/run/h.sock")
        #expect(configuration.auditKey == "/w/k")
    }

    @Test func `a word of audit-log that looks like a sink and is not one is told from a file`() throws {
        for place in [
            "-", "memory", "syslog", "syslog:", "syslog:dev/log", "journal:/run/j", "/audit", "./audit", "../Memory",
            "audit.log", "log/audit", ".audit",
        ] {
            #expect(try load("audit-log \(place)").unknownAuditSinks == [], "\(place)")
        }
        for place in ["journald", "Memory", "stdout", "file:x", "file:/var/log/x", "Syslog:/dev/log", "audit"] {
            #expect(try load("audit-log - \(place)").unknownAuditSinks == [place])
        }
    }

    @Test func `takes flags alone or with a value, lists by repetition and rows of two`() throws {
        let configuration = try load(
            "http-listen 127.0.0.1:1",
            arguments: [
                "--allow-bare-modules", "--auth-eject-users", "FALSE", "--http-listen", "127.0.0.1:2",
                "--http-listen=127.0.0.1:3", "--object-map", "/A", "/B", "--http-realm=a=b", "--write-users-time", "-1",
            ])
        #expect(configuration.allowsBareModules)
        #expect(configuration["auth-eject-users"]?.value == .flag(false))
        #expect(configuration.httpAddresses.map(\.port) == [2, 3])
        #expect(configuration["object-map"]?.value == .rows([["/A", "/B"]]))
        #expect(configuration.objectMaps.map(\.source.description) == ["command line: --object-map"])
        #expect(configuration.httpRealm == "a=b")
        #expect(configuration["write-users-time"]?.value == .integer(-1))
    }

    @Test(arguments: [
        (["--auth-modul", "x"], "--auth-modul: unknown option (did you mean `--auth-module`?)"),
        (["--modul=x"], "--modul: unknown option (did you mean `--module`?)"),
        (["--frobnicate"], "--frobnicate: unknown option"),
        (["serve"], "serve: unexpected argument: options start with `--`"),
        (["--"], "--: unexpected argument: options start with `--`"),
        (["-x"], "-x: unexpected argument: options start with `--`"),
        (["--add-sigkey"], "--add-sigkey: `add-sigkey` is a block: it is written in a configuration file"),
        (["--log-level=info", "--http-realm=a\r\nb: c"], "argument 2: a control character is not allowed"),
        (["--option", "a"], "--option: `NAME=VALUE` is expected, the name and value of a module's option"),
        (["--option"], "--option: `NAME=VALUE` is expected, the name and value of a module's option"),
        (["-c"], "-c: the path of a configuration file is expected"),
        (["--config", "x"], "--config: a second configuration file is named: one is accepted"),
        (["--module"], "--module: `auth-module` takes one text, but 0 values are given"),
        (["--module", "--log-level=info"], "--module: `auth-module` takes one text, but 0 values are given"),
        (["--object-map", "a"], "--object-map: `object-map` takes a pattern and a replacement, but 1 value is given"),
        (
            ["--module", "a", "--auth-module", "b"],
            "--auth-module: `auth-module` is set twice, first at command line: --module: it takes one value"
        ),
        (
            ["--auth-login-timeout", "soon"],
            "--auth-login-timeout: `auth-login-timeout` takes a whole number of seconds from 1 to 86400, not `soon`"
        ),
    ])
    func `says what is wrong with an argument`(arguments: [String], message: String) {
        #expect(mistakes("", arguments: arguments) == "command line: " + message)
    }

    @Test(arguments: [["-c", "other.conf"], ["--config=other.conf"]])
    func `names the configuration file`(arguments: [String]) throws {
        let context = ConfigurationContext(
            environment: [:], hostName: "box", workingDirectory: "/srv",
            files: .inMemory(["other.conf": "log-level error"]))
        let configuration = try Configuration.load(file: nil, arguments: arguments, context: context)
        #expect(configuration.logLevel == "error")
        #expect(configuration.file == "other.conf")
    }

    @Test func `sets options of the configured module over those of its block`() throws {
        let text = """
            add-module-options libxmlauth.so
                file %r/users.xml
                audit
                hosts a b
                add-user
                    username ann
                end-user
            end-module-options
            add-module-options other
                file x
            end-module-options
            """
        let configuration = try load(text, arguments: ["--option", "audit=TRUE", "--option=extra=a=b"])
        let options = configuration.moduleOptions
        #expect(options.map(\.name.text) == ["file", "hosts", "add-user", "audit", "extra"])
        #expect(options.map { $0.values.map(\.text) } == [["%r/users.xml"], ["a", "b"], [], ["TRUE"], ["a=b"]])
        #expect(options[2].block?.map(\.name.source.description) == ["main.conf:6:9"])
        #expect(options[3].name.source.description == "command line: --option audit")
        #expect(try configuration.expandPath(options[0].values[0], ofOption: "file") == "/srv/users.xml")
        #expect(configuration.options(ofModule: "/opt/other.so").map(\.name.text) == ["file"])
        let error = #expect(throws: ConfigurationError.self) {
            try configuration.expandPath(Word("%z", at: options[0].name.source), ofOption: "file")
        }
        #expect(
            error?.description
                == "main.conf:2:5: `%z` is not accepted in `file`, which knows `%r`, `%a`, `%h` and `%%`")
    }
}

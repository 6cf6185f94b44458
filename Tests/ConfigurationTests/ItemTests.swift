import Testing

@testable import AuthConfiguration
@testable import ConfigurationLanguage

@Suite struct ItemTests {
    @Test(arguments: [
        Case("auth-modul x", "main.conf:1:1: unknown item `auth-modul` (did you mean `auth-module`?)"),
        Case("AUTH-MODULE x", "main.conf:1:1: unknown item `AUTH-MODULE` (did you mean `auth-module`?)"),
        Case("frobnicate", "main.conf:1:1: unknown item `frobnicate`"),
        Case(
            "add-authdir\nnme x\nend-authdir",
            "main.conf:2:1: unknown option `nme` in `add-authdir` (did you mean `name`?)"),
        Case(
            "auth-module a\n\nauth-module b",
            "main.conf:3:1: `auth-module` is set twice, first at main.conf:1:1: it takes one value"),
        Case("auth-module", "main.conf:1:1: `auth-module` takes one text, but 0 values are given"),
        Case("auth-module a b c", "main.conf:1:15: `auth-module` takes one text, but 3 values are given"),
        Case("auth-module \"\"", "main.conf:1:13: `auth-module` takes one text, not ``"),
        Case(
            "auth-login-timeout 30s",
            "main.conf:1:20: `auth-login-timeout` takes a whole number of seconds from 1 to 86400, not `30s`"),
        Case(
            "auth-login-timeout 0",
            "main.conf:1:20: `auth-login-timeout` takes a whole number of seconds from 1 to 86400, not `0`"),
        Case(
            "auth-login-timeout",
            "main.conf:1:1: `auth-login-timeout` takes a whole number of seconds from 1 to 86400, "
                + "but 0 values are given"
        ),
        Case(
            "auth-checkwrite-timeout nan",
            "main.conf:1:25: `auth-checkwrite-timeout` takes a number of seconds from 0.001 to 86400.0, not `nan`"),
        Case(
            "auth-checkwrite-timeout 1e3",
            "main.conf:1:25: `auth-checkwrite-timeout` takes a number of seconds from 0.001 to 86400.0, not `1e3`"),
        Case("max-user-limit -1", "main.conf:1:16: `max-user-limit` takes a whole number from 0, not `-1`"),
        Case(
            "allow-bare-modules yes",
            "main.conf:1:20: `allow-bare-modules` takes TRUE or FALSE, or no value for TRUE, not `yes`"),
        Case(
            "session-cookie a;b",
            "main.conf:1:16: `session-cookie` takes letters, digits and any of !#$%&'*+-.^_|~, not `a;b`"),
        Case("log-format xml", "main.conf:1:12: `log-format` takes one of `text`, `json`, not `xml`"),
        Case(
            "http-socket-mode 888",
            "main.conf:1:18: `http-socket-mode` takes file permissions in octal from 0 to 0777, not `888`"),
        Case(
            "http-listen localhost",
            "main.conf:1:13: `http-listen` takes addresses such as `127.0.0.1:8080` or `[::1]:8080`, or `none`, not "
                + "`localhost`"),
        Case("object-map /A", "main.conf:1:1: `object-map` takes a pattern and a replacement, but 1 value is given"),
        Case(
            "auth-moddir %h/lib",
            "main.conf:1:13: `%h` is not accepted in `auth-moddir`, which knows `%r`, `%a` and `%%`"),
        Case(
            "auth-moddir lib%",
            "main.conf:1:13: `%` at the end is not accepted in `auth-moddir`, which knows `%r`, `%a` and `%%`"),
        Case(
            "application-root /x/%r",
            "main.conf:1:18: `%r` is not accepted in `application-root`: it is not expanded there"),
        Case(
            "forward-auth-object /w%u",
            "main.conf:1:21: `%u` is not accepted in `forward-auth-object`, which knows `%p`, `%m`, `%h` and `%%`"),
        Case(
            "add-sigkey x\nkey-id a\nkeyfile b\nend-sigkey",
            "main.conf:1:12: `add-sigkey` takes no value, but `x` is given"),
        Case("add-sigkey\nkey-id a\nend-sigkey", "main.conf:1:1: `add-sigkey` lacks `keyfile`, which takes one path"),
        Case(
            "add-module-options\nend-module-options",
            "main.conf:1:1: `add-module-options` takes the name of one module, but 0 values are given"),
        Case(
            "add-authdir\npassword \"\"\nend-authdir", "main.conf:2:10: `password` takes one or more texts"),
    ])
    func `says what an item would accept`(each: Case) {
        #expect(mistakes(each.text) == each.message)
    }

    @Test func `names every mistake of all files in their order`() {
        let text = "nope1 a\ninclude-file b.conf\nlog-level \"\nlog-format xml"
        #expect(
            mistakes(text, files: ["b.conf": "end-x\nauth-modle x"], arguments: ["--module-queue=0"]) == """
                main.conf:1:1: unknown item `nope1`
                main.conf:3:11: unterminated quote: the line ends before a closing `"`
                main.conf:4:12: `log-format` takes one of `text`, `json`, not `xml`
                b.conf:1:1: `end-x` closes nothing, no `add-x` is open here
                b.conf:2:1: unknown item `auth-modle` (did you mean `auth-module`?)
                command line: --module-queue: `module-queue` takes a whole number from 1 to 1000000, not `0`
                """)
    }

    @Test func `stops naming mistakes after twenty and counts the others`() throws {
        let text = (1...23).map { "unknown\($0)\n" }.joined()
        let error = #expect(throws: ConfigurationError.self) { try load(text) }
        #expect(error?.problems.count == 20)
        #expect(error?.description.hasSuffix("\n3 more problems not shown") == true)
    }

    @Test func `has the documented defaults when nothing is set`() throws {
        let configuration = try load("")
        #expect(configuration.moduleName == "xmlauth")
        #expect(configuration.moduleDirectory == nil)
        #expect(configuration.root == "/srv")
        #expect(configuration["application-root"]?.value == .text("/srv"))
        #expect(configuration.applicationName == "authhost")
        #expect(!configuration.allowsBareModules)
        #expect(configuration.trustedOwners.isEmpty)
        #expect([configuration.moduleQueue, configuration.moduleThreads] == [1024, 4])
        #expect(configuration.moduleIsolation.isEmpty && configuration.helperUser == nil)
        #expect([configuration.helperMemory, configuration.helperCrashes] == [0, 5])
        #expect(configuration.helperProfile == "declared")
        #expect([configuration.loginTimeout, configuration.mapTimeout] == [.seconds(30), .seconds(30)])
        #expect([configuration.checkWriteTimeout, configuration.checkReadTimeout] == [.seconds(30), .seconds(30)])
        #expect(configuration.initTimeout == .seconds(10))
        #expect(configuration.httpAddresses.map(\.description) == ["127.0.0.1:8080"])
        #expect(configuration.httpSocket == nil)
        #expect(configuration.httpSocketMode == 0o660)
        #expect([configuration.httpRealm, configuration.sessionCookie] == ["authhost", "authhost_session"])
        #expect(configuration.forwardAuthObject == "/web%p")
        #expect(configuration.loginCacheTime == .seconds(60))
        #expect(configuration.loginCacheSize == 10_000)
        #expect(configuration.eventLog == nil)
        #expect(configuration.auditLogs.isEmpty && !configuration.auditRequired)
        #expect([configuration.logFormat, configuration.logLevel] == ["text", "info"])
        #expect(configuration.objectMaps.isEmpty && configuration.moduleOptions.isEmpty)
        #expect(configuration.warnings.isEmpty)
    }

    @Test(arguments: ItemDefinition.all)
    func `gives every default a value of the item's type`(item: ItemDefinition) throws {
        var tables = [[item]]
        if case .block(let options) = item.type { tables.append(options) }
        for definition in tables.joined() {
            var reader = SettingsReader(expander: PercentExpander(root: "/r", application: "a", host: "h"))
            #expect((reader.builtIn(definition).value == nil) == (definition.defaultText == nil))
            #expect(reader.problems.isEmpty)
            #expect(!definition.help.isEmpty && definition.help.count <= 100)
        }
    }

    @Test func `reads a value of every type`() throws {
        let configuration = try load(
            """
            application-root run
            auth-moddir %r/%a/100%%
            auth-login-timeout 5
            auth-checkread-timeout 0.25
            allow-bare-modules
            auth-eject-users false
            http-socket-mode 0600
            http-listen 127.0.0.1:0 [::1]:81
            http-listen localhost:82
            trusted-owner ann 1001
            trusted-owner "bob"
            object-map /FX/%1 /FX/%u/%1
            object-map "/A" "/B"
            http-realm "50% off %r"
            """)
        #expect(configuration.root == "/srv/run")
        #expect(configuration.moduleDirectory == "/srv/run/authhost/100%")
        #expect(configuration.loginTimeout == .seconds(5))
        #expect(configuration.checkReadTimeout == .milliseconds(250))
        #expect(configuration.allowsBareModules)
        #expect(configuration["auth-eject-users"]?.value == .flag(false))
        #expect(configuration.httpSocketMode == 0o600)
        #expect(configuration.httpAddresses.map(\.host) == ["127.0.0.1", "::1", "localhost"])
        #expect(configuration.trustedOwners == ["ann", "1001", "bob"])
        #expect(
            configuration["trusted-owner"]?.elementSources.map(\.description) == [
                "main.conf:10:15", "main.conf:10:19", "main.conf:11:15",
            ])
        #expect(configuration["object-map"]?.value == .rows([["/FX/%1", "/FX/%u/%1"], ["/A", "/B"]]))
        #expect(configuration.objectMaps.map(\.source.description) == ["main.conf:12:12", "main.conf:13:12"])
        #expect(configuration.httpRealm == "50% off %r")
        #expect(try load("http-listen none").httpAddresses.isEmpty)
    }

    @Test func `reads blocks, their lists and their defaults`() throws {
        let configuration = try load(
            """
            add-authdir
                username admin guest
                username root
                password a
                password b c
                check-module
            end-authdir
            add-authdir
                name /other
            end-authdir
            """)
        let blocks = configuration.blocks("add-authdir")
        #expect(blocks.map { $0["name"]?.value } == [.text("/status"), .text("/other")])
        #expect(blocks[0]["username"]?.value == .list(["admin", "guest", "root"]))
        #expect(blocks.map { $0["check-module"]?.value } == [.flag(true), .flag(false)])
        #expect(blocks[0]["realm"]?.source == .builtIn)
    }

    @Test(arguments: [
        "", ":80", "h:", "h:65536", "h:-1", "h:+1", "::1:80", "[::1]", "[h]:1", "a b:1", "h/x:1", "[]:1",
    ])
    func `refuses what is no address`(text: String) {
        #expect(ListenAddress(text) == nil)
    }
}

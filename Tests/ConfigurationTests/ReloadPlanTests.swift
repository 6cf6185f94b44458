import Testing

@testable import AuthConfiguration

@Suite struct ReloadPlanTests {
    private static let started = """
        log-level info
        http-listen 127.0.0.1:1
        object-map /A /B
        max-user-limit 3
        add-module-options xmlauth
            xmlauth-file a.xml
            hosts a b
            watch TRUE
        end-module-options
        add-module-options other
            x 1
        end-module-options
        """

    @Test func `says of every change when it takes effect`() throws {
        let old = try load(Self.started)
        let new = try load(
            """
            log-level debug
            http-listen 127.0.0.1:2

            max-user-limit 4
            add-module-options xmlauth
                xmlauth-file b.xml
                hosts a
                hosts b
            end-module-options
            add-module-options other
                x 2
            end-module-options
            http-realm ${NONE}x
            """)
        let reload = ConfigurationReload(new, current: old, started: old)
        #expect(
            reload.lines == [
                "`object-map` is no longer set and has its default again: takes effect now",
                "`log-level` changed at main.conf:1:1: takes effect now",
                "`max-user-limit` changed at main.conf:4:1: takes effect now",
                "`http-listen` changed at main.conf:2:1: takes effect at the next start",
                "`http-realm` changed at main.conf:13:1: takes effect at the next start",
                "option `xmlauth-file` of module `xmlauth` changed at main.conf:6:5: takes effect by a swap of the module",
                "option `watch` of module `xmlauth` is no longer set: takes effect by a swap of the module",
            ])
        #expect(reload.summary == "the configuration was re-read: 5 of 7 changes taken over")
        #expect(reload.swaps)
        #expect(reload.warnings.map(\.code) == [.variable])
    }

    @Test func `tells when another shadow begins`() throws {
        let one = "auth-module-shadow other\nadd-module-options other\nx 1\nend-module-options\n"
        func changes(_ new: String, from old: String) throws -> Bool {
            let old = try load(old)
            return ConfigurationReload(try load(new), current: old, started: old).changesShadow
        }
        #expect(try !changes(one, from: one) && changes("", from: one) && changes(one, from: ""))
        #expect(try !changes("\n# lines that have moved\n" + one, from: one))
        #expect(try changes(one.replacing("x 1", with: "x 2"), from: one))
        #expect(try changes(one + "add-shadow-options other\nx 1\nend-shadow-options\n", from: one))
        #expect(try changes(one + "module-helper-memory 64\n", from: one))
        #expect(try !changes("module-helper-memory 64\n", from: ""))
        #expect(try !changes(one + "auth-module another\n", from: one))
        #expect(try !changes("auth-module-shadow none\n", from: "auth-module-shadow none\n"))
    }

    @Test func `gives the shadow the module's options, except those that it has of its own`() throws {
        let configuration = try load(
            """
            add-module-options other
                x 1
                y 2
            end-module-options
            add-shadow-options other
                x 3
            end-shadow-options
            """)
        let options = configuration.options(ofShadow: "/modules/libother.so")
        #expect(options.map { [$0.name.text] + $0.values.map(\.text) } == [["y", "2"], ["x", "3"]])
        #expect(configuration.shadowModule == nil && configuration.shadowQueue == 1024)
    }

    @Test func `names what waits for a start again, until it is as it was`() throws {
        let started = try load(Self.started)
        let changed = try load(Self.started + "\nhttp-realm elsewhere\nlog-format json")
        let again = ConfigurationReload(changed, current: changed, started: started)
        #expect(again.lines == ["`http-realm` changed at main.conf:13:1: takes effect at the next start"])
        #expect(!again.swaps)
        let back = ConfigurationReload(started, current: changed, started: started)
        #expect(back.lines == ["`log-format` is no longer set and has its default again: takes effect now"])
        let same = ConfigurationReload(started, current: started, started: started)
        #expect(same.lines.isEmpty)
        #expect(same.summary == "the configuration is unchanged")
    }

    @Test(arguments: [
        "auth-module cfgauth", "auth-moddir /srv", "allow-bare-modules", "bare-generation 6",
        "auth-module-isolation process 2", "module-helper-memory 64", "module-helper-profile pure",
        "add-module-options xmlauth\n  watch FALSE\nend-module-options",
    ])
    func `swaps the module where another one is asked for, and again where that has failed`(change: String) throws {
        let old = try load("auth-module xmlauth")
        let new = try load(change)
        let reload = ConfigurationReload(new, current: old, started: old)
        #expect(reload.swaps && reload.lines.count == 1, "\(reload.lines)")
        #expect(reload.lines.first?.hasSuffix(": takes effect by a swap of the module") == true)
        #expect(!ConfigurationReload(new, current: new, started: old).swaps)
        let failed = new.keeping(ConfigurationReload.swappedItems, of: old)
        #expect(ConfigurationReload(new, current: failed, started: old).swaps)
    }

    @Test func `begins another shadow where another one is asked for, without a swap`() throws {
        let reload = ConfigurationReload(
            try load("auth-module-shadow cfgauth"), current: try load(""), started: try load(""))
        #expect(reload.lines == ["`auth-module-shadow` changed at main.conf:1:1: takes effect by another shadow"])
        #expect(!reload.swaps)
    }

    @Test func `what could not be taken over is not said to take effect, and is tried again`() throws {
        let old = try load("event-log a.log")
        let new = try load("event-log b.log\nmax-user-limit 4")
        let reload = ConfigurationReload(new, current: old, started: old, failed: ["event-log"])
        #expect(
            reload.lines == [
                "`max-user-limit` changed at main.conf:2:1: takes effect now",
                "`event-log` changed at main.conf:1:1: could not be taken over, what was before stays",
            ])
        #expect(reload.summary == "the configuration was re-read: 1 of 2 changes taken over")
        let again = ConfigurationReload(new, current: new.keeping(["event-log"], of: old), started: old)
        #expect(again.lines == ["`event-log` changed at main.conf:1:1: takes effect now"])
    }

    /// What `Host.apply`, the event log and the reload take over; each has its test there.
    @Test func `marks as changeable exactly what a running host takes over`() {
        #expect(
            ItemDefinition.all.filter(\.isReloadable).map(\.name) == [
                "auth-module", "auth-moddir", "allow-bare-modules", "bare-generation", "module-pin",
                "module-pin-required", "rules-stale", "rules-stale-time", "module-queue", "add-module-options",
                "add-module-test", "swap-sessions", "swap-unresumable", "auth-module-isolation",
                "module-helper-user", "module-helper-memory", "module-helper-profile", "module-helper-crashes",
                "module-hang-action", "auth-module-shadow", "add-shadow-options", "auth-module-shadow-isolation",
                "auth-module-shadow-queue",
                "auth-login-timeout", "auth-map-timeout", "auth-checkwrite-timeout",
                "auth-checkread-timeout", "penalty-limit", "penalty-network-limit", "penalty-time", "penalty-delay",
                "penalty-exempt", "object-map", "login-cache-time", "login-cache-size", "event-log",
                "log-format", "log-level", "audit-key", "add-sigkey", "signature-validtime", "signature-leeway",
                "signature-audience", "signature-hashsize", "max-user-limit", "max-user-warn", "max-user-ok",
                "auth-eject-users", "licence-file", "add-application-params",
            ])
        #expect(ItemDefinition.all.allSatisfy { !$0.isReloadable || $0.availability == .live })
    }
}

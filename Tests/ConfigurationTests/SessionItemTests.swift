import Testing

@testable import AuthConfiguration

@Suite struct `The items of limits on sessions` {
    @Test func `are read`() throws {
        let configuration = try load(
            """
            max-user-limit 100
            max-user-warn 90
            max-user-ok 80
            auth-eject-users TRUE
            licence-file /etc/licence.txt
            add-application-params
                application-id a b
                inactivity-period 30
            end-application-params
            add-application-params
                application-id c -
            end-application-params
            """)
        #expect(configuration.maxUserLimit == 100)
        #expect(configuration.maxUserWarn == 90)
        #expect(configuration.maxUserOK == 80)
        #expect(configuration.ejectsUsers)
        #expect(configuration.licenceFile == "/etc/licence.txt")
        #expect(configuration.applicationParameters.map(\.applicationID) == ["a", "b", "c", ""])
        #expect(configuration.applicationParameters.map(\.inactivityPeriod) == [30, 30, 0, 0])
        #expect(configuration.warnings.isEmpty, "\(configuration.warnings)")
    }

    @Test(arguments: [("5", true), ("10", false), ("0", false)])
    func `a warning that can never come is said to be so`(limit: String, isSaid: Bool) throws {
        let warnings = try load("max-user-limit \(limit)\nmax-user-warn 10").warnings.map(\.description)
        let text = "main.conf:2:1: `max-user-warn` is never reached: it is 10, and `max-user-limit` lets in 5"
        #expect(warnings == (isSaid ? [text] : []))
    }

    @Test(arguments: [
        Case(
            "max-user-warn 5\nmax-user-ok 6",
            "main.conf:2:1: `max-user-ok` takes at most `max-user-warn`, which is 5, found `6`"),
        Case("max-user-ok 6", "main.conf:1:1: `max-user-ok` ends a warning, and `max-user-warn` is not set"),
        Case(
            "add-application-params\napplication-id x y x\nend-application-params",
            "main.conf:2:20: application `x` has parameters already, at main.conf:2:16"),
        Case(
            "add-cluster-node\nend-cluster-node\nadd-cluster-node\nend-cluster-node",
            "main.conf:3:1: a cluster of 2 hosts is configured, and no `cluster-registry` at which they meet: limits on "
                + "sessions would hold for each host alone"),
        Case(
            "cluster-registry http://x",
            "main.conf:1:1: `cluster-registry` takes `redis://HOST[:PORT][/DATABASE]`, "
                + "`redis+sentinel://HOST[:PORT],HOST[:PORT]…/MASTER[/DATABASE]`, both with `rediss` for TLS, or `unix:/PATH`, "
                + "found `http://x`; user and password are items of their own"),
        Case(
            "cluster-registry unix:/r\ncluster-password-file /p\ncluster-password-variable P",
            "main.conf:3:1: one of `cluster-password-file` and `cluster-password-variable` is accepted, and both are set"
        ),
        Case(
            "cluster-registry unix:/r\ncluster-name {a}",
            "main.conf:2:1: `cluster-name` takes 1 to 64 letters, digits, `.`, `_` and `-`, found `{a}`"),
        Case(
            "cluster-registry unix:/r\ncluster-index 1",
            "main.conf:2:1: `cluster-index` is 1, and there are 1 hosts, counted from 0: one for each `add-cluster-node`"
        ),
        Case(
            "cluster-registry unix:/r\ncluster-isolated end\ncluster-unreachable local",
            "main.conf:2:1: `cluster-isolated end` goes with `cluster-unreachable refuse`, found `local`: a host without a "
                + "lease answers no session that it let in alone"),
        Case(
            "cluster-registry unix:/r\ncluster-heartbeat-time 1\ncluster-heartbeat-slack-time 0.5",
            "main.conf:2:1: `cluster-heartbeat-time` and `cluster-heartbeat-slack-time` take 2 seconds together at least, "
                + "found 1.5"),
    ])
    func `that do not fit together are refused`(each: Case) { #expect(mistakes(each.text) == each.message) }

    @Test(arguments: [
        "max-user-warn 5\nmax-user-ok 5", "max-user-warn 5", "add-cluster-node\nend-cluster-node",
        "cluster-registry redis://[::1]:7000/3\nadd-cluster-node\nend-cluster-node\nadd-cluster-node\nend-cluster-node\ncluster-index 1",
        "cluster-registry rediss://redis.example", "cluster-registry unix:/run/redis\ncluster-isolated end",
    ])
    func `that fit together are taken`(text: String) { #expect(mistakes(text) == "") }

    @Test(
        arguments: [
            ("redis://a", .host(.init(host: "a", port: 6379)), false, 0),
            ("rediss://[::1]:7000/3", .host(.init(host: "::1", port: 7000)), true, 3),
            (
                "redis+sentinel://a,b:1,[::1]/main/2",
                .sentinels(
                    [.init(host: "a", port: 26_379), .init(host: "b", port: 1), .init(host: "::1", port: 26_379)],
                    master: "main"), false, 2
            ),
            (
                "rediss+sentinel://a:1/m",
                .sentinels([.init(host: "a", port: 1)], master: "m"), true, 0
            ),
            ("unix:/run/redis", .unix("/run/redis"), false, 0),
        ] as [(String, RegistryAddress.Way, Bool, Int)])
    func `of a registry say how it is reached`(
        _ text: String, _ way: RegistryAddress.Way, _ usesTLS: Bool, _ database: Int
    ) throws {
        let address = try #require(RegistryAddress(text))
        #expect(address.way == way && address.usesTLS == usesTLS && address.database == database)
    }

    @Test(arguments: [
        "redis://", "redis://a/b/c", "redis://a:0", "redis://u:p@a", "redis+sentinel://a", "redis+sentinel:///m",
        "redis+sentinel://a,/m", "redis+sentinel://a/m/x", "redis+sentinel://a/{m}", "rediss:a", "unix:a",
    ]) func `that cannot be a registry's are refused`(_ text: String) { #expect(RegistryAddress(text) == nil) }
}

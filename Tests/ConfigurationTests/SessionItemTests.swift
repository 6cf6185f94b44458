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
            "main.conf:3:1: a cluster of 2 nodes is configured: clustering is not there yet, and limits on sessions would "
                + "hold for each node alone; one `add-cluster-node` is accepted"),
    ])
    func `that do not fit together are refused`(each: Case) { #expect(mistakes(each.text) == each.message) }

    @Test(arguments: [
        "max-user-warn 5\nmax-user-ok 5", "max-user-warn 5", "add-cluster-node\nend-cluster-node",
    ])
    func `that fit together are taken`(text: String) { #expect(mistakes(text) == "") }
}

import Testing

@testable import Cluster

extension ClusterFaultTests {
    /// What is answered to the order of an ejection, and what is said of it.
    static let orderAnswers: [(answer: String, found: String)] = [
        ("-ERR user_script:1: attempt to concatenate a nil value\r\n", "it answered `ERR user_script:1"),
        ("-NOPERM this user has no permissions\r\n", "it answered `NOPERM"),
        ("-READONLY You can't write against a read only replica.\r\n", "may have sessions ended all the same"),
        (ScriptedRegistry.text(["FULL"]), "it has no memory left"),
        (ScriptedRegistry.text(["WARM"]), "it still waits for hosts"),
        (ScriptedRegistry.text(["XYZ"]), "it answered `XYZ`"),
        (ScriptedRegistry.text(["GONE"]), "this host has lost its membership"),
        ("*0\r\n", "it answered ``"),
        (":1\r\n", "it answered ``"),
        (ScriptedRegistry.text(["OK"]), "it answered `OK`"),
        ("garbage\r\n", "cannot be asked"),
        (
            ScriptedRegistry.text(["OK", "-", "", "nobody", "10.", "10.-1", "12.7"]),
            "1 by host of epoch 12"
        ),
        (ScriptedRegistry.text(["OK", "-"]), "there are none"),
    ]

    @Test(arguments: orderAnswers)
    func `an order is answered once, whatever the registry makes of it, and the next ones go on`(
        _ answer: String, _ found: String
    ) {
        let registry = ScriptedRegistry()
        registry.run(500)
        registry.answers["eject"] = { _ in answer }
        func order(_ number: UInt64) {
            registry.perform { $0.ejectOldest(3, of: nil, application: nil, number: number, at: $1) }
        }
        order(2)
        order(4)
        registry.run(6000)
        registry.answers = ["eject": { _ in ScriptedRegistry.text(["OK", "-"]) }]
        registry.run(4000)
        order(6)
        registry.run(50)
        func results(_ number: UInt64) -> [String] {
            registry.actions.compactMap {
                if case .ordered(number, let result) = $0, result.pending == 0 { result.description } else { nil }
            }
        }
        #expect(results(2).count == 1 && results(4).count == 1 && results(2)[0].contains(found), "\(results(2))")
        #expect(results(6) == ["there are none"])
    }
}

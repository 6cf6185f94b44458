import AuthCore
import Glibc
import ModuleHost
import Runtime

/// P2a: the checks of P2 as a door asks them, through host, mapping and ABI, beside what a check through the loader and a
/// check of the rules cost on their own.
enum ABIRows {
    static func run(trivial: String, modules: String, folder: String) throws {
        let workload = PolicyWorkload(rules: 1000)
        let file = "\(folder)/policy.xml"
        try workload.writeUsersFile(file)
        let host = quietHost()
        try host.load(loadRequest("\(modules)/libxmlauth.so", [("xmlauth-file", file), ("watch", "FALSE")]))
        defer { host.stop() }
        let questions = try asked(workload, host)
        let loaded = try LoadedCheck(trivial)
        let rules = try RulesCase(workload)
        var parts = Series()
        var whole = Series()
        for _ in 0..<rounds {
            parts.append(loaded.time(200_000) + (try rules.time(times: 10)))
            whole.append(try time(host, questions))
        }
        row(
            "P2a", "the same as a door asks: xmlauth through host, mapping and ABI; beside P1 + P2",
            "\(rate(whole.median)), \(short(whole.median)) ns · \(short(parts.median)) ns", parts.over(whole),
            .atLeast(0.8))
    }

    private static func asked(_ workload: PolicyWorkload, _ host: Host) throws -> [(Question, Bool)] {
        let sessions = try (0..<PolicyWorkload.users).map {
            try host.mustAdmit(Login(user: "u\($0)", password: Secret(""), door: "bench"), resuming: true)
        }
        return try workload.questions.map {
            let check = Check($0.writes ? .write : .read, try ObjectName($0.object))
            return (.check(sessions[$0.user], check), $0.allowed)
        }
    }

    private static func time(_ host: Host, _ questions: [(Question, Bool)]) throws -> Double {
        var correct = 0
        let times = 5
        let elapsed = cpuTime(of: questions.count * times) {
            for _ in 0..<times {
                for (question, allowed) in questions {
                    guard case .decided(let answer) = host.ask(question) else { continue }
                    if (answer.verdict == .allow) == allowed { correct += 1 }
                }
            }
        }
        guard correct == questions.count * times else { throw BenchmarkError("xmlauth answers wrongly") }
        return elapsed
    }
}

import Cluster
import Glibc

/// The figures that are taken inside one process; `Tests/Benchmarks/run` calls it.
@main
enum Micro {
    static let usage = """
        usage: authhost-micro loader TRIVIAL.so | rules CURVE | abi TRIVIAL.so MODULES FOLDER
               authhost-micro sessions SESSIONS.so CURVE | admit SESSIONS.so | load SESSIONS.so
               authhost-micro cluster REDIS SESSIONS.so | ejections REDIS SESSIONS.so | script
               authhost-micro policy RULES FILE | read FILE | exec EXEC.so FOLDER
        """

    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch (arguments.first, arguments.count) {
        case ("loader", 2): try LoaderRows.run(trivial: arguments[1])
        case ("rules", 2): try RulesRows.run(curve: arguments[1])
        case ("abi", 4): try ABIRows.run(trivial: arguments[1], modules: arguments[2], folder: arguments[3])
        case ("sessions", 3): try SessionRows.run(module: arguments[1], curve: arguments[2])
        case ("admit", 2): try SessionRows.admit(module: arguments[1])
        case ("cluster", 3): try ClusterRows.admit(redis: arguments[1], module: arguments[2])
        case ("ejections", 3): try ClusterRows.eject(redis: arguments[1], module: arguments[2])
        case ("script", 1): print(RegistryScript.text)
        case ("load", 2): try LoadRows.run(module: arguments[1])
        case ("exec", 3): try ExecRows.run(module: arguments[1], folder: arguments[2])
        case ("policy", 3):
            guard let rules = Int(arguments[1]) else { fallthrough }
            try PolicyWorkload(rules: rules).writeUsersFile(arguments[2])
        case ("read", 2): try UsersRows.read(arguments[1])
        default:
            print(usage)
            exit(3)
        }
    }
}

/// Says why a row could not be measured.
struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

import ArgumentParser
import AuthConfiguration

/// Splits a command line: items of the configuration are options too, and there are too many to declare each of them.
enum ConfigurationArguments {
    /// The items found on the command line; set once before any subcommand runs.
    nonisolated(unsafe) static var items: [String] = []
    // Written by main() before the command runs, read-only afterwards.

    /// Options of subcommands, which the parser reads: those that their help lists.
    private static let own = options(of: AuthHostCommand.self).union(["--generate-completion-script"])

    private static func options(of command: any ParsableCommand.Type) -> Set<String> {
        // Too wide to be wrapped. A line about an option begins with its names: `  -h, --help  Show …`.
        let help = AuthHostCommand.helpMessage(for: command, columns: 10_000)
        let lines = help.split(separator: "\n").filter { $0.hasPrefix("  -") }
        let words = lines.flatMap { line in
            line.split(whereSeparator: { $0 == " " || $0 == "," }).prefix { $0.hasPrefix("-") }.map(String.init)
        }
        return command.configuration.subcommands.reduce(into: Set(words)) { $0.formUnion(options(of: $1)) }
    }

    /// Takes everything that starts with `--` and is not an option of a subcommand, with its values.
    static func split(_ arguments: [String]) -> (own: [String], items: [String]) {
        var own: [String] = []
        var items: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let name = argument.split(separator: "=", maxSplits: 1).first.map(String.init) ?? argument
            if isItem(argument, name) {
                items.append(argument)
                guard argument == "-c" || name == argument, !argument.hasPrefix("-D") else { continue }
                for _ in 0..<valueCount(of: name, next: rest.first) {
                    if let value = rest.popFirst() { items.append(value) }
                }
            } else {
                own.append(argument)
            }
        }
        return (own, items)
    }

    /// Known items first: to know the others the help of every subcommand is laid out.
    private static func isItem(_ argument: String, _ name: String) -> Bool {
        if argument == "-c" || argument.hasPrefix("-D") { return true }
        guard name.hasPrefix("--"), name.count > 2 else { return false }
        return CommandLineOverlay.knows(String(name.dropFirst(2))) || !own.contains(name)
    }

    private static func valueCount(of name: String, next: String?) -> Int {
        let item = name == "--module" ? "auth-module" : String(name.dropFirst(2))
        guard let definition = ItemDefinition.named(item) else {
            // An unknown name takes what follows it along, so that the error is about the name.
            return ["-c", "--config", "--option"].contains(name) || next?.hasPrefix("-") == false ? 1 : 0
        }
        switch definition.type {
        case .flag: return ["TRUE", "FALSE"].contains(next?.uppercased()) ? 1 : 0
        case .row(let names): return names.count
        default: return 1
        }
    }
}

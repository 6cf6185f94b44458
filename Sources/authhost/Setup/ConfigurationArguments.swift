import AuthConfiguration

/// Splits a command line: items of the configuration are options too, and there are too many to declare each of them.
enum ConfigurationArguments {
    /// The items found on the command line; set once before any subcommand runs.
    nonisolated(unsafe) static var items: [String] = []
    // Written by main() before the command runs, read-only afterwards.

    /// Options of subcommands, which the parser reads.
    private static let own: Set<String> = [
        "--user", "--read", "--write", "--create", "--json", "--help", "--version", "--password-stdin", "--trusted",
        "--address", "--application-id", "--machine-id", "--scheme", "--rounds", "--all", "--field",
        "--application", "--strict", "--check", "--in-place", "--month", "--csv", "--file",
        "--socket", "--machine", "--session", "--limit", "--offset", "--count", "--object", "--follow", "--since",
        "--format", "--door", "--try", "--patience", "--no-module-code", "--generate-completion-script",
    ]

    /// Takes everything that starts with `--` and is not an option of a subcommand, with its values.
    static func split(_ arguments: [String]) -> (own: [String], items: [String]) {
        var own: [String] = []
        var items: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let name = argument.split(separator: "=", maxSplits: 1).first.map(String.init) ?? argument
            if argument == "-c" || argument.hasPrefix("-D")
                || (name.hasPrefix("--") && name.count > 2 && !self.own.contains(name))
            {
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

    private static func valueCount(of name: String, next: String?) -> Int {
        let item = name == "--module" ? "auth-module" : String(name.dropFirst(2))
        guard let definition = ItemDefinition.all.first(where: { $0.name == item }) else {
            // A name that nobody knows takes what follows it along, so that the error is about the name.
            return ["-c", "--config", "--option"].contains(name) || next?.hasPrefix("-") == false ? 1 : 0
        }
        switch definition.type {
        case .flag: return ["TRUE", "FALSE"].contains(next?.uppercased()) ? 1 : 0
        case .row(let names): return names.count
        default: return 1
        }
    }
}

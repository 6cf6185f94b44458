import ArgumentParser
import Basics

/// Looks at the names of commands before the parser does: it takes a mistyped one for a superfluous argument of the
/// default command.
enum CommandNames {
    /// - Parameter arguments: the command line without the items of the configuration.
    static func check(_ arguments: [String]) throws(Failure) {
        var command: any ParsableCommand.Type = AuthHostCommand.self
        var path = ["authhost"]
        for word in arguments where !command.configuration.subcommands.isEmpty {
            if word.hasPrefix("-") { return }
            // `authhost help COMMAND` is the parser's own.
            if word == "help", path.count == 1 { continue }
            let commands = command.configuration.subcommands
            guard let next = commands.first(where: { $0._commandName == word }) else {
                let names = commands.filter { $0.configuration.shouldDisplay }.map { $0._commandName }
                let known = names.map { "`\($0)`" }.joined(separator: ", ")
                throw Failure(
                    .badConfiguration,
                    "`\(path.joined(separator: " "))` has no command `\(word.controlsEscaped)`"
                        + NearestName.hint(word, among: names) + ": \(known) are accepted")
            }
            command = next
            path.append(word)
        }
    }
}

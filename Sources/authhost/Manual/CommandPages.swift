import ArgumentParser
import AuthConfiguration
import JSONReading

/// The pages of the command and of each subcommand, made of what their help is made of.
enum CommandPages {
    /// What the parser tells of a command; of its form 0.
    struct Command: Decodable {
        let commandName: String
        let abstract, discussion: String?
        let shouldDisplay: Bool?
        let subcommands: [Command]?
        let arguments: [Argument]?

        var shown: [Command] {
            (subcommands ?? []).filter { $0.shouldDisplay != false && $0.commandName != "help" }
        }
    }

    /// An option, a flag or an argument.
    struct Argument: Decodable {
        struct Name: Decodable {
            let kind, name: String

            var text: String { kind == "long" ? "--\(name)" : "-\(name)" }
        }
        let kind: String
        let shouldDisplay, isOptional, isRepeating: Bool?
        let names: [Name]?
        let valueName, defaultValue, abstract: String?

        /// How it is written: `-c, --config`.
        var term: String {
            names.map { $0.map(\.text).joined(separator: ", ") } ?? "<\(valueName ?? "value")>"
        }

        var value: String { kind == "option" ? "<\(valueName ?? "value")>" : "" }

        /// Its place in the line of usage.
        var usage: String {
            let name = names?.max { $0.name.utf8.count < $1.name.utf8.count }?.text
            let text = ([name ?? term] + (kind == "option" ? [value] : [])).joined(separator: " ")
            return isOptional == false ? text : "[\(text)]"
        }
    }

    private struct Tool: Decodable {
        let command: Command
    }

    static func all() throws(Failure) -> [ManualPage] {
        let help = AuthHostCommand._dumpHelp()
        guard let tool = try? JSONReader.decode(Tool.self, help.utf8, as: "description") else {
            throw Failure(.undecided, "the parser's description of the commands is of another form than is known")
        }
        return pages(of: tool.command, path: [], siblings: [])
    }

    private static func pages(of command: Command, path: [String], siblings: [String]) -> [ManualPage] {
        let path = path + [command.commandName]
        let children = command.shown
        let others = children.map { (path + [$0.commandName]).joined(separator: "-") + "(1)" }
        let own = page(
            of: command, path, seeAlso: path.count == 1 ? others + general : ["authhost(1)"] + others + siblings)
        return [own] + children.flatMap { pages(of: $0, path: path, siblings: ["authhost.conf(5)"]) }
    }

    private static let general = ["authhost.conf(5)"] + DoorPages.names + ModulePages.names

    private static func page(of command: Command, _ path: [String], seeAlso: [String]) -> ManualPage {
        var page = ManualPage(
            path.joined(separator: "-"), section: 1, summary: command.abstract.map(Self.asSummary) ?? "")
        let arguments = (command.arguments ?? []).filter { $0.shouldDisplay != false }
        page.heading("SYNOPSIS")
        let words = command.shown.isEmpty ? arguments.map(\.usage) : ["<command>", "[options]"]
        page.text("`\(path.joined(separator: " "))` \(words.joined(separator: " "))")
        page.heading("DESCRIPTION")
        page.text(command.abstract ?? "")
        if let discussion = command.discussion { page.text(discussion) }
        if !command.shown.isEmpty {
            page.heading("COMMANDS")
            for child in command.shown { page.entry(child.commandName, "", child.abstract ?? "") }
        }
        page.heading("OPTIONS")
        for argument in arguments {
            let standard = argument.defaultValue.map { " (default: \($0))" } ?? ""
            page.entry(argument.term, argument.value, (argument.abstract ?? "") + standard)
        }
        if path.count == 1 { files(&page) }
        page.heading("EXIT STATUS")
        page.text(
            "0 allowed or done, 1 could not decide or failed, 2 denied or wrong credentials, 3 bad configuration or usage, "
                + "4 module unusable, 5 over a limit, 6 ejected, 7 something was found, as by a strict check.")
        page.seeAlso(seeAlso)
        return page
    }

    private static func files(_ page: inout ManualPage) {
        page.heading("FILES")
        page.entry(Configuration.usualFile, "", "The configuration file that is read where no `-c` names another.")
    }

    /// A summary ends without a full stop, and begins in small letters as others do.
    static func asSummary(_ text: String) -> String {
        let text = text.hasSuffix(".") ? String(text.dropLast()) : text
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}

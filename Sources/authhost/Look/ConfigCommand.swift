import ArgumentParser
import AuthConfiguration
import Basics
import DoorProtocols
import Glibc
import Logging
import ModuleHost
import Runtime
import Signatures

/// Looks at the configuration without running anything.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Check, show and explain the configuration.",
        subcommands: [CheckCommand.self, ShowCommand.self, ExplainCommand.self, ConvertCommand.self])

    struct ConvertCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "convert", abstract: "Print a configuration in the other syntax: XML or lines.",
            discussion: """
                What variables stand for is written in their place, and comments are left out. Secrets are printed as they \
                stand in the file.
                """)

        @Argument(help: "The configuration file, in either syntax.")
        var file: String

        func run() throws {
            do {
                Terminal.write(
                    try ConfigurationWriter.convert(
                        file, arguments: ConfigurationArguments.items,
                        context: .system(environment: ConfigurationContext.processEnvironment())))
            } catch {
                throw Failure(.badConfiguration, "\(error)")
            }
        }
    }

    struct ShowCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show every item with its value and where that was set.")

        @Flag(help: "Also show items that have no effect yet.")
        var all = false

        @Flag(help: "Print JSON.")
        var json = false

        @OptionGroup var common: ConfigurationFileOption

        func run() throws {
            let configuration = try HostSetup.readConfiguration()
            let items = ConfigurationDescription(configuration).shown(all: all)
            if json {
                Terminal.write("[\n" + items.map { "  " + Self.object($0) }.joined(separator: ",\n") + "\n]")
            } else {
                Terminal.write(ConfigurationDescription.table(items, columns: Terminal.columns))
            }
        }

        private static func object(_ item: ConfigurationDescription.Item) -> String {
            JSONText.object([
                ("item", .text(item.definition.name)), ("value", item.setting.map(JSONText.Element.init)),
                ("source", .text(item.source.description)),
                ("overridden", item.overridden.map { .text($0.description) }),
                ("default", item.definition.defaultText.map { .text($0) }),
                ("changes", .text(item.definition.isReloadable ? "reload" : "start")),
                ("no_effect_until", item.awaited.map { .text($0) }),
                ("no_effect", item.withoutEffect.map { .text($0) }),
            ])
        }
    }

    struct ExplainCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "explain", abstract: "Say what an item takes, and what it is set to.")

        @Argument(
            help: "An item such as http-listen, or an option of a block such as add-authdir.realm.",
            completion: .list(ItemDefinition.all.map(\.name)))
        var item: String

        @OptionGroup var common: ConfigurationFileOption

        func run() throws {
            let configuration = try HostSetup.readConfiguration()
            do throws(ItemExplanation.Unknown) {
                let explanation = try ItemExplanation(item, in: ConfigurationDescription(configuration))
                Terminal.write(explanation.text(columns: Terminal.columns))
            } catch {
                throw Failure(.badConfiguration, "\(error)")
            }
        }
    }
}

extension JSONText.Element {
    /// The value of an item: a flag, a number, or texts as one would write them.
    init(_ value: ConfigurationDescription.Value) {
        switch value {
        case .flag(let flag): self = .flag(flag)
        case .integer(let number): self = .integer(Int64(number))
        case .number(let number): self = .number(number)
        case .text(let text): self = .text(text)
        case .list(let texts): self = .list(texts.map { .text($0) })
        }
    }
}

extension Terminal {
    /// How wide lines may be: `COLUMNS`, else the terminal's width, else 80; at least 40.
    static var columns: Int {
        if let text = getenv("COLUMNS"), let columns = Int(String(cString: text)) { return max(40, columns) }
        var size = winsize()
        // SAFETY: TIOCGWINSZ fills a struct winsize (ioctl_tty(2)).
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return max(40, Int(size.ws_col))
    }
}

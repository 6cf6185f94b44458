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

    struct CheckCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Check a configuration as a start does, modules and authenticators included.",
            discussion: """
                Prints every mistake, up to twenty, with file, line and column, and every warning. The options of the module \
                and of all authenticators are compared with those that their files declare; then they are started and \
                stopped as a start does, so that they read their files and check what they alone know. Nothing listens and \
                no log is written. Ends with 0 when authhost would start with it, warnings or not, with 3 for a mistake in \
                the configuration and with 4 for a module that cannot be used.
                """)

        @Argument(help: "The configuration file; like --config FILE.")
        var file: String?

        @Flag(help: "Compare options with what modules declare, and run no code of them: what they check is not told.")
        var noModuleCode = false

        func run() throws {
            let configuration = try HostSetup.readConfiguration(file: file)
            for warning in configuration.warnings { Terminal.write("warning: \(warning)", toStandardError: true) }
            let doors = try configuration.doorSettings().compactMap(DoorTypes.warning)
            for warning in doors { Terminal.write("warning: \(warning)", toStandardError: true) }
            try configuration.checkFiles()
            _ = try configuration.moduleTestQuestions()
            let inspection = try configuration.checkModuleOptions()
            let setup = try HostSetup(checking: configuration)
            _ = try setup.usageService()
            if !noModuleCode { try setup.makeHost().stop() }
            Terminal.write(
                Self.verdict(configuration, inspection, warnings: configuration.warnings.count + doors.count))
        }

        private static func verdict(_ configuration: Configuration, _ module: ModuleInspection, warnings count: Int)
            -> String
        {
            let file = configuration.file.map { "\($0): " } ?? ""
            let warnings = count == 0 ? "no warnings" : count == 1 ? "1 warning" : "\(count) warnings"
            let options = configuration.moduleOptions.count
            return "\(file)good, with \(warnings); module \(module.identity?.name ?? module.path) takes "
                + (options == 1 ? "the option that is set" : "the \(options) options that are set")
        }
    }

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

        @Flag(help: "Show items that have no effect yet as well, even if nobody set them.")
        var all = false

        @Flag(help: "Print JSON.")
        var json = false

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
                ("item", item.definition.name), ("value", item.value), ("source", item.source.description),
                ("overridden", item.overridden?.description), ("default", item.definition.defaultText),
                ("changes", item.definition.isReloadable ? "reload" : "start"),
                ("no_effect_until", item.withoutEffect),
            ])
        }
    }

    struct ExplainCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "explain", abstract: "Say what an item takes, and what it is set to.")

        @Argument(help: "An item such as http-listen, or an option of a block such as add-authdir.realm.")
        var item: String

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

extension Configuration {
    /// Compares the options of the authenticators and of the module with what their files declare. Throws: every mistake.
    fileprivate func checkModuleOptions() throws(Failure) -> ModuleInspection {
        var faults: [(code: ModuleError.Code, text: String)] = []
        for item in try credentialDestinations() {
            do {
                _ = try ModuleLoader(item.authenticator).checkOptions()
            } catch {
                let place = "\(item.source): the authenticator of destination `\(item.destination.name)`: "
                faults.append((error.code, "\(ModuleError(error.code, error.module, place + error.detail))"))
            }
        }
        var inspection: ModuleInspection?
        do {
            inspection = try ModuleLoader(try loadRequest()).checkOptions()
        } catch let error as ModuleError {
            faults.append((error.code, "\(error)"))
        } catch let error as Failure {
            throw error
        } catch {
            throw Failure(.badConfiguration, "\(error)")
        }
        if faults.isEmpty, let inspection { return inspection }
        throw Failure(
            faults.contains { $0.code.isOption } ? .badConfiguration : .moduleUnusable,
            faults.map(\.text).joined(separator: "\n"))
    }

    /// Reads the files that a start reads, and looks for the folders that it writes to; nothing is written.
    fileprivate func checkFiles() throws(Failure) {
        _ = try SignatureService(self, trustedOwners: try owners(), opensStore: false)
        _ = try applicationLimits()
        if auditRequired, auditLog == nil { _ = try HostSetup.openAudit(self, Logger(label: "check")) }
        for (item, path) in [("audit-log", auditLog), ("event-log", eventLog)] {
            guard let path else { continue }
            if let fault = LogFile.fault(at: path) {
                throw Failure(.badConfiguration, "\(item): `\(path)` cannot be written: \(fault)")
            }
            let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
            guard access(folder.isEmpty ? "/" : folder, W_OK | X_OK) == 0 else {
                let reason = SystemError()
                throw Failure(.badConfiguration, "\(item): `\(path)` cannot be written: its folder: \(reason)")
            }
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

import ArgumentParser
import AuthConfiguration
import ModuleHost

@main
struct AuthHostCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "authhost",
        abstract:
            "A host for auth modules, which decide who may log in, what names map to, and who may read and write what.",
        discussion: """
            Every item of the configuration is an option as well, and the command line wins: --auth-module NAME (short: \
            --module NAME), --auth-moddir DIR, --http-listen HOST:PORT, and so on. --option NAME=VALUE sets an option of the \
            module, --config FILE (short: -c FILE) reads a file; without it \
            \(Configuration.usualFile) is read, if it exists.

            Exit codes: 0 allowed or done, 1 could not decide or failed, 2 denied or wrong credentials, 3 bad \
            configuration or usage, 4 module unusable, 5 over a limit, 6 ejected, 7 a check found something.
            """,
        version: Version.text,
        subcommands: [
            ServeCommand.self, LoginCommand.self, CheckCommand.self, MapCommand.self, TestCommand.self,
            ReplayCommand.self, ModuleCommand.self, ShadowCommand.self,
            ConfigCommand.self, ExplainCommand.self, PasswdCommand.self, XMLAuthCommand.self, UsageCommand.self,
            SessionCommand.self, PenaltyCommand.self, StatusCommand.self, TopCommand.self, EventsCommand.self,
            CredentialCommand.self, DoctorCommand.self, AuditCommand.self, DecisionCommand.self, ManualCommand.self,
        ],
        defaultSubcommand: ServeCommand.self)

    /// Takes the items of the configuration out of the arguments, and leaves the rest to the parser of subcommands.
    static func main() async {
        if let fault = HostProcess.begin() { Failure(.badConfiguration, fault).printAndExit() }
        let (own, items) = ConfigurationArguments.split(HostProcess.arguments)
        ConfigurationArguments.items = items
        do {
            try CommandNames.check(own)
            var command = try parseAsRoot(DecisionCommand.chosen(own))
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            HostProcess.end(ExitStatus.ok.rawValue)
        } catch let failure as Failure {
            failure.printAndExit()
        } catch {
            let code = exitCode(for: error) == .success ? ExitStatus.ok : ExitStatus.badConfiguration
            let text = DecisionCommand.asTyped(fullMessage(for: error))
            if !text.isEmpty { Terminal.write(text, toStandardError: code != .ok) }
            HostProcess.end(code.rawValue)
        }
    }
}

enum Version {
    static let number = HostProcess.version
    static let text = "authhost \(HostProcess.version) (module generations 6, 7 and 9)"
}

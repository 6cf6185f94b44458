import ArgumentParser
import AuthConfiguration
import ModuleHost

extension ConfigCommand {
    /// Says whether a start would serve.
    struct CheckCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Check a configuration as a start does, modules and authenticators included.",
            discussion: """
                Prints every mistake with file, line and column, and every warning: values, files that are missing or \
                unreadable, keys, licences, certificates and their end, sockets, addresses, and deadlines that are longer \
                than the clients of a door wait. The options of the module and of all authenticators are compared with those \
                that their files declare; then they are started and stopped as a start does, so that they read their files \
                and check what they alone know. Nothing stays open and no log is written. Ends with 0 when authhost would \
                start with it, warnings or not, with 3 for a mistake in the configuration and with 4 for a module that \
                cannot be used.
                """)

        @OptionGroup var common: ConfigurationFileOption

        @Argument(help: "The configuration file; like --config FILE.", completion: .file())
        var file: String?

        @Flag(help: "Run no module code: compare options with what modules declare, and skip the modules' own checks.")
        var noModuleCode = false

        @Flag(help: "Also take every port, socket and file for a moment; no host may be running.")
        var bind = false

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let check: ConfigurationCheck
            do throws(Failure) {
                let configuration = try HostSetup.readConfiguration(file: file)
                check = ConfigurationCheck(configuration, binds: bind, runsModules: !noModuleCode)
            } catch {
                guard json else { throw error }
                Terminal.write(Self.report(nil, error.problems.map { .init(status: error.status, problem: $0) }))
                throw Failure(error.status, "")
            }
            if json {
                Terminal.write(Self.report(check.configuration.file, check.findings))
                if let status = check.status { throw Failure(status, "") }
                return
            }
            for finding in check.findings where finding.status == nil {
                Terminal.write("warning: \(finding.problem.text)", toStandardError: true)
            }
            if let status = check.status {
                throw Failure(status, check.findings.filter { $0.status != nil }.map(\.problem))
            }
            Terminal.write(Self.verdict(check))
        }

        private static func verdict(_ check: ConfigurationCheck) -> String {
            let file = check.configuration.file.map { "\($0): " } ?? ""
            let count = check.warnings
            let warnings = count == 0 ? "no warnings" : count == 1 ? "1 warning" : "\(count) warnings"
            let options = check.configuration.moduleOptions.count
            return "\(file)good, with \(warnings); module \(check.module?.identity?.name ?? "-") takes "
                + (options == 1 ? "the option that is set" : "the \(options) options that are set")
        }

        private static func report(_ file: String?, _ findings: [ConfigurationCheck.Finding]) -> String {
            JSONText.object([
                ("file", file.map { .text($0) }), ("good", .flag(findings.allSatisfy { $0.status == nil })),
                ("findings", .list(findings.map(element))),
            ])
        }

        private static func element(_ finding: ConfigurationCheck.Finding) -> JSONText.Element {
            var members: [(String, JSONText.Element?)] = [
                ("severity", .text(finding.status == nil ? "warning" : "error")),
                ("status", finding.status.map { .integer(Int64($0.rawValue)) }),
            ]
            if case .file(let position) = finding.problem.place {
                members += [
                    ("file", .text(position.file)), ("line", .integer(Int64(position.line))),
                    ("column", .integer(Int64(position.column))),
                ]
            } else {
                members.append(("place", finding.problem.place.map { .text("\($0)") }))
            }
            return .object(members + [("message", .text(finding.problem.message))])
        }
    }
}

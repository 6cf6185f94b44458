import ArgumentParser
import AuthConfiguration
import Basics
import Glibc
import Usage

/// Reports from the usage database.
struct UsageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage", abstract: "Report the unique users of applications.", subcommands: [ReportCommand.self])

    struct ReportCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "report", abstract: "Print the unique users of a month by day and application.",
            discussion: """
                Reads the file that uupp-file names, or another; a running host may be writing it. What a running host has not \
                written yet (uupp-sync-time) is not in the report.
                """)

        @Option(help: ArgumentHelp("The month, as in 2026-01; by default the current month.", valueName: "yyyy-mm"))
        var month: String?

        @Option(help: "The file of the usage database, in place of uupp-file; several are counted together.")
        var file: [String] = []

        @Flag(help: "Print JSON.")
        var json = false

        @Flag(help: "Print CSV: period, scope, application, users.")
        var csv = false

        @OptionGroup var common: ConfigurationFileOption

        func run() throws {
            guard !(json && csv) else { throw Failure(.badConfiguration, "`--json` and `--csv` exclude each other") }
            let today = LocalTimeZone.system.day(at: SystemTime.seconds)
            let month = try wantedMonth(today)
            let report: UsageReport
            do {
                report = try UsageReport(paths: try paths(), month: month, today: today)
            } catch let error as UsageDatabaseError {
                throw Failure(.undecided, "\(error)")
            }
            let text = json ? report.json : csv ? report.csv : report.text(width: Self.width, style: Self.style)
            Terminal.write(text)
        }

        private func wantedMonth(_ today: LocalDay) throws -> UsageMonth {
            guard let text = month else { return today.month }
            guard let month = UsageMonth(text) else {
                throw Failure(.badConfiguration, "`--month` takes a month as in 2026-01, found `\(text)`")
            }
            return month
        }

        private func paths() throws -> [String] {
            if !file.isEmpty { return file }
            if let path = try HostSetup.readConfiguration().usageFile { return [path] }
            throw Failure(
                .badConfiguration, "there is no usage database: `uupp-file` is not set; set it, or give `--file FILE`")
        }

        /// The columns of the terminal; 80 when standard output is not one.
        private static var width: Int {
            var size = winsize()
            return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
        }

        /// Block elements where the locale's encoding has them: the first variable that is set decides (locale(7)).
        private static var style: BarStyle {
            let variables = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { (name: String) in
                getenv(name).map { String(cString: $0) }
            }
            let locale = variables.first { !$0.isEmpty }
            let encoding = (locale ?? "").lowercased()
            return encoding.holds("utf-8") || encoding.holds("utf8") ? .blocks : .ascii
        }
    }
}

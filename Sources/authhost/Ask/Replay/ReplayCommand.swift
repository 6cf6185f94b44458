import ArgumentParser
import AuditTrail
import AuthConfiguration
import Basics
import Glibc
import Runtime

/// Asks a module every decision of an audit log again.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Put the questions of an audit log to a module, and print the answers that would change.",
        discussion: """
            The module of the configuration, or the one that --module names, is asked each log-in, mapping and check of the log \
            again, as if it were the time of its line. It takes users back without their passwords (auth_resume_user). An answer that \
            differs is a flip; it is printed with the user, the question, both verdicts and both rules. What depended on a password, on limits, on an \
            ended session, on values of fields or on the clock is not compared, since the log does not hold it.

              authhost replay --module xmlauth --xmlauth-file new-users.xml /var/log/authhost/audit.log

            Ends with 0 when all answers are the same, with 7 when one differs or a line cannot be read.
            """)

    @Argument(help: "Files of one audit log, the oldest first; - for standard input.", completion: .file())
    var files: [String]

    @Option(help: "Print at most this many kinds of flips, the most frequent first.")
    var limit = 100

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var common: ConfigurationFileOption

    func validate() throws {
        if files.isEmpty { throw ValidationError("no file: an audit log to ask again") }
        if limit < 0 { throw ValidationError("--limit is \(limit); 0 or more is accepted") }
    }

    func run() throws {
        let logs = try files.map { file throws(Failure) in (file, try Self.open(file)) }
        let clock = ReplayClock()
        let host = try HostSetup(quiet: true).makeHost(clock: clock) { settings in
            // The log holds what they decided.
            settings.limits = HostConfiguration().limits
            settings.loginCacheTime = .zero
        }
        // An entry point that does not return is late; the command is not.
        host.keepThreadFree()
        var replay = Replay(host, clock)
        var report = ReplayReport()
        var progress = ReplayProgress(total: logs.reduce(0) { $0 + $1.1.size })
        do throws(Failure) {
            for (file, log) in logs { try Self.ask(file, log, &replay, &report, &progress) }
        } catch {
            progress.clear()
            host.stop(awaitsLateCalls: false)
            throw error
        }
        progress.clear()
        host.stop()
        Terminal.write(json ? report.json(limit: limit) : report.text(limit: limit))
        if report.hasFindings { throw Failure(.findings, "") }
    }

    private static func open(_ file: String) throws(Failure) -> LineFile {
        do throws(SystemError) {
            return try LineFile(file == "-" ? "/dev/stdin" : file)
        } catch {
            throw Failure(.badConfiguration, "\(error)")
        }
    }

    private static func ask(
        _ file: String, _ log: LineFile, _ replay: inout Replay, _ report: inout ReplayReport,
        _ progress: inout ReplayProgress
    ) throws(Failure) {
        var number = 0
        while let line = try next(log, file) {
            number += 1
            progress.note(line.count + 1)
            switch line.isEmpty ? .other : AuditEntry.read(line) {
            case .entry(let entry):
                let place = SettingSource.file(SourcePosition(file: file, line: number, column: 1))
                report.note(try replay.judge(entry, at: place), at: (file, number))
            case .other: report.noteOther()
            case .damaged(let fault): report.note(damaged: fault, at: (file, number))
            }
        }
    }

    private static func next(_ log: LineFile, _ file: String) throws(Failure) -> ArraySlice<UInt8>? {
        do throws(SystemError) {
            return try log.next()
        } catch {
            throw Failure(.badConfiguration, "`\(file)`: \(error)")
        }
    }
}

/// A bar on a terminal that shows how much of the files was read; nothing where standard error is no terminal.
struct ReplayProgress {
    private let total: Int
    private var read = 0
    private var shown = -1
    private let isShown = isatty(STDERR_FILENO) == 1
    private static let width = 40

    /// - Parameter total: bytes of all files; 0 for files without a size.
    init(total: Int) { self.total = total }

    mutating func note(_ bytes: Int) {
        read += bytes
        guard isShown, total > 0 else { return }
        let percent = min(read * 100 / total, 100)
        guard percent != shown else { return }
        shown = percent
        let full = percent * Self.width / 100
        let bar = String(repeating: "#", count: full) + String(repeating: ".", count: Self.width - full)
        Terminal.write("\r[\(bar)] \(percent) %", toStandardError: true, endsLine: false)
    }

    /// Removes the bar.
    func clear() {
        if shown >= 0 { Terminal.write("\r\u{1b}[K", toStandardError: true, endsLine: false) }
    }
}

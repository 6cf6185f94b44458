import ArgumentParser
import AuthConfiguration
import Basics
import Doctor
import DoorProtocols
import Glibc

/// Proves that the clients of the configured doors deny when authhost gives no good answer.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Test that each door's clients deny access when authhost's answer is missing, late or garbage.",
        discussion: """
            Takes the place of authhost, which must not run meanwhile, at each configured door, and answers with a yes, a no, an \
            error, a late yes, silence, garbage, and a closed connection. Without --try, a minimal client of the protocol \
            asks, which shows what the door sends. With --try COMMAND, the real client asks: the command makes it ask, and \
            ends with 0 if it let its user in, for example:

              authhost doctor -c authhost.conf --door web --try 'curl -sf -u ann:x http://127.0.0.1/private'

            Ends with 0 if the yes lets the user in and nothing else does, else with 7, and with 3 if a door cannot be examined.
            """)

    @Option(name: .customLong("door"), help: "The door to examine, by its name; without it, all of them.")
    var door: String?

    @Option(name: .customLong("try"), help: "A command for the shell that makes the door's real client ask.")
    var command: String?

    @Option(help: "Seconds to wait for a client; longer than its own time-out.")
    var patience = 2.0

    @Flag(help: "Print the findings as JSON.")
    var json = false

    @OptionGroup var common: ConfigurationFileOption

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let configuration = try HostSetup.readConfiguration()
        guard (0.01...3600).contains(patience) else {
            throw Failure(.badConfiguration, "--patience takes 0.01 to 3600 seconds, found \(patience)")
        }
        let subjects = try subjects(of: configuration)
        var rows: [DoctorRow] = []
        for (name, doctor) in subjects {
            do {
                rows += try await doctor.examine().map { DoctorRow(name, $0) }
            } catch {
                throw Failure(.badConfiguration, "the door `\(name)` cannot be examined: \(error); does authhost run?")
            }
        }
        Terminal.write(json ? DoctorRow.json(rows) : DoctorRow.table(rows))
        let bad = rows.filter { !$0.good }
        if !bad.isEmpty {
            throw Failure(
                .findings, json ? "" : "\(bad.count) of \(rows.count) trials did not end as they must")
        }
    }

    /// The doors to examine, by name.
    private func subjects(of configuration: Configuration) throws(Failure) -> [(name: String, doctor: DoorDoctor)] {
        let wait = Duration.seconds(patience)
        let attempt = command.map { command in
            { @Sendable in await Blocking.run { ShellCommand.run(command, within: wait) } }
        }
        var all: [(name: String, doctor: DoorDoctor)] = []
        for settings in try configuration.doorSettings() {
            all.append((settings.name, DoorDoctor(settings, patience: wait, attempt: attempt)))
        }
        if let door { all = all.filter { $0.name == door } }
        guard !all.isEmpty else {
            throw Failure(.badConfiguration, door.map { "there is no door `\($0)`" } ?? "no door is configured")
        }
        if command != nil, all.count > 1 {
            throw Failure(.badConfiguration, "--try is for one door: name it with --door")
        }
        return all
    }
}

/// One trial, as it is shown.
struct DoctorRow {
    let door: String
    let answer: String
    let sent: String
    let client: String
    let good: Bool
    let note: String

    init(_ door: String, _ finding: DoorDoctor.Finding) {
        self.door = door
        answer = finding.fault.rawValue
        sent = finding.sent
        client = finding.isLetIn.map { $0 ? "lets in" : "denies" } ?? "did not ask"
        good = finding.isGood
        note = finding.note
    }

    static func json(_ rows: [DoctorRow]) -> String {
        let lines = rows.map { row in
            JSONText.object(texts: [
                ("door", row.door), ("answer", row.answer), ("sent", row.sent), ("client", row.client),
                ("outcome", row.good ? "good" : "bad"), ("note", row.note.isEmpty ? nil : row.note),
            ])
        }
        return "[\n  " + lines.joined(separator: ",\n  ") + "\n]"
    }

    static func table(_ rows: [DoctorRow]) -> String {
        let cells =
            [["", "DOOR", "ANSWER", "CLIENT", "SENT"]]
            + rows.map {
                [
                    $0.good ? "ok" : "BAD", $0.door, $0.answer, $0.client,
                    $0.sent + ($0.note.isEmpty ? "" : " (\($0.note))"),
                ]
            }
        let widths = (0..<4).map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { row in
            let padded = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return (padded + [row[4]]).joined(separator: "  ")
        }.joined(separator: "\n")
    }
}

/// A command for the shell, with a limit of time.
enum ShellCommand {
    /// Runs a command in a process group of its own, which is ended with it. Blocks.
    ///
    /// - Returns: whether it ended with 0; not within the limit is not. nil: it could not be run.
    static func run(_ command: String, within limit: Duration) -> (isLetIn: Bool?, note: String) {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        posix_spawnattr_setpgroup(&attributes, 0)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [STDIN_FILENO, STDOUT_FILENO] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        let texts = ["/bin/sh", "-c", command]
        let arguments = texts.map { (text: String) -> UnsafeMutablePointer<CChar>? in strdup(text) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, "/bin/sh", &actions, &attributes, arguments, environ)
        guard failure == 0 else { return (nil, "\(SystemError(failure))") }
        let end = SystemTime.monotonic + limit.nanoseconds
        var status: Int32 = 0
        while SystemTime.monotonic < end {
            if waitpid(pid, &status, WNOHANG) == pid {
                kill(-pid, SIGKILL)
                let code = status >> 8 & 0xff
                guard status & 0x7f == 0 else { return (false, "ended by signal \(status & 0x7f)") }
                return code == 127 ? (nil, "the command was not found") : (code == 0, "ended with \(code)")
            }
            usleep(10_000)
        }
        kill(-pid, SIGKILL)
        waitpid(pid, &status, 0)
        return (false, "still waited after \(limit)")
    }
}

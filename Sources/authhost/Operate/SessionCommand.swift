import ArgumentParser
import AuthCore
import Basics
import DoorCarrier
import DoorProtocols
import Runtime

/// What operators see of sessions, and what they do to them.
struct SessionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "session", abstract: "List, show, eject and invalidate the sessions of a running host.",
        discussion: """
            Asks the host behind control-socket, or behind --socket PATH. Run it as root, or as the user that the host runs as. \
            Ids of sessions are shortened; their first digits are enough.
            """,
        subcommands: [ListCommand.self, ShowCommand.self, EjectCommand.self, InvalidateCommand.self])

    private static func plural(_ count: Int) -> String { count == 1 ? "1 session" : "\(count) sessions" }

    private static var now: Int64 { SystemTime.seconds }

    struct ListCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List open sessions, oldest first.")

        @OptionGroup var filter: SessionFilterOptions
        @OptionGroup var control: ControlOptions

        @OptionGroup var cluster: ClusterOptions

        @Option(help: "How many at most, 1 to 1000.")
        var limit = 100

        @Option(help: "How many to skip.")
        var offset = 0

        func run() throws {
            var request = filter.request(.sessions)
            request.limit = limit
            request.offset = offset
            request.cluster = cluster.cluster ? true : nil
            let (text, reply) = try control.ask(request)
            defer { if !control.json { ClusterOptions.write(reply, "sessions") } }
            if control.json { Terminal.write(text) } else { show(reply) }
            try ClusterOptions.check(reply)
        }

        private func show(_ reply: ControlReply) {
            let sessions = reply.sessions ?? []
            let total = reply.total ?? 0
            if sessions.isEmpty { return Terminal.write(total == 0 ? "no sessions" : "no more than \(plural(total))") }
            Terminal.write(OperatorText.sessions(sessions, now: now, width: Terminal.width))
            if sessions.count < total && reply.hosts == nil {
                Terminal.write("\(sessions.count) of \(plural(total)); --offset \(offset + sessions.count) shows more")
            }
        }
    }

    struct ShowCommand: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one session.")

        @Argument(help: ArgumentHelp("The session's id or its first digits, 4 or more.", valueName: "id"))
        var id: String

        @OptionGroup var control: ControlOptions
        @OptionGroup var cluster: ClusterOptions

        func run() throws {
            var request = ControlRequest(.sessions)
            request.filter.idPrefix = id
            request.cluster = cluster.cluster ? true : nil
            let (text, reply) = try control.ask(request)
            let total = reply.total ?? 0
            guard total <= 1 else {
                throw Failure(.undecided, "the ids of \(total) sessions begin with `\(id)`; give more digits")
            }
            guard let session = reply.sessions?.first else {
                try ClusterOptions.check(reply)
                throw Failure(.undecided, "no open session has an id that begins with `\(id)`")
            }
            if control.json { return Terminal.write(text) }
            Terminal.write(
                OperatorText.facts(
                    [
                        ("session", "\(session.session)…"), ("user", session.user),
                        ("application", session.application),
                        ("machine", session.machine), ("address", session.address), ("door", session.door),
                        ("connected", moment(session.connected.seconds)), ("last use", moment(session.lastUse.seconds)),
                    ] + (session.host.map { [("host", $0)] } ?? [])))
        }

        private func moment(_ seconds: Int64) -> String {
            "\(OperatorText.time(seconds)), \(OperatorText.span(now - seconds)) ago"
        }
    }

    struct EjectCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "eject", abstract: "Eject sessions, oldest first, and print how many.",
            discussion: "Clients are told at their next question that they were ejected; they may log in again.")

        @OptionGroup var filter: SessionFilterOptions
        @OptionGroup var control: ControlOptions
        @OptionGroup var cluster: ClusterOptions

        @Option(help: "How many at most; -1 for all that match.")
        var count = -1

        @Flag(help: "All sessions, where no filter is given.")
        var all = false

        func run() throws {
            guard filter.isGiven != all else {
                throw Failure(.badConfiguration, "which sessions? give a filter such as `--user NAME`, or `--all`")
            }
            var request = filter.request(.eject)
            request.count = count
            request.all = all ? true : nil
            request.cluster = cluster.cluster ? true : nil
            let (text, reply) = try control.ask(request)
            Terminal.write(control.json ? text : "ejected \(plural(reply.total ?? 0))")
            if !control.json { ClusterOptions.write(reply, "ejected") }
            try ClusterOptions.check(reply)
        }
    }

    struct InvalidateCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "invalidate", abstract: "Forget kept answers, so that the module is asked again.")

        @OptionGroup var filter: SessionFilterOptions
        @OptionGroup var control: ControlOptions

        @OptionGroup var cluster: ClusterOptions

        @Option(help: ArgumentHelp("Answers about this object.", valueName: "name"))
        var object: String?

        @Flag(help: "Every answer.")
        var all = false

        func run() throws {
            guard [filter.isGiven, object != nil, all].filter({ $0 }).count == 1 else {
                throw Failure(
                    .badConfiguration,
                    "what? give either a filter such as `--user NAME`, or `--object NAME`, or `--all`")
            }
            var request = filter.request(.invalidate)
            request.object = object
            request.all = all ? true : nil
            request.cluster = cluster.cluster ? true : nil
            let (text, reply) = try control.ask(request)
            Terminal.write(
                control.json ? text : reply.total.map { "invalidated \(plural($0))" } ?? "invalidated")
            if !control.json { ClusterOptions.write(reply, "invalidated") }
            try ClusterOptions.check(reply)
        }
    }
}

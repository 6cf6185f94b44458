import ArgumentParser
import AuthCore
import Basics
import DoorProtocols
import Runtime

/// Shows and clears the counts of wrong passwords.
struct PenaltyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "penalty", abstract: "List and clear the wrong passwords that a running host has counted.",
        discussion: """
            Asks the host behind control-socket, or behind --socket PATH. Run it as root, or as the user that the host runs as. \
            Wrong passwords are counted for users, for networks, and for sources from which a user has logged in before.
            """,
        subcommands: [ListCommand.self, ClearCommand.self])

    /// Whose wrong passwords.
    struct FilterOptions: ParsableArguments {
        @Option(help: "Those of this user.")
        var user: String?

        @Option(help: "Those from this address, and from its networks.")
        var address: String?

        func request(_ action: ControlRequest.Action) -> ControlRequest {
            var request = ControlRequest(action)
            request.filter.user = user
            request.filter.address = address
            return request
        }
    }

    struct ListCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List users and networks with wrong passwords, those with the most first.")

        @OptionGroup var filter: FilterOptions
        @OptionGroup var control: ControlOptions
        @OptionGroup var cluster: ClusterOptions

        @Option(help: "How many at most, 1 to 1000.")
        var limit = 100

        @Option(help: "How many to skip.")
        var offset = 0

        func run() throws {
            var request = filter.request(.penalties)
            request.limit = limit
            request.offset = offset
            request.cluster = cluster.cluster ? true : nil
            let (text, reply) = try control.ask(request)
            if control.json {
                Terminal.write(text)
            } else {
                show(reply)
                ClusterOptions.write(reply, "penalties")
            }
            try ClusterOptions.check(reply)
        }

        private func show(_ reply: ControlReply) {
            let (penalties, total) = (reply.penalties ?? [], reply.total ?? 0)
            if penalties.isEmpty { return Terminal.write(total == 0 ? "no penalties" : "no more than \(total)") }
            Terminal.write(Self.table(penalties))
            if penalties.count < total && reply.hosts == nil {
                Terminal.write("\(penalties.count) of \(total); --offset \(offset + penalties.count) shows more")
            }
        }

        private static func table(_ penalties: [ControlReply.Penalty]) -> String {
            let now = SystemClock().wall / 1_000_000_000
            var rows = [["BY", "USER", "FROM", "WRONG", "LIMIT", "LOG-INS", "FOR"]]
            rows += penalties.map {
                [
                    $0.by, $0.user ?? "-", $0.from ?? ($0.by == "user" ? "elsewhere" : "-"), "\($0.wrong)",
                    "\($0.limit)",
                    $0.refused ? "refused" : "asked about", OperatorText.span($0.until.seconds - now),
                ].map(\.controlsEscaped)
            }
            return OperatorText.table(rows)
        }
    }

    struct ClearCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "clear", abstract: "Forget wrong passwords, so that the module is asked again.")

        @OptionGroup var filter: FilterOptions
        @OptionGroup var control: ControlOptions
        @OptionGroup var cluster: ClusterOptions

        @Flag(help: "Those of all users and networks, where no filter is given.")
        var all = false

        func run() throws {
            guard (filter.user != nil || filter.address != nil) != all else {
                throw Failure(
                    .badConfiguration, "whose penalties? give `--user NAME` or `--address ADDRESS` or both, or `--all`")
            }
            var request = filter.request(.clear)
            request.all = all ? true : nil
            request.cluster = cluster.cluster ? true : nil
            let (text, reply) = try control.ask(request)
            Terminal.write(control.json ? text : "cleared \(reply.total ?? 0)")
            if !control.json { ClusterOptions.write(reply, "cleared") }
            try ClusterOptions.check(reply)
        }
    }
}

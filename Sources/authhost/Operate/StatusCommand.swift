import ArgumentParser
import DoorProtocols

/// The state of a running host.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the state of a running host: its module, its sessions, its last reload.",
        discussion: "Exits with 1 if the host cannot decide or is not running.")

    @OptionGroup var control: ControlOptions

    func run() throws {
        let (text, reply) = try control.ask(ControlRequest(.status))
        guard let status = reply.status else { throw Failure(.undecided, "the host did not tell its status") }
        Terminal.write(control.json ? text : Self.text(status))
        if !status.ready { throw Failure(.undecided, control.json ? "" : "the host cannot decide: \(status.detail)") }
    }

    private static func text(_ status: ControlReply.Status) -> String {
        let limit = status.sessionLimit == 0 ? "no limit" : "limit \(status.sessionLimit)"
        let over = status.ejects ? "over a limit the oldest is ejected" : "over a limit a log-in is refused"
        var facts = [
            ("version", status.version), ("up", OperatorText.span(status.uptime)),
            ("ready", (status.ready ? "yes, " : "no, ") + status.detail),
        ]
        if let module = status.module {
            let generation = status.moduleGeneration.map { ", generation \($0)" } ?? ""
            facts.append(("module", "\(module) \(status.moduleVersion ?? "")\(generation)"))
            facts.append(("file", status.modulePath ?? ""))
        }
        if let shadow = status.shadow { facts.append(("shadow", OperatorText.line(of: shadow))) }
        facts.append(("sessions", "\(status.sessions), \(limit), \(over)"))
        if let cluster = status.cluster {
            let problem = cluster.problem.isEmpty ? "" : ": \(cluster.problem)"
            facts.append(("cluster", "\(cluster.state)\(problem); \(cluster.sessions) sessions in all"))
            facts.append(("hosts", cluster.hosts.isEmpty ? "none known" : cluster.hosts.joined(separator: ", ")))
            facts.append(
                (
                    "lease",
                    "\(cluster.leaseLeft) ms left, epoch \(cluster.epoch.map { "\($0)" } ?? "none"), generation \(cluster.generation)"
                ))
            facts.append(("registry", "\(cluster.roundTrip) µs for the last script"))
        }
        for sink in status.audit ?? [] {
            let lost = sink.lost == 0 ? "" : ", \(sink.lost) lines lost"
            let head = sink.head.map { ", chain \($0)" } ?? ""
            facts.append(("audit", "\(sink.name): \(sink.fault ?? "written")\(lost)\(head)"))
        }
        facts.append(("questions", "\(status.pendingQuestions) with the module"))
        facts.append(
            (
                "reload",
                status.reloaded.map { "\(OperatorText.time($0.seconds)): \(status.reload ?? "")" }
                    ?? "none since the start"
            ))
        return OperatorText.facts(facts)
    }
}

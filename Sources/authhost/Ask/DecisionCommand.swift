import ArgumentParser
import Basics
import DoorProtocols

/// Shows a decision that the running host has made: `authhost explain --decision ID`.
struct DecisionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain-decision", abstract: "Show a decision of the running host.", usage: usage,
        shouldDisplay: false)

    /// What it takes, as people call it.
    static let usage = "authhost explain --decision <id> [--socket <path>] [--json] [--config <file>]"

    @Option(help: ArgumentHelp("The id of the decision, 32 digits.", valueName: "id"))
    var decision: String

    @OptionGroup var control: ControlOptions

    /// The arguments, with this command in place of `explain` where a decision is asked for.
    static func chosen(_ arguments: [String]) -> [String] {
        guard arguments.first == ExplainCommand.configuration.commandName,
            arguments.contains(where: { $0 == "--decision" || $0.hasPrefix("--decision=") })
        else { return arguments }
        return [configuration.commandName ?? ""] + arguments.dropFirst()
    }

    /// A message of the parser's, which knows this command by a name that is never typed.
    static func asTyped(_ message: String) -> String {
        let own = "authhost \(configuration.commandName ?? "")"
        return message.split(separator: own, omittingEmptySubsequences: false)
            .joined(separator: "authhost \(ExplainCommand.configuration.commandName ?? "")")
    }

    func run() throws {
        var request = ControlRequest(.decision)
        request.decision = decision
        let (_, reply) = try control.ask(request)
        let facts: [(name: String, value: String)]
        do throws(AuditFacts.Fault) {
            facts = try AuditFacts(Array((reply.done ?? "").utf8)[...]).all
        } catch {
            throw Failure(.undecided, "the host tells of a decision in a line that cannot be read: \(error.text)")
        }
        guard control.json else {
            return Terminal.write(OperatorText.facts(facts.map { ($0.name, $0.value.controlsEscaped) }))
        }
        Terminal.write(
            JSONText.object(
                texts: facts.map { ($0.name, $0.name == "time" ? LogTime.rfc3339($0.value) : $0.value) }))
    }
}

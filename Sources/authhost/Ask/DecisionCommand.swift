import ArgumentParser
import Basics
import DoorProtocols

/// Shows a decision that the running host has made: `authhost explain --decision ID`.
struct DecisionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain-decision", abstract: "Show a decision of the running host.", shouldDisplay: false)

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
                texts: facts.all.map { ($0.name, $0.name == "time" ? LogTime.rfc3339($0.value) : $0.value) }))
    }
}

/// The facts of a line of the audit log, in their order.
struct AuditFacts {
    private(set) var all: [(name: String, value: String)] = []

    /// Reads a line of text or of JSON; the time comes first.
    init(line: String) {
        if line.hasPrefix("{") { readJSON(line) } else { readText(line[...]) }
    }

    private mutating func readText(_ line: Substring) {
        guard let mark = line.firstPlace(of: ": AUDIT:") else { return }
        all.append(("time", String(line[..<mark.lowerBound])))
        var rest = line[mark.upperBound...]
        while let begin = rest.firstIndex(where: { $0 != " " }), let equals = rest[begin...].firstIndex(of: "=") {
            let name = String(rest[begin..<equals])
            rest = rest[rest.index(after: equals)...]
            let value: String
            if rest.first == "\"" {
                let end = Self.endOfQuoted(rest)
                value = Self.unquoted(rest[..<end])
                rest = rest[end...]
            } else {
                let end = rest.firstIndex(of: " ") ?? rest.endIndex
                value = String(rest[..<end])
                rest = rest[end...]
            }
            all.append((name, value))
        }
    }

    /// Behind the quotation mark that ends a value.
    private static func endOfQuoted(_ text: Substring) -> Substring.Index {
        var isEscaped = false
        for index in text.indices.dropFirst() {
            if isEscaped {
                isEscaped = false
            } else if text[index] == "\\" {
                isEscaped = true
            } else if text[index] == "\"" {
                return text.index(after: index)
            }
        }
        return text.endIndex
    }

    private static func unquoted(_ text: Substring) -> String {
        (try? JSONDecoder().decode([String].self, from: Data("[\(text)]".utf8)))?.first ?? String(text)
    }

    /// The members stand in the order of the line, which a decoder forgets.
    private mutating func readJSON(_ line: String) {
        guard let members = try? JSONDecoder().decode([String: String].self, from: Data(line.utf8)) else { return }
        let places = members.keys.map { name in (name, line.firstPlace(of: "\"\(name)\":")?.lowerBound ?? line.endIndex)
        }
        for (name, _) in places.sorted(by: { $0.1 < $1.1 }) where name != "severity" {
            all.append((name, members[name] ?? ""))
        }
    }
}

import ArgumentParser
import Basics
import DoorProtocols

/// What the shadow of a running host has found, and making it the module.
struct ShadowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shadow",
        abstract: "Compare a second module with the one in force, and put it in force.",
        discussion: """
            The module that `auth-module-shadow` names is asked the same questions, without delaying answers, and decides \
            nothing.
            """,
        subcommands: [ReportCommand.self, PromoteCommand.self])

    struct ReportCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "report", abstract: "Show the differences between the shadow's answers and the module's.",
            discussion: """
                Prints how many questions were compared, and each kind of difference: how often it was met, and the first case with \
                its user, its question, both verdicts and both reasons. Ends with 7 if an answer differs.
                """)

        @OptionGroup var control: ControlOptions

        func run() throws {
            let (text, reply) = try control.ask(ControlRequest(.shadow))
            guard let shadow = reply.shadow else { throw Failure(.undecided, "the host did not tell of its shadow") }
            Terminal.write(control.json ? text : OperatorText.report(of: shadow))
            if shadow.different > 0 { throw Failure(.findings, "") }
        }
    }

    struct PromoteCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "promote", abstract: "Put the shadow in force in the module's place, by a swap.",
            discussion: """
                Loads the very file that was asked, with the shadow's options, as `authhost module swap` does, tests included. The \
                shadow ends. The configuration stays: the next start loads what `auth-module` names. `authhost module rollback` goes back.
                """)

        @OptionGroup var control: ControlOptions

        func run() throws {
            try control.order(ControlRequest(.promote))
        }
    }
}

extension OperatorText {
    /// A shadow in one line.
    static func line(of shadow: ControlReply.Shadow) -> String {
        let name = [shadow.module, shadow.version].compactMap(\.self).joined(separator: " ")
        guard shadow.state == "asked" else {
            return "\(name), \(shadow.state)\(shadow.problem.map { ": \($0)" } ?? "")"
        }
        let problem = shadow.problem.map { "; it cannot be asked: \($0)" } ?? ""
        let counts = "\(shadow.same) the same, \(shadow.different) different, \(shadow.undecided) not decided"
        return "\(name): \(counts)\(problem)"
    }

    /// What a shadow has found, for people.
    static func report(of shadow: ControlReply.Shadow) -> String {
        var facts = [("shadow", line(of: shadow))]
        if let path = shadow.path { facts.append(("file", path)) }
        if let since = shadow.since { facts.append(("since", time(since.seconds))) }
        if shadow.state == "asked" {
            let missed = "\(shadow.dropped) dropped, \(shadow.unasked) not asked, \(shadow.waiting) waiting"
            facts.append(("not compared", missed))
            facts.append(("sessions", "\(shadow.sessions)"))
            if shadow.invalidations > 0 { facts.append(("invalidations", "\(shadow.invalidations)")) }
        }
        return ([Self.facts(facts)] + (shadow.differences ?? []).map(difference)).joined(separator: "\n\n")
    }

    private static func difference(_ difference: ControlReply.Shadow.Difference) -> String {
        let about = difference.object.map { " \($0.controlsEscaped)" } ?? ""
        let change =
            switch difference.what {
            case "user": "another user"
            case "name": "another name inside"
            case "attributes": "other attributes"
            default: "\(difference.was) → \(difference.now)"
            }
        let decision = difference.decision.isEmpty ? "" : ", decision \(difference.decision)"
        let times = difference.times == 1 ? "once" : "\(difference.times) times, first"
        return """
            \(difference.question): \(change), \(times) at \(time(difference.time.seconds))
              \(difference.user.controlsEscaped)\(about), by \(difference.door.controlsEscaped)\(decision)
              was: \(difference.oldReason.controlsEscaped)
              now: \(difference.newReason.controlsEscaped)
            """
    }
}

import ArgumentParser
import DoorProtocols
import Operators

/// The event log of a running host, wherever it is written to.
struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Print the latest lines of a running host's event log.",
        discussion: """
            The host keeps its latest 1024 lines in memory. With --follow lines are printed as they are written, until the \
            host stops; lines that came faster than they could be printed are counted.
            """)

    @OptionGroup var control: ControlOptions

    @Flag(help: "Keep printing new lines.")
    var follow = false

    @Option(help: ArgumentHelp("How many of the latest lines come first, 0 to 1024.", valueName: "lines"))
    var since = 20

    func run() throws {
        let client = try control.connect()
        var request = ControlRequest(.events)
        request.since = since
        request.follow = follow ? true : nil
        do {
            var answer: (text: String, reply: ControlReply)? = try client.ask(request)
            while let (_, reply) = answer, let event = reply.event {
                if control.json {
                    Terminal.write(EventLine(event).json(missed: reply.missed))
                } else {
                    if let missed = reply.missed {
                        Terminal.write("… \(missed) lines were missed", toStandardError: true)
                    }
                    Terminal.write(event)
                }
                answer = try client.next()
            }
        } catch {
            throw Failure(.undecided, "\(error)")
        }
    }
}

import ArgumentParser
import Basics
import DoorProtocols
import Operators
import Runtime

/// What a running host does, live.
struct TopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Show what a running host decides, and how long it takes, live.",
        discussion: """
            Shows decisions by door and verdict, times of decisions, of the module's entry points and in its queue, sessions, \
            penalties and readiness, each second. Times are the median and the 99th percentile, to the next power of two. \
            `q` and Ctrl-C end it. With --once, and where there is no terminal, it prints one page: since the start of the host.
            """)

    @OptionGroup var control: ControlOptions

    @Flag(help: "Print one page, since the start of the host, and end.")
    var once = false

    @Option(help: ArgumentHelp("Time between two pages, 0.1 to 60.", valueName: "seconds"))
    var interval = 1.0

    func run() throws {
        guard (0.1...60.0).contains(interval) else {
            throw Failure(.badConfiguration, "`--interval` takes seconds from 0.1 to 60, found `\(interval)`")
        }
        let client = try control.connect()
        var last = try sample(client)
        guard !once, !control.json, let screen = TopScreen() else {
            let figures = TopFigures(last, since: nil)
            return Terminal.write(control.json ? figures.json : figures.text(width: Terminal.width))
        }
        defer { screen.end() }
        screen.show(TopFigures(last, since: nil).text(width: Terminal.width))
        while !screen.isOver(after: CInt(interval * 1000)) {
            let next = try sample(client)
            screen.show(TopFigures(next, since: last).text(width: Terminal.width))
            last = next
        }
    }

    private func sample(_ client: ControlClient) throws -> TopSample {
        do {
            let status = try client.ask(ControlRequest(.status)).reply.status
            let metrics = try client.ask(ControlRequest(.metrics)).reply.metrics
            guard let status, let metrics else { throw Failure(.undecided, "the host did not tell its figures") }
            return TopSample(time: SystemClock().monotonic, status: status, metrics: metrics)
        } catch let error as ControlError {
            throw Failure(.undecided, "\(error)")
        }
    }
}

import AuthCore
import Basics
import Glibc
import Logging
import ModuleHost
import Synchronization
import Testing

@testable import Runtime

/// A clock that tests turn by hand.
final class ManualClock: HostClock {
    private let now = Atomic<Int64>(1_000_000_000_000)
    private let readings = Atomic<Int>(0)

    /// How often it was read.
    var reads: Int { readings.load(ordering: .relaxed) }

    var monotonic: Int64 {
        readings.wrappingAdd(1, ordering: .relaxed)
        return now.load(ordering: .relaxed)
    }
    var wall: Int64 { 1_700_000_000_000_000_000 + now.load(ordering: .relaxed) }
    var runs: Bool { false }

    func advance(_ duration: Duration) { now.wrappingAdd(duration.nanoseconds, ordering: .relaxed) }
}

/// Log lines, for tests to look at and to wait for.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])
    private let added = ThreadSemaphore()

    var all: [String] { lines.withLock { $0 } }

    func add(_ line: String) {
        lines.withLock { $0.append(line) }
        added.signal()
    }

    /// Waits for a line with a text in it; a minute at most, so that a missing line fails instead of hanging.
    func wait(for text: String) -> Bool { wait { $0.contains { $0.contains(text) } } }

    /// Waits until the lines are as they should be; a minute for each at most.
    func wait(until areSo: ([String]) -> Bool) -> Bool {
        for _ in 0..<10_000 {
            if areSo(all) { return true }
            if !added.wait(for: .seconds(60)) { return false }
        }
        return false
    }
}

/// Gives log lines to a test.
struct LineHandler: LogHandler {
    let lines: LogLines
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { lines.add("\(event.level): \(event.message)") }
}

extension Host {
    /// Asks many checks of one session at once.
    func ask(_ checks: [Check], session: SessionID) -> [Outcome] { ask(checks.map { SessionCheck(session, $0) }) }
}

/// A host with a fixture, a clock that stands still, and its log.
struct TestHost {
    let host: Host
    let clock = ManualClock()
    let lines = LogLines()

    static let fixtures: String = getenv("AUTHHOST_FIXTURES").map { String(cString: $0) } ?? ".build/fixtures"

    init(_ fixture: String, configure: (inout HostConfiguration) -> Void = { _ in }) throws {
        var configuration = HostConfiguration()
        // However slow the machine is, a module that ends is waited for; those that never do have a short time of their own.
        configuration.exitTimeout = .seconds(600)
        configure(&configuration)
        let lines = lines
        host = Host(configuration, log: Logger(label: "test") { _ in LineHandler(lines: lines) }, clock: clock)
        try host.load(Self.request(path: "\(Self.fixtureFolder)/\(fixture).so"))
    }

    private static let here = String(cString: getcwd(nil, 0))
    static let fixtureFolder = fixtures.hasPrefix("/") ? fixtures : "\(here)/\(fixtures)"

    static func request(_ fixture: String) -> LoadRequest { request(path: "\(fixtureFolder)/\(fixture).so") }

    static func request(path: String) -> LoadRequest {
        LoadRequest(
            module: path, search: ModuleSearch(applicationRoot: here, applicationName: "tests"), allowsBare: true,
            bareGeneration: 7, initTimeout: .seconds(20))
    }

    /// What the module may ask of the host.
    var services: any ModuleServices { host.services }

    func login(
        _ user: String, password: String = "secret", application: String = "", address: String = ""
    ) throws -> Login {
        try Login(
            user: user, password: Secret(password), address: address, applicationID: application, door: "test")
    }

    func ask(_ question: Question) -> Answer { Self.wait(host.ask(question)) }

    func session(_ user: String = "alice") throws -> SessionID {
        let answer = ask(.login(try login(user)))
        return try #require(answer.session, "\(answer)")
    }

    func check(_ session: SessionID, _ action: Check.Action, _ name: String) throws -> Outcome {
        host.ask(.check(session, Check(action, try ObjectName(name))))
    }

    /// Waits for an answer that a module's thread or a lane gives.
    static func wait(_ outcome: Outcome) -> Answer {
        switch outcome {
        case .decided(let answer): return answer
        case .delayed(let ticket):
            let box = AnswerBox()
            ticket.whenDecided { box.put($0) }
            return box.wait()
        }
    }
}

/// One answer, waited for by the test's thread.
final class AnswerBox: Sendable {
    private let answer = Mutex<Answer?>(nil)
    private let ready = ThreadSemaphore()

    func put(_ answer: Answer) {
        self.answer.withLock { $0 = answer }
        ready.signal()
    }

    var isThere: Bool { answer.withLock { $0 != nil } }

    func wait() -> Answer {
        guard ready.wait(for: .seconds(60)) else {
            return Answer(.undecided, .stopping, logText: "no answer in a minute")
        }
        return answer.withLock { $0 } ?? Answer(.undecided, .stopping)
    }
}

import AuthCore
import Basics
import Logging
import Metrics
import ModuleHost
import Synchronization
import Testing

@testable import Runtime

/// The parts of a host, put together by hand around a scripted decider.
struct TestParts {
    let clock = ManualClock()
    let lines = LogLines()
    let log: Logger
    let metrics: DecisionMetrics
    let decider: ScriptedDecider
    let asked = DeciderInForce()
    let deadlines = LiveDeadlines(Deadlines())
    let places: Places
    let cache: LoginCache
    let sessions: Sessions
    let invalidations: Invalidations
    let logins: Logins
    let objects: Objects
    let operators: Operators

    init(
        _ decider: ScriptedDecider = ScriptedDecider(), limits: SessionLimits = SessionLimits(),
        objectLimits: ObjectLimits = ObjectLimits(), metrics: DecisionMetrics = DecisionMetrics()
    ) {
        self.decider = decider
        self.metrics = metrics
        asked.set(decider)
        log = Logger(label: "test") { [lines] _ in LineHandler(lines: lines) }
        places = Places(limits)
        cache = LoginCache(limit: 10, time: .seconds(60), grace: .seconds(10))
        sessions = Sessions(
            places: places, admission: places, fence: nil, cache: cache, decider: asked, clock: clock, log: log,
            metrics: NOOPMetricsHandler.instance)
        invalidations = Invalidations(sessions, cache, clock: clock)
        logins = Logins(
            sessions, admission: places, deadlines: deadlines, realm: "authhost", metrics: metrics, log: log)
        objects = Objects(
            objectLimits, mappings: [], decider: asked, invalidations: invalidations, deadlines: deadlines,
            clock: clock)
        operators = Operators(sessions, invalidations, objects, decider: asked)
    }

    func login(_ user: String = "alice", application: String = "") throws -> Login {
        try Login(user: user, password: Secret("secret"), applicationID: application, door: "test")
    }

    struct NoPlace: Error {}

    /// Opens a session without asking anybody.
    ///
    /// - Throws: ``NoPlace`` where a limit is in the way.
    func session(_ user: String = "alice", application: String = "", expiry: Int64 = 0) throws -> Session {
        let session = sessions.prepare(try login(user, application: application), at: clock.now)
        let request = AdmissionRequest(
            session: session.handle, user: user, applicationID: application, limits: UserSessionLimits())
        places.reserve(request) { [places, sessions, clock] reply in
            guard case .reserved(let place, _) = reply else { return }
            places.commit(place) { _ in
                session.hold(by: 1, data: 0)
                _ = sessions.open(session, in: place, expiry: expiry, at: clock.monotonic)
            }
        }
        guard session.isOpen else { throw NoPlace() }
        return session
    }
}

extension TestParts {
    /// Checks of a session of their own.
    func asked(_ names: [String]) throws -> (rows: [AskedCheck], checks: [SessionCheck]) {
        let session = try session()
        let checks = try names.map { SessionCheck(session.id, Check(.read, try ObjectName($0))) }
        let rows = checks.indices.map { AskedCheck(place: $0, session: session, known: session.moduleSession) }
        return (rows, checks)
    }

    /// Asks checks as a batch; nil for each that is to be asked alone.
    func batch(_ rows: [AskedCheck], _ checks: [SessionCheck]) -> [Answer?] {
        var answers = BatchAnswers(count: checks.count, DecisionIDs())
        objects.batch(rows, of: checks, decider, at: clock.monotonic, into: &answers)
        return checks.indices.map { answers.decided($0) }
    }

    /// Asks about objects as a batch; nil for each that is to be asked alone.
    func batch(_ names: [String]) throws -> [Answer?] {
        let (rows, checks) = try asked(names)
        return batch(rows, checks)
    }
}

extension Outcome {
    /// The answer of a question that was decided at once.
    var decided: Answer? { if case .decided(let answer) = self { answer } else { nil } }
}

enum TestThreads {
    /// Runs `body` on so many threads at once, each with its number, and waits for all.
    static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let done = ThreadSemaphore()
        for number in 0..<count {
            _ = PosixThread.start(name: "test") {
                body(number)
                done.signal()
            }
        }
        for _ in 0..<count { done.wait() }
    }
}

/// What a closure was told, in order.
final class Seen<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])

    var all: [Value] { values.withLock { $0 } }

    func add(_ value: Value) { values.withLock { $0.append(value) } }
}

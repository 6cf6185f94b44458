import AuthCore
import Basics
import Logging
import Metrics
import ModuleHost
import Synchronization

/// What a host needs for penalties.
public struct PenaltySettings: Sendable {
    /// How guesses are slowed down and refused.
    public var rules: PenaltyRules
    /// Where they are kept over a restart; nil: nowhere.
    public var file: PenaltyFile?

    /// Makes settings.
    public init(_ rules: PenaltyRules = PenaltyRules(), file: PenaltyFile? = nil) {
        self.rules = rules
        self.file = file
    }
}

/// The one place that every log-in with a password passes before the module is asked: guesses are slowed down, and then refused.
final class Penalties: Sendable {
    /// Log-ins that may wait at once; what comes on top is refused.
    static let mostWaiting = 4096
    /// Lines about those who have reached the limit, in a minute.
    private static let mostLines = 100

    let table: Mutex<PenaltyTable>
    let clock: any HostClock
    let log: Logger
    let metrics: PenaltyMetrics
    let keeper: PenaltyKeeper?
    private let isOn: Atomic<Bool>
    private let wheel: Mutex<TimerWheel<WaitingLogin>>
    private let ticker = Mutex(false)
    private let isStopped = Atomic<Bool>(false)
    private let sweeps = Atomic<Int>(0)
    private let deadlines: LiveDeadlines
    private let teller: (@Sendable (PenaltyTable.Settlement, Duration) -> Void)?
    private let said = Mutex<(minute: Int64, lines: Int)>((0, 0))

    /// Takes over what the file has kept; where that is damaged, the log says so and nothing is known.
    ///
    /// - Parameters:
    ///   - teller: tells the other hosts of a cluster.
    ///   - factory: where its figures are counted.
    init(
        _ settings: PenaltySettings, deadlines: LiveDeadlines,
        teller: (@Sendable (PenaltyTable.Settlement, Duration) -> Void)?, clock: any HostClock, log: Logger,
        metrics factory: any MetricsFactory
    ) {
        metrics = PenaltyMetrics(factory)
        var table = PenaltyTable(settings.rules)
        keeper = settings.file.map { PenaltyKeeper($0, clock: clock, log: log) }
        keeper?.restore(&table)
        self.table = Mutex(table)
        self.deadlines = deadlines
        self.teller = teller
        self.clock = clock
        self.log = log
        isOn = Atomic(settings.rules.limit > 0)
        wheel = Mutex(TimerWheel(tick: 10_000_000, slots: 1024, now: clock.monotonic))
    }

    /// Takes over other rules; what was counted stays.
    func configure(_ rules: PenaltyRules) {
        table.withLock { $0.rules = rules }
        isOn.store(rules.limit > 0, ordering: .relaxed)
    }

    /// Has the module asked at once about passwords that it has just called wrong: users have changed.
    func askAnew() { table.withLock { $0.askAnew() } }

    /// Log-ins that wait before the module is asked.
    var waiting: Int { wheel.withLock { $0.count } }

    // MARK: - Asking

    /// Asks about a log-in with a password: at once, later, or not at all.
    func ask(_ way: PenaltyWay) -> Outcome {
        guard isOn.load(ordering: .relaxed) else { return way.ask() }
        let attempt = PenaltyAttempt(way.login)
        let now = clock.monotonic
        switch table.withLock({ $0.judge(attempt, since: now, at: now) }) {
        case .ask(let turn): return settled(turn, way.ask())
        case .refuse(let subject, _): return .decided(refuse(way, for: subject))
        case .repeated(let subject): return .decided(repeated(way, of: subject))
        case .wait(let due, let subject):
            guard waiting < Self.mostWaiting, !isStopped.load(ordering: .acquiring) else {
                table.withLock { $0.giveUp(subject) }
                return .decided(refuse(way, for: subject))
            }
            metrics.count(.delayed, subject)
            let login = WaitingLogin(attempt, way, for: subject, began: now) { [self] subject in
                table.withLock { $0.giveUp(subject) }
            }
            schedule(login, due)
            return login.outcome
        }
    }

    /// Notes what the module says, before anybody else has it.
    private func settled(_ turn: PenaltyTurn, _ outcome: Outcome) -> Outcome {
        // At once where it is decided: what is observed costs a closure.
        if case .decided(let answer) = outcome {
            settle(turn, answer)
        } else {
            outcome.observe { [self] in settle(turn, $0) }
        }
        return outcome
    }

    private func settle(_ turn: PenaltyTurn, _ answer: Answer) {
        let named = answer.verdict == .allow ? answer.user.map(PenaltyName.init) : nil
        settle(turn, answer.penaltyResult, named, at: clock.monotonic)
    }

    private func settle(_ turn: PenaltyTurn, _ result: PenaltyTable.Result, _ named: PenaltyName?, at now: Int64) {
        let (settled, time) = table.withLock { ($0.settle(turn, result, named: named, at: now), $0.rules.time) }
        for subject in settled.counted { metrics.count(.counted, subject) }
        for subject in settled.reached { say(subject, at: now) }
        if settled.news != nil { teller?(settled, time) }
    }

    private func refuse(_ way: PenaltyWay, for subject: PenaltySubject) -> Answer {
        metrics.count(.refused, subject)
        let answer = Answer(
            .wrongCredentials, .tooManyGuesses,
            logText: "the module was not asked: too many wrong passwords \(subject.described)")
        way.refused(answer)
        return answer
    }

    private func repeated(_ way: PenaltyWay, of subject: PenaltySubject) -> Answer {
        metrics.count(.repeated, subject)
        let answer = Answer(
            .wrongCredentials, .invalidPassword,
            logText: "the module was not asked: it has just said that the same password is wrong")
        way.refused(answer)
        return answer
    }

    private func say(_ subject: PenaltySubject, at now: Int64) {
        let isSaid = said.withLock { said in
            if now / 60_000_000_000 != said.minute { said = (now / 60_000_000_000, 0) }
            said.lines += 1
            return said.lines <= Self.mostLines
        }
        guard isSaid else { return }
        let rules = table.withLock { $0.rules }
        let (limit, time) = (rules.limit(of: subject), rules.time)
        let except =
            if case .user = subject { ", but from where the user has logged in before," } else { "" }
        log.warning("Log-ins \(subject.described)\(except) are refused for \(time): \(limit) wrong passwords")
    }

    // MARK: - Waiting

    /// Wakes what is due. Called by the ticking thread, or by a test that turns the clock.
    func expire() {
        for login in wheel.withLock({ $0.advance(to: clock.monotonic) }) { wake(login) }
    }

    private func wake(_ login: WaitingLogin) {
        guard let waited = login.wake() else { return }
        let now = clock.monotonic
        if isStopped.load(ordering: .acquiring) { return end(login, waited, Answer(.undecided, .stopping)) }
        guard now - login.began < deadlines.nanoseconds(of: .login) else {
            return end(login, waited, Answer(.undecided, .deadline))
        }
        switch table.withLock({ $0.judge(login.attempt, since: login.began, waited: waited, at: now) }) {
        case .refuse(let subject, _): login.answer(refuse(login.way, for: subject))
        case .repeated(let subject): login.answer(repeated(login.way, of: subject))
        case .wait(let due, let subject):
            if login.sleep(for: subject) { return schedule(login, due) }
            end(login, subject, Answer(.undecided, .cancelled))
        case .ask(let turn):
            login.way.resume { [self] in
                if login.isWanted { return login.follow(settled(turn, login.way.ask())) }
                settle(turn, .unknown, nil, at: now)
                login.answer(Answer(.undecided, .cancelled))
            }
        }
    }

    private func end(_ login: WaitingLogin, _ waited: PenaltySubject, _ answer: Answer) {
        table.withLock { $0.giveUp(waited) }
        login.way.refused(answer)
        login.answer(answer)
    }

    private func schedule(_ login: WaitingLogin, _ due: Int64) {
        wheel.withLock { $0.add(login, due: due) }
        guard clock.runs else { return }
        let starts = ticker.withLock { running in
            defer { running = true }
            return !running
        }
        if starts { startTicking() }
    }

    private func startTicking() {
        _ = PosixThread.start(name: "auth-penalties") { [weak self] in
            let pause = ThreadSemaphore()
            while self != nil {
                _ = pause.wait(for: .milliseconds(10))
                guard let self else { return }
                self.expire()
                let isIdle = self.ticker.withLock { running in
                    if self.wheel.withLock({ $0.isEmpty }) { running = false }
                    return !running
                }
                if isIdle { return }
            }
        }
    }

    // MARK: - Every second, and the end

    /// Forgets what is past, and keeps what has changed.
    func sweep() {
        expire()
        let now = clock.monotonic
        table.withLock { $0.sweep(at: now) }
        keeper?.keep(table, waits: true)
        // Many are counted more seldom, since it looks at each of them.
        let sweeps = sweeps.wrappingAdd(1, ordering: .relaxed).newValue
        if sweeps % 10 == 0 || table.withLock({ $0.count < 4096 }) { metrics.record(numbers, waiting: waiting) }
    }

    /// How much is counted now.
    var numbers: PenaltyNumbers { table.withLock { $0.numbers(at: clock.monotonic) } }

    /// Answers everybody who waits.
    func endWaiting() {
        isStopped.store(true, ordering: .releasing)
        for login in wheel.withLock({ $0.advance(to: .max) }) { wake(login) }
    }

    /// Keeps what has changed, for the last time. Blocks for as long as the disk does.
    func stop() { keeper?.stop(table) }

    /// Keeps again what changes, after ``stop()``.
    func resume() { keeper?.resume() }
}

extension Answer {
    /// What an answer says of the password.
    fileprivate var penaltyResult: PenaltyTable.Result {
        switch verdict {
        case .allow: .right
        case .wrongCredentials: .wrong
        case .deny: .doubtful
        // The module was asked, and the next guess must not be free because the client did not wait for this one.
        case .undecided: reason == .cancelled ? .doubtful : .unknown
        case .overLimit, .ejected: .unknown
        }
    }
}

extension PenaltySubject {
    /// For the event log, after `log-ins` and `wrong passwords`.
    var described: String {
        switch self {
        case .user(let name): "of user <\(name.text.controlsEscaped)>"
        case .usual(let name, let source):
            "of user <\(name.text.controlsEscaped)> from <\(source.text.controlsEscaped)>"
        case .network(let network): "from network <\(network)>"
        }
    }
}

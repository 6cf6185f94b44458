import Basics
import Dispatch
import Glibc
import Synchronization

/// Counts the unique users of applications by day and month, and keeps them in a database.
///
/// Users are noted when they log in, and while they stay logged in when a sample is taken. Nothing but
/// ``start(source:)``, ``sync()`` and ``stop()`` waits for the disk.
public final class UsageService: Sendable {
    private struct State {
        var warnings: UsageWarnings
        var schedule: SampleSchedule?
        var nextSample = Int64.max
        var nextSync = Int64.max
        var lastTick = Int64.min
        var samples = 0
        var withoutRoom = 0
        var saidNoRoom = false
        var lastSync: Int64?
        var failure: UsageDatabaseError?
        var isRunning = false
        /// How often it was started: what an earlier start has left to do is not done.
        var round = 0
    }

    /// The longest time between two looks at the clock, which an operator may have set.
    private static let longestWait: Int64 = 30
    /// More than daylight saving delays a sample.
    private static let longestChange: Int64 = 7200

    private let settings: UsageSettings
    private let clock: any HostClock
    private let zone: LocalTimeZone
    private let log: @Sendable (UsageLogLevel, String) -> Void
    private let store: UsageStore
    private let disk: Mutex<UsageDisk?>
    private let state: Mutex<State>
    private let source = Mutex<(any SessionSource)?>(nil)
    private let queue = DispatchQueue(label: "authhost.usage")

    /// Makes a service that counts from now on in memory.
    ///
    /// - Parameter log: writes a line to the event log; called on any thread.
    public init(
        _ settings: UsageSettings, clock: any HostClock = SystemClock(), zone: LocalTimeZone = .system,
        log: @escaping @Sendable (UsageLogLevel, String) -> Void
    ) {
        self.settings = settings
        self.clock = clock
        self.zone = zone
        self.log = log
        let store = UsageStore(zone: zone, limits: settings.limits, at: clock.seconds.wall)
        self.store = store
        disk = Mutex(settings.path.map { UsageDisk(path: $0, store: store) })
        state = Mutex(State(warnings: settings.warnings))
    }

    /// Reads the month under way back, and begins to take samples, for the first time or after ``stop()``. Blocks for the disk.
    ///
    /// A file that cannot be opened now is logged and tried again with every write; until then all is kept in memory.
    ///
    /// - Parameters:
    ///   - source: who is logged in.
    ///   - drivesItself: false in tests, which call ``tick()`` when they have turned the clock.
    /// - Throws: ``UsageDatabaseError`` when the file is damaged, or is not a usage database of this version.
    public func start(source: any SessionSource, drivesItself: Bool = true) throws(UsageDatabaseError) {
        self.source.withLock { $0 = source }
        disk.withLock { $0?.begin() }
        if let failure = sync(), failure.code != .unavailable { throw failure }
        logNextCycle()
        let (wall, monotonic) = clock.seconds
        let schedule = SampleSchedule(start: settings.start, period: settings.period, started: wall, zone: zone)
        let round = state.withLock { state in
            state.schedule = schedule
            state.nextSample = schedule.first
            state.nextSync = monotonic + Int64(max(1, settings.syncTime))
            state.lastTick = wall
            state.isRunning = true
            state.round += 1
            return state.round
        }
        if drivesItself { queue.async { [weak self] in self?.drive(round) } }
    }

    /// Notes that a user has logged in with an application ("" for none). Never waits for the disk.
    public func record(user: String, application: String) {
        note(user: user, application: application, at: clock.seconds.wall)
    }

    /// Notes all users who are logged in.
    public func sample() {
        guard let source = source.withLock({ $0 }) else { return }
        let now = clock.seconds.wall
        source.forEachSession { note(user: $0, application: $1, at: now) }
        state.withLock { $0.samples += 1 }
    }

    /// Writes what is not written yet. Blocks for the disk.
    ///
    /// - Returns: why it could not be written; it is kept and tried again.
    @discardableResult
    public func sync() -> UsageDatabaseError? {
        let now = clock.seconds.wall
        let origin = source.withLock { $0 }?.origin
        // NOTE: the lines are written under the lock, so that they are in the order of what they tell.
        return disk.withLock { disk in
            guard let path = settings.path, let outcome = disk?.sync(at: now, from: origin) else { return nil }
            let isNew = state.withLock { state in
                defer { state.failure = outcome.failure }
                if outcome.failure == nil { state.lastSync = now }
                // What start(source:) throws is logged by its caller.
                return state.failure == nil && (state.isRunning || outcome.failure?.code == .unavailable)
            }
            report(outcome, path, isNewFailure: isNew)
            return outcome.failure
        }
    }

    /// Takes no more samples, writes what is not written yet, and closes the file. Blocks for the disk.
    public func stop() {
        state.withLock { $0.isRunning = false }
        source.withLock { $0 = nil }
        if sync() != nil {
            log(
                .error,
                "usage statistics: \(store.unsyncedCount) users of applications could not be written and are lost")
        }
        disk.withLock { $0?.close() }
    }

    /// What is known now.
    public var status: UsageStatus {
        let summary = store.summary
        return state.withLock { state in
            UsageStatus(
                month: summary.month, users: summary.users, applications: summary.applications,
                unsynced: summary.unsynced, samples: state.samples, withoutRoom: state.withoutRoom,
                lastSync: state.lastSync, failure: state.failure)
        }
    }

    /// Does what is due: ends a month, takes a sample, writes to disk.
    ///
    /// - Returns: in how many seconds there may be something to do again, at least 1.
    @discardableResult
    public func tick() -> Int64 {
        let (wall, monotonic) = clock.seconds
        if let left = store.enterMonth(at: wall) { beginMonth(after: left.left, users: left.users) }
        let due = state.withLock { state in
            if wall < state.lastTick { reschedule(at: wall, &state) }
            state.lastTick = wall
            return (sample: wall >= state.nextSample, sync: monotonic >= state.nextSync)
        }
        if due.sample { sample() }
        if due.sync { sync() }
        return state.withLock { state in
            if due.sample, let schedule = state.schedule { state.nextSample = schedule.next(after: wall) }
            if due.sync { state.nextSync = monotonic + Int64(max(1, settings.syncTime)) }
            let monthEnd = zone.start(of: zone.day(at: wall).month.endDay)
            return max(1, min(state.nextSample - wall, state.nextSync - monotonic, monthEnd - wall, Self.longestWait))
        }
    }
}

// MARK: - Inside

extension UsageService {
    private func drive(_ round: Int) {
        guard state.withLock({ $0.isRunning && $0.round == round }) else { return }
        let wait = tick()
        queue.asyncAfter(deadline: .now() + .seconds(Int(wait))) { [weak self] in self?.drive(round) }
    }

    /// Goes on from now after the clock was put back: by less than a period nothing changes; by more, the next sample
    /// would be as far away as the clock was ahead.
    private func reschedule(at wall: Int64, _ state: inout State) {
        let isFirst = state.nextSample == state.schedule?.first
        guard isFirst || state.nextSample - wall > Int64(settings.period) + Self.longestChange else { return }
        // From eight days ago on, a schedule that has begun is under way whatever day of the week it begins.
        let started = isFirst ? wall : wall - 8 * 86_400
        let schedule = SampleSchedule(start: settings.start, period: settings.period, started: started, zone: zone)
        state.schedule = schedule
        state.nextSample = isFirst ? schedule.first : schedule.next(after: wall)
    }

    private func note(user: String, application: String, at instant: Int64) {
        switch store.record(user: user, application: application, at: instant) {
        case .none, .day: return
        case .month(let application, let users): warn(application, users)
        case .noRoom:
            let isFirst = state.withLock { state in
                state.withoutRoom += 1
                defer { state.saidNoRoom = true }
                return !state.saidNoRoom
            }
            if isFirst {
                log(
                    .error,
                    "usage statistics: further users are not counted this month: \(settings.limits.pairs) are kept")
            }
        }
    }

    private func warn(_ application: String, _ users: Int) {
        if let text = state.withLock({ $0.warnings.warning(application: application, users: users) }) {
            log(.warning, text)
        }
    }

    private func beginMonth(after left: UsageMonth, users: Int) {
        state.withLock { state in
            state.warnings.beginMonth()
            state.saidNoRoom = false
        }
        log(.notice, "usage statistics: \(left) had \(users) unique users")
        sync()
        logNextCycle()
        for (application, users) in store.summary.applications { warn(application, users) }
    }

    private func report(_ outcome: UsageDisk.Outcome, _ path: String, isNewFailure: Bool) {
        if let users = outcome.readUsers {
            log(.info, "Read in \(users) unique users from database")
            for (application, users) in store.summary.applications { warn(application, users) }
        }
        if let failure = outcome.failure, isNewFailure {
            log(.error, "\(failure); the statistics are kept in memory, and writing is tried again")
        }
        if outcome.hasRecovered { log(.notice, "UUPP database (\(path)) is written again") }
        for month in outcome.closed { log(.notice, "UUPP database (\(path)): \(month) is complete and closed") }
    }

    private func logNextCycle() {
        guard let path = settings.path else { return }
        let last = LocalDay(number: store.month.endDay.number - 1)
        log(.info, "Next cycle of UUPP database (\(path)) scheduled for \(last.eventLogText(hour: "23:59:59"))")
    }
}

extension HostClock {
    /// Both in whole seconds: days, samples and syncs are counted in them.
    fileprivate var seconds: (wall: Int64, monotonic: Int64) {
        (wall / 1_000_000_000, monotonic / 1_000_000_000)
    }
}

import AuthCore
import Basics
import BenchmarkFloor
import Glibc
import ModuleHost
import Runtime
import Synchronization

/// The load run: 100,000 sessions, 10,000 delayed answers pending, 1,000 ejections a second, and the latency of checks meanwhile.
enum LoadRows {
    static let sessions = 100_000
    static let pending = 10_000
    static let ejectionsPerSecond = 1000

    static func run(module: String) throws {
        let run = try LoadRun(module)
        try run.logIn()
        try run.leavePending()
        try run.checkUnderLoad()
        try run.answerPending()
        run.host.stop()
    }
}

/// One host under load, and its figures.
private final class LoadRun {
    let host: Host
    private var ids: [SessionID] = []
    private let answered = Count()

    init(_ module: String) throws {
        var configuration = HostConfiguration()
        configuration.limits.ejects = true
        configuration.deadlines.read = .seconds(600)
        host = quietHost(configuration)
        try host.load(loadRequest(module))
    }

    func logIn() throws {
        let password = Secret("")
        let elapsed = try cpuTime(of: LoadRows.sessions) {
            for number in 0..<LoadRows.sessions { ids.append(try host.mustAdmit(HeldSessions.login(number, password))) }
        }
        row("load", "100,000 sessions logged in, one after the other", rate(elapsed), "–", .none, 0)
    }

    func leavePending() throws {
        let threads = status("Threads")
        let memory = status("VmRSS")
        for number in 0..<LoadRows.pending {
            let check = Check(.read, try ObjectName("/later/\(number)"))
            guard case .delayed(let ticket) = host.ask(.check(ids[number], check)) else {
                throw BenchmarkError("an answer was not delayed")
            }
            ticket.whenDecided { [answered] in if $0.verdict == .allow { answered.value.add(1, ordering: .relaxed) } }
        }
        let more = status("Threads") - threads
        let bytes = (status("VmRSS") - memory) * 1024 / LoadRows.pending
        guard host.openQuestions == LoadRows.pending else { throw BenchmarkError("answers are not pending") }
        row(
            "load", "10,000 delayed answers pending at once: threads more than without them (one turns the wheel)",
            "\(threads) threads before, \(more) more; \(bytes) bytes a pending answer", "–", .atMost(1, " thread"),
            Double(more))
    }

    /// Checks on one core while the other ejects; in turns with checks alone.
    func checkUnderLoad() throws {
        var (quiet, loaded) = (Latencies(), Latencies())
        var ejections = Series()
        for _ in 0..<rounds {
            quiet.append(try latencies())
            let ejector = Ejector(host)
            ejector.start()
            loaded.append(try latencies())
            ejections.append(ejector.stop())
        }
        guard host.sessionCount == LoadRows.sessions else { throw BenchmarkError("sessions were lost") }
        let rate = "\(short(ejections.median)) ejections/s"
        row(
            "load", "a check meanwhile, median, beside the same without ejections",
            "\(rate): \(short(loaded.p50.median)) ns · \(short(quiet.p50.median)) ns", loaded.p50.over(quiet.p50), .none
        )
        row(
            "load", "the same, 99th percentile",
            "\(short(loaded.p99.median)) ns · \(short(quiet.p99.median)) ns", loaded.p99.over(quiet.p99), .none)
    }

    /// Nanoseconds of every check in a second, in order.
    private func latencies() throws -> [Double] {
        let clock = SystemClock()
        let check = Check(.read, try ObjectName("/FX/EURUSD"))
        var found: [Double] = []
        found.reserveCapacity(4_000_000)
        var random = FixedRandom()
        let end = clock.monotonic + 1_000_000_000
        var before = clock.monotonic
        while before < end {
            let session = ids[Int(truncatingIfNeeded: random.next() >> 1) % Ejector.firstUser]
            guard case .decided(let answer) = host.ask(.check(session, check)), answer.verdict == .allow else {
                throw BenchmarkError("a check was not allowed")
            }
            let after = clock.monotonic
            found.append(Double(after - before))
            before = clock.monotonic
        }
        return found.sorted()
    }

    func answerPending() throws {
        let elapsed = try cpuTime(of: LoadRows.pending) {
            _ = host.ask(.check(ids[0], Check(.read, try ObjectName("/now"))))
        }
        guard answered.value.load(ordering: .relaxed) == LoadRows.pending, host.openQuestions == 0 else {
            throw BenchmarkError("\(answered.value.load(ordering: .relaxed)) of \(LoadRows.pending) answers came")
        }
        row("load", "the pending answers given, one after the other", rate(elapsed), "–", .none, 0)
    }
}

/// The median and the 99th percentile of each round.
private struct Latencies {
    private(set) var p50 = Series()
    private(set) var p99 = Series()

    /// Takes the nanoseconds of every check of a round, in order.
    mutating func append(_ sorted: [Double]) {
        p50.append(sorted[sorted.count / 2])
        p99.append(sorted[sorted.count * 99 / 100])
    }
}

private final class Count: Sendable {
    let value = Atomic<Int>(0)
}

/// Ejects one session every millisecond on a thread and core of its own, and logs its user in again.
private final class Ejector: Sendable {
    /// Users from this one on are ejected; those below are checked.
    static let firstUser = 50_000

    private let host: Host
    private let stopping = Atomic<Bool>(false)
    private let ended = ThreadSemaphore()
    private let ejected = Atomic<Int>(0)
    private let begin = SystemClock().monotonic

    init(_ host: Host) { self.host = host }

    func start() {
        _ = PosixThread.start(name: "ejector") { [self] in
            _ = floor_pin(0)
            let password = Secret("")
            var number = 0
            while !stopping.load(ordering: .acquiring) {
                number += 1
                var filter = SessionFilter()
                let user = Self.firstUser + number % (LoadRows.sessions - Self.firstUser)
                filter.user = "user\(user)"
                ejected.add(host.operators.eject(filter, count: nil), ordering: .relaxed)
                _ = try? host.mustAdmit(HeldSessions.login(user, password))
                sleep(until: begin + Int64(number) * 1_000_000_000 / Int64(LoadRows.ejectionsPerSecond))
            }
            ended.signal()
        }
    }

    /// Ends it and returns how many it ejected a second.
    func stop() -> Double {
        stopping.store(true, ordering: .releasing)
        _ = ended.wait(for: .seconds(10))
        return Double(ejected.load(ordering: .relaxed)) * 1_000_000_000 / Double(SystemClock().monotonic - begin)
    }

    private func sleep(until monotonic: Int64) {
        var time = timespec(tv_sec: Int(monotonic / 1_000_000_000), tv_nsec: Int(monotonic % 1_000_000_000))
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil)
    }
}

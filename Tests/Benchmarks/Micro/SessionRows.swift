import AuthCore
import Basics
import BenchmarkFloor
import Glibc
import Runtime

/// P8: sessions held, and admissions that each eject an older session, beside a table in C.
enum SessionRows {
    static let many = 1_000_000
    static let few = 1000
    /// Between them, for the curve.
    private static let steps = [10_000, 100_000]
    /// MiB that 1,000,000 sessions may take.
    static let memory = 256.0

    static func run(module: String, curve: String) throws {
        let little = try HeldSessions(few, module)
        let before = status("VmRSS")
        let large = try HeldSessions(many, module)
        let after = status("VmRSS")
        let megabytes = Double(after) / 1024
        row(
            "P8", "1,000,000 sessions of as many users held",
            "\(short(megabytes)) MiB in all, \((after - before) * 1024 / many) bytes each", "–",
            .atMost(memory, " MiB"),
            megabytes)
        let medians = try admissions(little, large)
        little.stop()
        large.stop()
        try writeCurve(
            curve,
            [[Double(few), medians.few]] + steps.map { [Double($0), try median(held: $0, module)] }
                + [[Double(many), medians.many]])
    }

    /// Nanoseconds of a log-in with so many sessions held.
    private static func median(held count: Int, _ module: String) throws -> Double {
        let held = try HeldSessions(count, module)
        defer { held.stop() }
        var times = Series()
        for _ in 0..<rounds { times.append(try held.time(200_000)) }
        return times.median
    }

    /// One round of log-ins of 10,000 users that each eject a session; prints: log-ins a second, CPU nanoseconds of
    /// each on all threads.
    static func admit(module: String) throws {
        let held = try HeldSessions(10_000, module)
        let count = 200_000
        let clock = SystemClock()
        let (start, before) = (clock.monotonic, processTime())
        _ = try held.time(count)
        print(count * 1_000_000_000 / Int(clock.monotonic - start), Int(processTime() - before) / count)
        held.stop()
    }

    private static func admissions(
        _ little: HeldSessions, _ large: HeldSessions
    ) throws -> (few: Double, many: Double) {
        guard let table = floor_sessions_new(10_000) else { throw BenchmarkError("no memory for the table") }
        defer { floor_sessions_free(table) }
        var ledger = LedgerCase()
        var floor = Series()
        var alone = Series()
        var few = Series()
        var many = Series()
        var ejected: UInt64 = 0
        for _ in 0..<rounds {
            floor.append(Double(floor_sessions_admit(table, 2_000_000, &ejected)) / 2_000_000)
            alone.append(try ledger.time(500_000))
            few.append(try little.time(200_000))
            many.append(try large.time(200_000))
        }
        row(
            "P8",
            "admissions in the ledger alone: 10,000 users, at most three sessions each, the oldest goes; beside C",
            "\(rate(alone.median)) · \(rate(floor.median))", floor.over(alone).spread, .atLeast(6, " M/s"),
            1000 / alone.median)
        row(
            "P8", "whole log-ins in process, 1,000,000 held: ABI, new id, one ejection each; beside the C table",
            "\(rate(many.median)) · \(rate(floor.median))", floor.over(many).spread, .atLeast(0.6, " M/s"),
            1000 / many.median)
        row(
            "P8", "the same, 1,000 held", "\(rate(few.median)) · \(rate(floor.median))", floor.over(few).spread,
            .atLeast(2, " M/s"), 1000 / few.median)
        row(
            "P8", "the same with 1,000,000 sessions held beside 1,000",
            "\(short(many.median)) ns · \(short(few.median)) ns", many.over(few), .none)
        return (few.median, many.median)
    }
}

/// A host with as many users logged in, one session each: one more log-in ejects the session before.
final class HeldSessions {
    let host: Host
    private var logins: [Login] = []
    private var random = FixedRandom()

    init(_ count: Int, _ module: String) throws {
        var configuration = HostConfiguration()
        configuration.limits.ejects = true
        host = quietHost(configuration)
        try host.load(loadRequest(module))
        let step = max(1, count / 50_000)
        let password = Secret("")
        for number in 0..<count {
            let login = try Self.login(number, password)
            _ = try host.mustAdmit(login)
            if number % step == 0 { logins.append(login) }
        }
        guard host.sessionCount == count else {
            throw BenchmarkError("\(host.sessionCount) of \(count) sessions are held")
        }
    }

    static func login(_ number: Int, _ password: Secret) throws -> Login {
        try Login(
            user: "user\(number)", password: password, address: "10.0.\(number >> 8 & 255).\(number & 255)",
            applicationID: "bench", door: "bench")
    }

    /// Nanoseconds of CPU a log-in of a user drawn at random.
    func time(_ count: Int) throws -> Double {
        let before = host.sessionCount
        let elapsed = try cpuTime(of: count) {
            for _ in 0..<count {
                _ = try host.mustAdmit(logins[Int(truncatingIfNeeded: random.next() >> 1) % logins.count])
            }
        }
        guard host.sessionCount == before else { throw BenchmarkError("a log-in ejected no session") }
        return elapsed
    }

    func stop() { host.stop() }
}

/// The ledger of places without a host around it.
struct LedgerCase {
    private var ledger = AdmissionLedger()
    private let rules: AdmissionRules
    private let users = (0..<10_000).map { "user\($0)" }
    /// Where each handle's place is; so many admissions later none of these few users still has it.
    private var places = [UInt32](repeating: 0, count: 1 << 20)
    private var handle: UInt64 = 0
    private var random = FixedRandom()

    init() {
        var limits = SessionLimits()
        limits.ejects = true
        rules = AdmissionRules(limits)
    }

    /// Nanoseconds of CPU an admission: reserved, committed, and the ejected session gone.
    mutating func time(_ count: Int) throws -> Double {
        var admitted = 0
        let elapsed = cpuTime(of: count) { for _ in 0..<count where admit() { admitted += 1 } }
        guard admitted == count else { throw BenchmarkError("the ledger refused a session") }
        return elapsed
    }

    private mutating func admit() -> Bool {
        handle += 1
        let reply = ledger.reserve(
            session: handle, user: users[Int(truncatingIfNeeded: random.next() >> 1) % users.count], application: "",
            limits: UserSessionLimits(user: 3), rules: rules)
        guard case .reserved(let place, _) = reply, let ended = ledger.commit(place) else { return false }
        places[Int(handle) & (places.count - 1)] = place.index
        for gone in ended {
            ledger.remove(AdmissionPlace(session: gone, index: places[Int(gone) & (places.count - 1)]))
        }
        return true
    }
}

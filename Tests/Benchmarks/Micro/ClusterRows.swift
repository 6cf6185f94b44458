import AuthCore
import Basics
import Cluster
import ClusterCarrier
import Logging
import Runtime
import Synchronization

/// P11: hosts in this process that meet at a Redis. Users may have one session each: that is what the module says.
enum ClusterRows {
    private static let inFlight = 64

    /// One round of log-ins at one host, each followed by its end; prints log-ins a second.
    static func admit(redis: String, module: String) throws {
        let hosts = try ClusterHost.start(1, redis, module)
        let count = 30_000
        let clock = SystemClock()
        let load = try ClusterLoad(hosts[0].host, count)
        let start = clock.monotonic
        for slot in 0..<inFlight { load.next(slot) }
        for _ in 0..<inFlight { load.done.wait() }
        guard load.refused.load(ordering: .relaxed) == 0 else { throw BenchmarkError("a log-in was refused") }
        print(count * 1_000_000_000 / Int(clock.monotonic - start))
        for host in hosts { host.stop() }
    }

    private static let oldest = 2000

    /// Ejections of one user's session at another host; prints three times in nanoseconds: the medians of an ejection alone, which
    /// was ordered, and of a log-in that ejects, and one order for the oldest sessions of all users until both hosts have ended
    /// theirs.
    static func eject(redis: String, module: String) throws {
        let hosts = try ClusterHost.start(2, redis, module)
        let login = try HeldSessions.login(0, Secret(""))
        var turn = 0
        func logIn(_ login: Login) throws {
            turn += 1
            let answered = ThreadSemaphore()
            ClusterLoad.ask(hosts[turn % 2].host, .login(login)) { answer in
                if answer.session != nil { answered.signal() }
            }
            guard answered.wait(for: .seconds(10)) else { throw BenchmarkError("a log-in was refused") }
        }
        let logins = try median(before: {}) { try logIn(login) }
        let ejections = try median(before: { try logIn(login) }) {
            let answered = ThreadSemaphore()
            hosts[(turn + 1) % 2].registry.ejectOldest(1, of: login.user, application: nil, machine: nil) { result in
                if result.ended.values.reduce(0, +) == 1 { answered.signal() }
            }
            guard answered.wait(for: .seconds(10)) else { throw BenchmarkError("nothing was ejected") }
        }
        for user in 1...oldest { try logIn(HeldSessions.login(user, Secret(""))) }
        let (clock, answered) = (SystemClock(), ThreadSemaphore())
        let start = clock.monotonic
        hosts[0].registry.ejectOldest(oldest, of: nil, application: nil, machine: nil) { result in
            if result.ended.values.reduce(0, +) == oldest { answered.signal() }
        }
        guard answered.wait(for: .seconds(60)) else { throw BenchmarkError("not all were ejected") }
        print(ejections, logins, clock.monotonic - start)
        for host in hosts { host.stop() }
    }

    private static func median(before prepare: () throws -> Void, _ body: () throws -> Void) throws -> Int64 {
        let clock = SystemClock()
        var times: [Int64] = []
        for turn in 0..<2000 {
            try prepare()
            let start = clock.monotonic
            try body()
            if turn >= 100 { times.append(clock.monotonic - start) }
        }
        return times.sorted()[times.count / 2]
    }
}

/// A host and its end of the cluster.
private final class ClusterHost {
    let host: Host
    let registry: ClusterRegistry

    private init(_ index: Int, of hosts: Int, _ redis: String, _ module: String) throws {
        var settings = ClusterSettings(
            name: "bench", index: index, hosts: hosts, hostName: "bench", identity: "bench\(index)")
        settings.patience = 10_000_000_000
        var logger = Logger(label: "bench")
        logger.logLevel = .critical
        let registry = try ClusterRegistry(settings, at: RegistryPlace(.unix(redis)), log: logger)
        var configuration = HostConfiguration()
        configuration.limits.ejects = true
        configuration.loginCacheTime = .zero
        configuration.admission = { ClusterAdmission(registry, $0) }
        let host = quietHost(configuration)
        try host.load(loadRequest(module))
        var owner = ClusterOwner()
        owner.eject = { host.ejectForCluster(handle: $0) }
        registry.start(owner)
        (self.host, self.registry) = (host, registry)
    }

    /// Starts hosts, and waits until they let log-ins in.
    static func start(_ count: Int, _ redis: String, _ module: String) throws -> [ClusterHost] {
        let hosts = try (0..<count).map { try ClusterHost($0, of: count, redis, module) }
        let clock = SystemClock()
        let deadline = clock.monotonic + 60_000_000_000
        while !hosts.allSatisfy({ $0.registry.status.state == "ready" }) {
            guard clock.monotonic < deadline else {
                throw BenchmarkError("the cluster is \(hosts.map(\.registry.status))")
            }
            _ = ThreadSemaphore().wait(for: .milliseconds(10))
        }
        return hosts
    }

    func stop() {
        registry.leave()
        host.stop()
        registry.stop()
    }
}

/// Log-ins and ends, one after the other in each slot.
private final class ClusterLoad: Sendable {
    let done = ThreadSemaphore()
    let refused = Atomic<Int>(0)
    private let host: Host
    private let logins: [Login]
    private let left: Atomic<Int>

    init(_ host: Host, _ count: Int) throws {
        self.host = host
        let password = Secret("")
        logins = try (0..<64).map { try HeldSessions.login($0, password) }
        left = Atomic(count)
    }

    func next(_ slot: Int) {
        guard left.subtract(1, ordering: .relaxed).newValue >= 0 else {
            done.signal()
            return
        }
        Self.ask(host, .login(logins[slot])) { [self] answer in
            if let session = answer.session {
                _ = host.ask(.logout(session))
            } else {
                refused.add(1, ordering: .relaxed)
            }
            next(slot)
        }
    }

    static func ask(_ host: Host, _ question: Question, _ done: @escaping @Sendable (Answer) -> Void) {
        switch host.ask(question) {
        case .decided(let answer): done(answer)
        case .delayed(let ticket): ticket.whenDecided(done)
        }
    }
}

import Cluster
import Foundation
import Testing

/// A host as the registry sees it: sessions without doors and modules.
final class TestHost {
    enum Result: Equatable {
        case open, over(limit: Int, allowed: Int), unreachable, failed(String), gone(String), ejected
    }

    unowned let cluster: TestCluster
    var member: ClusterMember
    private var connections: [ClusterLine: SocketConnection] = [:]
    /// Open sessions and their users.
    private(set) var sessions: [UInt64: (user: String, application: String)] = [:]
    private(set) var results: [UInt64: Result] = [:]
    private(set) var events: [ClusterEvent] = []
    private(set) var ends: [UInt64: Int] = [:]
    private(set) var said: [String] = []
    private(set) var answers: [String] = []
    private(set) var missed = 0
    private(set) var used: [String] = []
    private(set) var people: [String] = []
    private(set) var pageEnd: String?
    private(set) var penalties: [ClusterPenalties] = []
    private(set) var orders: [UInt64: ClusterEjections] = [:]
    /// What orders were told that went on then.
    private(set) var firstSeconds: [UInt64: ClusterEjections] = [:]
    private var logins: [UInt64: (user: String, application: String)] = [:]
    private var ejectedLogins: Set<UInt64> = []
    private var lease: Int64 = 0
    /// Sent bytes that get no answer: they reach the registry, and the answers are thrown away with the connection.
    var losesAnswers = false
    var isCut = false { didSet { if isCut { for line in ClusterLine.allCases { lose(line) } } } }
    /// What is sent arrives when it is told to, on the connection on which it was sent.
    var isLate = false
    private var late: [(SocketConnection, [UInt8])] = []
    var isStopped = false
    /// Does what it is told to eject only when this is true.
    var ejects = true

    /// By how much its clock is ahead of the others.
    private let clockAhead: Int64
    var now: Int64 { cluster.now + clockAhead }
    /// Whether it looks at its lease before it answers; a test leaves that out.
    var isFenced = true

    init(_ cluster: TestCluster, _ settings: ClusterSettings, clockAhead: Int64 = 0) {
        self.cluster = cluster
        self.clockAhead = clockAhead
        member = ClusterMember(settings, now: cluster.now + clockAhead)
    }

    /// What clients can use: nothing where the lease does not cover it.
    var answering: [(user: String, application: String)] { !isFenced || now < lease ? Array(sessions.values) : [] }

    /// What it waits for.
    var text: String {
        "\(member.status(at: now)), \(events), asks: \(member.isAsking), on \(connections.keys), late \(isLate)"
    }

    /// Whether all that it has sent on its present connections can be answered.
    var isAnswered: Bool {
        !connections.isEmpty && !late.contains { late in connections.values.contains { $0 === late.0 } }
    }

    func login(
        _ user: String, _ application: String = "", machine: String = "", allowed: [Int], ejects: Bool = true
    ) -> UInt64 {
        cluster.lastHandle += 1
        let handle = cluster.lastHandle
        logins[handle] = (user, application)
        perform(
            member.reserve(
                handle, user: Array(user.utf8), application: Array(application.utf8), machine: Array(machine.utf8),
                limits: ClusterLimits(allowed: allowed, ejects: ejects), at: now))
        return handle
    }

    func logout(_ handle: UInt64) {
        guard sessions.removeValue(forKey: handle) != nil else { return }
        end(handle)
    }

    private func end(_ handle: UInt64) {
        ends[handle, default: 0] += 1
        perform(member.vacate(handle, at: now))
    }

    private var queue: [ClusterAction] = []
    private var isPerforming = false

    /// Does everything in order: what follows from an action comes after those that were there before.
    func perform(_ actions: [ClusterAction]) {
        queue += actions
        guard !isPerforming else { return }
        isPerforming = true
        while !queue.isEmpty { perform(queue.removeFirst()) }
        isPerforming = false
    }

    private func perform(_ action: ClusterAction) {
        switch action {
        case .open(let line):
            // A new connection is as quick as any.
            if line == .command { isLate = false }
            connections[line] = isCut ? nil : SocketConnection(to: cluster.server.socket)
            if connections[line] != nil {
                perform(member.opened(line, at: now))
            } else {
                perform(member.closed(line, because: "no way to the registry", at: now))
            }
        case .close(let line): connections[line] = nil
        case .send(let line, let bytes) where isLate && connections[line] != nil:
            if let connection = connections[line] { late.append((connection, bytes)) }
        case .send(let line, let bytes): if connections[line]?.send(bytes) == false { lose(line) }
        case .reserved(let handle, let reservation): reserved(handle, reservation)
        case .committed(let handle, let commit): committed(handle, commit)
        case .eject(let handle): eject(handle)
        case .endAll:
            for handle in sessions.keys { ends[handle, default: 0] += 1 }
            sessions = [:]
        case .lease(let until): lease = until
        case .said(_, _, let text): said.append(text)
        case .answered(_, _, let text): answers.append(text)
        case .missed: missed += 1
        case .counted: break
        case .used(let uses): used += uses.map { "\($0.user)/\($0.application)" }
        case .people(_, let cursor, let uses):
            people += uses.map { "\($0.user)/\($0.application)" }
            pageEnd = cursor
        case .penalties(let some): penalties.append(some)
        case .ordered(let number, let result) where result.pending > 0: firstSeconds[number] = result
        case .ordered(let number, let result): orders[number] = result
        case .event(let event): events.append(event)
        }
    }

    private func reserved(_ handle: UInt64, _ reservation: ClusterReservation) {
        switch reservation {
        case .reserved: perform(member.commit(handle, at: now))
        case .over(let limit, let allowed): results[handle] = .over(limit: limit, allowed: allowed)
        case .unreachable: results[handle] = .unreachable
        case .failed(let text): results[handle] = .failed(text)
        }
    }

    private func committed(_ handle: UInt64, _ commit: ClusterCommit) {
        switch commit {
        case .gone(let text): results[handle] = .gone(text)
        case .open where ejectedLogins.remove(handle) != nil:
            results[handle] = .ejected
            end(handle)
        case .open:
            results[handle] = .open
            sessions[handle] = logins[handle]
            cluster.noteOpening(self, handle)
        }
    }

    private func eject(_ handle: UInt64) {
        guard ejects else { return }
        if sessions.removeValue(forKey: handle) != nil { end(handle) } else { ejectedLogins.insert(handle) }
    }

    func deliverLate() {
        isLate = false
        for (connection, bytes) in late { _ = connection.send(bytes) }
        late = []
    }

    func lose(_ line: ClusterLine) {
        guard connections.removeValue(forKey: line) != nil else { return }
        perform(member.closed(line, because: "the connection was cut", at: now))
    }

    /// Takes what has come; whether anything has.
    func receive(wait: Int32) -> Bool {
        if isStopped { return false }
        var any = false
        for line in ClusterLine.allCases {
            guard let connection = connections[line] else { continue }
            guard let bytes = connection.receive(wait: wait) else {
                lose(line)
                any = true
                continue
            }
            if bytes.isEmpty { continue }
            any = true
            if line == .command && losesAnswers {
                lose(line)
            } else {
                perform(member.received(line, bytes, at: now))
            }
        }
        return any
    }

    func tick() { if !isStopped { perform(member.tick(at: now)) } }
}

/// Hosts with one registry and a clock that a test turns.
final class TestCluster {
    let server: RedisServer
    var now: Int64 = 1_000_000_000
    var lastHandle: UInt64 = 100
    var hosts: [TestHost] = []
    var onOpening: (TestHost, UInt64) -> Void = { _, _ in }

    init(
        _ count: Int = 3, server: RedisServer? = nil, named name: String = "test", clocksApart: Int64 = 0,
        _ change: (inout ClusterSettings) -> Void = { _ in }
    ) throws {
        self.server = try server ?? RedisServer()
        for index in 0..<count {
            var settings = ClusterSettings(
                name: name, index: index, hosts: count, hostName: "host\(index)", identity: "identity\(index)")
            settings.lease = 4_000_000_000
            settings.ejectTimeout = 3_000_000_000
            change(&settings)
            hosts.append(TestHost(self, settings, clockAhead: Int64(index) * clocksApart))
        }
    }

    func noteOpening(_ host: TestHost, _ handle: UInt64) { onOpening(host, handle) }

    /// Lets everything that is under way arrive, without the clock moving on.
    func settle() {
        var quiet = 0
        let deadline = time(nil) + 20
        while quiet < 2 {
            guard time(nil) < deadline else {
                Issue.record("the hosts never come to rest: \(hosts.map(\.text))")
                return
            }
            var any = false
            for host in hosts where host.receive(wait: 0) { any = true }
            let isAsking = hosts.contains { !$0.isStopped && $0.isAnswered && $0.member.isAsking }
            quiet = any || isAsking ? 0 : quiet + 1
            if !any { usleep(isAsking ? 50 : 300) }
        }
    }

    /// Turns the clock in steps of 50 milliseconds.
    func run(_ milliseconds: Int64) {
        for _ in 0..<max(1, milliseconds / 50) {
            now += 50_000_000
            for host in hosts { host.tick() }
            settle()
        }
    }

    /// Turns the clock until something is so; whether it was within so many milliseconds.
    func run(atMost milliseconds: Int64, until isSo: () -> Bool) -> Bool {
        for _ in 0..<max(1, milliseconds / 50) {
            if isSo() { return true }
            run(50)
        }
        return isSo()
    }
}

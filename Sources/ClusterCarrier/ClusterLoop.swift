import AuthCore
import Basics
import Cluster
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// The member of a cluster on its event loop.
final class ClusterLoop {
    private struct Asked {
        var waiting: [String: String]
        var result = ClusterAnswers()
        var done: @Sendable (ClusterAnswers) -> Void
    }

    private var member: ClusterMember
    private let place: RegistryPlace
    private let dialer: RegistryDialer
    private let lease: Lease
    private let board: StatusBoard
    private let loop: any EventLoop
    private let log: Logger
    private let metrics = ClusterMetrics()
    private var owner = ClusterOwner()
    /// Told how many sessions there are in the cluster.
    var places: (any HostPlaces)?
    private var channels: [ClusterLine: any Channel] = [:]
    /// The connection of each line that counts; what an older one brings is not listened to.
    private var serials: [ClusterLine: Int] = [:]
    private var lastSerial = 0
    private var queue: [ClusterAction] = []
    private var isPerforming = false
    private var ticks: RepeatedTask?
    private var looks: RepeatedTask?
    /// Words that wait for answers at most; who tells more is not told what came of it.
    private static let mostAsked = 1024
    private var asked: [UInt64: Asked] = [:]
    /// What is said has even numbers; what was done here before it was told, odd ones.
    private var lastNumber = 2 * UInt64.random(in: 1...1 << 60)
    var pages: [UInt64: @Sendable (String?, [ClusterUse]) -> Void] = [:]
    private var orders: [UInt64: @Sendable (ClusterEjections) -> Void] = [:]
    /// Those of ``orders`` whose owners have heard what came of their first second.
    private var toldOrders: Set<UInt64> = []
    var reservations: [UInt64: @Sendable (ClusterReservation) -> Void] = [:]
    var commits: [UInt64: @Sendable (ClusterCommit) -> Void] = [:]

    init(
        _ settings: ClusterSettings, _ place: RegistryPlace, _ context: NIOSSLContext?, _ lease: Lease,
        _ board: StatusBoard, loop: any EventLoop, log: Logger
    ) {
        member = ClusterMember(settings, now: SystemTime.boot)
        self.place = place
        dialer = RegistryDialer(place, context, password: settings.authentication, loop: loop)
        self.lease = lease
        self.board = board
        self.loop = loop
        self.log = log
        if settings.isolated == .keep { lease.extend(to: .max) }
    }

    var status: ClusterStatus { member.status(at: SystemTime.boot) }

    func start(_ owner: ClusterOwner) {
        self.owner = owner
        owner.begun()
        let box = NIOLoopBound(self, eventLoop: loop)
        ticks = loop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(50)) { _ in
            box.value.perform { $0.tick(at: $1) }
            box.value.publish()
        }
        looks = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            box.value.lookForMaster()
        }
    }

    private func publish() {
        let status = status
        metrics.record(status)
        board.status.withLock { $0 = status }
    }

    func leave(_ promise: EventLoopPromise<Void>) {
        perform { $0.leave(at: $1) }
        let box = NIOLoopBound(self, eventLoop: loop)
        let limit = SystemTime.boot + 1_000_000_000
        loop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(5)) { task in
            guard box.value.member.hasLeft || SystemTime.boot >= limit else { return }
            task.cancel()
            promise.succeed()
        }
    }

    func stop() {
        ticks?.cancel()
        looks?.cancel()
        dialer.stop()
        for line in ClusterLine.allCases { close(line) }
        for done in reservations.values { done(.failed("the host stops")) }
        for done in commits.values { done(.gone("the host stops")) }
        for done in pages.values { done(nil, []) }
        var stopped = ClusterEjections(problem: "the host stops")
        for (number, done) in orders {
            stopped.isSequel = toldOrders.contains(number)
            done(stopped)
        }
        (reservations, commits, pages, orders) = ([:], [:], [:], [:])
    }

    // MARK: what the member wants

    /// Lets the member do something, and carries out what follows, in order.
    func perform(_ body: (inout ClusterMember, Int64) -> [ClusterAction]) {
        queue += body(&member, SystemTime.boot)
        guard !isPerforming else { return }
        isPerforming = true
        var index = 0
        while index < queue.count {
            perform(queue[index])
            index += 1
        }
        queue.removeAll(keepingCapacity: index < 1024)
        isPerforming = false
        for channel in channels.values { channel.flush() }
    }

    private func perform(_ action: ClusterAction) {
        switch action {
        case .open(let line): open(line)
        case .close(let line): close(line)
        case .send(let line, let bytes):
            guard let channel = channels[line] else { return }
            channel.write(channel.allocator.buffer(bytes: bytes), promise: nil)
        case .reserved(let handle, let reservation): reservations.removeValue(forKey: handle)?(reservation)
        case .committed(let handle, let commit): commits.removeValue(forKey: handle)?(commit)
        case .eject(let handle): owner.eject(handle)
        case .endAll: owner.endAll()
        case .lease(let end): lease.extend(to: end)
        case .said(let from, let number, let text):
            let box = NIOLoopBound(self, eventLoop: loop)
            let loop = loop
            owner.said(text) { answer in
                loop.execute { box.value.perform { $0.answer(from, number: number, answer, at: $1) } }
            }
        case .answered(let number, let from, let text): answered(number, from, text)
        case .missed: owner.forget()
        case .counted(let sessions): places?.note(sessions: sessions)
        case .used(let uses): for use in uses { owner.used(use.user, use.application) }
        case .people(let number, let cursor, let uses): pages.removeValue(forKey: number)?(cursor, uses)
        case .penalties(let penalties): owner.penalties(penalties)
        case .ordered(let number, let result) where result.pending > 0:
            toldOrders.insert(number)
            orders[number]?(result)
        case .ordered(let number, let result):
            toldOrders.remove(number)
            orders.removeValue(forKey: number)?(result)
        case .event(let event): log.log(level: event.isWarning ? .warning : .notice, "\(event)")
        }
    }

    // MARK: connections

    private func open(_ line: ClusterLine) {
        lastSerial += 1
        let serial = lastSerial
        serials[line] = serial
        let box = NIOLoopBound(self, eventLoop: loop)
        let connection = RegistryLine(
            received: { bytes in
                guard box.value.serials[line] == serial else { return }
                box.value.perform { $0.received(line, bytes, at: $1) }
            }, closed: { box.value.closed(line, serial, $0) })
        dialer.dial(connection).whenComplete { result in
            switch result {
            case .failure(let error): box.value.closed(line, serial, "\(error)")
            case .success(let channel): box.value.connected(line, serial, channel)
            }
        }
    }

    private func connected(_ line: ClusterLine, _ serial: Int, _ channel: any Channel) {
        guard serials[line] == serial else { return channel.close(promise: nil) }
        channels[line] = channel
        perform { $0.opened(line, at: $1) }
    }

    private func closed(_ line: ClusterLine, _ serial: Int, _ reason: String) {
        guard serials[line] == serial else { return }
        channels[line] = nil
        serials[line] = nil
        perform { $0.closed(line, because: "\(place): \(reason)", at: $1) }
    }

    /// Nothing else notices a fail-over that leaves the old master running.
    private func lookForMaster() {
        let box = NIOLoopBound(self, eventLoop: loop)
        dialer.look { endpoint in
            for (line, serial) in box.value.serials {
                box.value.channels[line]?.close(promise: nil)
                box.value.closed(line, serial, "the sentinels name another master: \(endpoint)")
            }
        }
    }

    private func close(_ line: ClusterLine) {
        serials[line] = nil
        channels.removeValue(forKey: line)?.close(promise: nil)
    }

    // MARK: what all are told

    func say(
        _ text: String, isKept: Bool, limit: Duration, _ done: @escaping @Sendable (ClusterAnswers) -> Void
    ) {
        let status = status
        guard ["ready", "warming"].contains(status.state) else {
            var result = ClusterAnswers()
            result.problem =
                "the cluster's registry cannot be asked: \(status.problem.isEmpty ? status.state : status.problem)"
            return done(result)
        }
        ask(text, of: status.hosts, isDone: false, isKept: isKept, limit: limit, done)
    }

    private func ask(
        _ text: String, of hosts: [ClusterStatus.Host], isDone: Bool, isKept: Bool, limit: Duration,
        _ done: @escaping @Sendable (ClusterAnswers) -> Void
    ) {
        lastNumber += 2
        let number = isDone ? lastNumber + 1 : lastNumber
        var waiting: [String: String] = [:]
        for host in hosts { waiting[host.epoch] = "\(host.index) <\(host.name)>" }
        asked[number] = Asked(waiting: waiting, done: done)
        perform { $0.say(text, number: number, isKept: isKept, at: $1) }
        let box = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: TimeAmount(limit)) { box.value.finish(number) }
    }

    /// Tells the other hosts what this one has done already, and the log who has done it too.
    func tell(_ text: String, as what: String, isEnd: Bool) {
        guard asked.count < Self.mostAsked else { return perform { $0.say(text, number: 0, isKept: true, at: $1) } }
        let status = status
        let others = status.hosts.filter { $0.epoch != status.epoch }
        let log = log
        ask(text, of: others, isDone: true, isKept: true, limit: .seconds(1)) { answers in
            let silent = answers.silent.joined(separator: ", ")
            let done = answers.answers.map { "host \($0.host)" }.joined(separator: ", ")
            if !silent.isEmpty {
                log.warning(
                    "cluster: \(what): host \(silent) has not answered within a second; it is told when it is back")
            } else if !done.isEmpty {
                log.log(level: isEnd ? .info : .debug, "cluster: \(what): done by \(done)")
            }
        }
    }

    /// Asks for a page of a host's sessions.
    func people(of epoch: String, from cursor: String, _ done: @escaping @Sendable (String?, [ClusterUse]) -> Void) {
        lastNumber += 2
        let number = lastNumber
        pages[number] = done
        perform { $0.people(of: epoch, from: cursor, number: number, at: $1) }
    }

    /// Has the oldest sessions ejected, wherever they are.
    ///
    /// - Parameter done: called within a second, and once more where sessions were ``ClusterEjections/pending`` then.
    func ejectOldest(
        _ count: Int, of user: String?, application: String?, machine: String?,
        _ done: @escaping @Sendable (ClusterEjections) -> Void
    ) {
        lastNumber += 2
        let number = lastNumber
        orders[number] = done
        perform {
            $0.ejectOldest(
                count, of: user.map { Array($0.utf8) }, application: application.map { Array($0.utf8) },
                machine: machine.map { Array($0.utf8) }, number: number, at: $1)
        }
    }

    private func answered(_ number: UInt64, _ from: String, _ text: String) {
        guard let host = asked[number]?.waiting.removeValue(forKey: from) else { return }
        asked[number]?.result.answers.append((host, text))
        if asked[number]?.waiting.isEmpty == true { finish(number) }
    }

    private func finish(_ number: UInt64) {
        guard var ask = asked.removeValue(forKey: number) else { return }
        ask.result.silent = ask.waiting.values.sorted()
        ask.result.answers.sort { $0.host < $1.host }
        ask.done(ask.result)
    }
}

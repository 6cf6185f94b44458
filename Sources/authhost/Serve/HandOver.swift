import AuthConfiguration
import AuthCore
import Basics
import DoorCarrier
import DoorProtocols
import Glibc
import Logging
import Operators
import Runtime
import Signatures
import Synchronization
import Usage

/// Hands the running host over to a process that asks for it at the control socket: its listening sockets, its sessions, and what it has
/// counted. Until the other process has taken all of it, nothing has changed here; until it accepts clients, this one can be the host again.
final class HandOver: Sendable {
    /// What the process is while another one asks for it.
    enum Phase {
        case idle
        /// The other process loads and tries what it needs.
        case preparing
        /// Nothing is answered.
        case cutting
        /// The other process has everything, and is the host or about to be.
        case handedOver(to: Int32)
        /// The host stops.
        case closed
    }

    /// How long the other process may take to load and try everything.
    static let preparation = Duration.seconds(600)
    /// How long it may take for the sessions, during which no client is answered.
    static let taking = Duration.seconds(30)
    /// How long questions under way may take at most, as when the host stops.
    private static let drain = Duration.seconds(30)
    /// How long a log-in may take from its place to its answer.
    static let opening = Duration.seconds(10)
    /// After which the log says, each time, that the other process does not accept clients yet.
    static let silence = Duration.seconds(30)

    let host: Host
    let setup: HostSetup
    let usage: UsageService
    private let doors = Mutex<(servers: DoorServers, control: ControlServer?)?>(nil)
    let phase = Mutex(Phase.idle)
    /// Ends the host.
    private let finish: @Sendable () -> Void

    init(_ host: Host, _ setup: HostSetup, _ usage: UsageService, finish: @escaping @Sendable () -> Void) {
        self.host = host
        self.setup = setup
        self.usage = usage
        self.finish = finish
    }

    /// The doors are open: the host can be handed over from now on.
    func opens(_ servers: DoorServers, _ control: ControlServer?) { doors.withLock { $0 = (servers, control) } }

    /// What has become of the host.
    enum Outcome {
        /// It is in this process.
        case here
        /// It is in another one.
        case handedOver(to: Int32)

        /// Whether what is kept on disk is not this process's any more.
        var isElsewhere: Bool { if case .here = self { false } else { true } }
    }

    /// Hands nothing over any more, and waits for what is under way.
    func close() async -> Outcome {
        while true {
            let outcome = phase.withLock { phase -> Outcome? in
                switch phase {
                case .handedOver(let process):
                    phase = .closed
                    return .handedOver(to: process)
                case .cutting: return nil
                case .idle, .preparing, .closed:
                    phase = .closed
                    return .here
                }
            }
            if let outcome { return outcome }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    // MARK: - The request

    /// Answers a request, and goes on with the process at the other end of the connection.
    func begin(_ request: ControlRequest, _ connection: CInt, refused: @escaping @Sendable (ControlReply) -> Void) {
        guard connection >= 0 else { return refused(.failure("`take-over` is not answered here")) }
        let exchange = HandOverExchange(connection)
        let refuse: @Sendable (String) -> Void = { [self] why in
            TakeOverOutcome.refused.count()
            setup.log.warning("A process that would take over was refused: \(why)")
            refused(.failure(why))
        }
        guard let process = exchange.process, let doors = doors.withLock({ $0 }) else {
            return refuse("the host has not opened its doors yet; try again")
        }
        if let refusal = refusal(of: request) { return refuse(refusal) }
        let isBegun = phase.withLock { phase in
            guard case .idle = phase else { return false }
            phase = .preparing
            return true
        }
        guard isBegun else { return refuse("another process takes over, or the host stops") }
        Task { [self] in
            let order = OperatorOrder(
                user: request.asker?.name ?? "", door: "control", action: request.action.rawValue,
                scope: "process \(process)")
            guard let decision = await Blocking.run({ [host] in host.records(order) }) else {
                phase.withLock { if case .preparing = $0 { $0 = .idle } }
                return refuse("nothing was done: the audit log is required and cannot be written")
            }
            setup.log.notice("Process \(process) takes over, asked by \(order.user)")
            do {
                try await run(exchange, process, doors.servers, doors.control) { [host] outcome in
                    host.record(outcome, of: order, decision)
                }
            } catch {
                failed(exchange, process, error) { [host] in host.record($0, of: order, decision) }
            }
        }
    }

    /// Why a process may not take over; nil where it may.
    private func refusal(of request: ControlRequest) -> String? {
        if setup.cluster != nil {
            return
                "a host of a cluster is not taken over: start another one with an index of its own, and stop this one"
        }
        let (asked, own) = (request.version ?? 0, HandOverFrame.version)
        if asked < own {
            return
                "the process speaks version \(asked) of taking over, and this host version \(own): the same or a newer one is "
                + "accepted"
        }
        return nil
    }

    private func failed(
        _ exchange: HandOverExchange, _ process: Int32, _ error: any Error, _ record: (String) -> Void
    ) {
        phase.withLock { phase in
            if case .closed = phase { return }
            phase = .idle
        }
        TakeOverOutcome.failed.count()
        record("failed: \(error)")
        setup.log.error("The take-over by process \(process) has failed, and nothing has changed: \(error)")
        exchange.fail("\(error)")
    }

    // MARK: - The steps

    private func run(
        _ exchange: HandOverExchange, _ process: Int32, _ servers: DoorServers, _ control: ControlServer?,
        _ record: @escaping @Sendable (String) -> Void
    ) async throws {
        try await offer(exchange, servers, control)
        let places = try await placesAtCut(exchange)
        setup.log.notice("Process \(process) can be the host: what was asked is answered, and new clients wait for it")
        await control?.hold()
        let connections = await servers.handOver(within: limit)
        let handed: [HandedSession]
        do {
            handed = try await Blocking.run { [self] () throws(HandOverFault) in
                try hand(over: connections, to: exchange)
            }
        } catch {
            host.cancelHandOver()
            await servers.resume(connections)
            await control?.resume()
            throw error
        }
        // From here on the other process may be the host: this one answers nothing while that one is there.
        phase.withLock { $0 = .handedOver(to: process) }
        servers.leave(Set(places))
        if let path = setup.configuration.controlSocket, places.contains(path) { control?.leavePath() }
        let what = "\(Self.count(handed.count, "session")) and \(Self.count(connections.count, "connection"))"
        record("done: \(what) are with process \(process)")
        do {
            try await Blocking.run { [self] () throws(HandOverFault) in
                try closeFiles(handed, exchange)
                try awaitReady(exchange, process)
            }
        } catch {
            exchange.fail("\(error)")
            return await takeBack(from: process, error, connections, servers, control, record)
        }
        for connection in connections { Glibc.close(connection.descriptor) }
        setup.log.notice("Process \(process) is the host from now on: \(what) are with it")
        ServiceManager.hands(over: process)
        finish()
    }

    /// Waits until the other process is prepared; where it will listen.
    private func placesAtCut(_ exchange: HandOverExchange) async throws -> [String] {
        let places = try await Blocking.run { () throws(HandOverFault) in
            let (frame, _) = try exchange.next(within: Self.preparation)
            guard case .cut(let places) = frame else { throw HandOverFault("another message than `cut`") }
            return places
        }
        let mayCut = phase.withLock { phase in
            guard case .preparing = phase else { return false }
            phase = .cutting
            return true
        }
        guard mayCut else { throw HandOverFault("the host stops") }
        return places
    }

    /// How long questions under way may take: each has its answer by its deadline.
    private var limit: Duration {
        min(Self.drain, setup.configuration.hostSettings.deadlines.longest + .seconds(1))
    }

    static func count(_ number: Int, _ what: String) -> String {
        number == 1 ? "1 \(what)" : "\(number) \(what)s"
    }
}

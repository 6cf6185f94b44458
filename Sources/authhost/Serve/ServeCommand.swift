import ArgumentParser
import AuthConfiguration
import AuthCore
import Basics
import ClusterCarrier
import Dispatch
import DoorCarrier
import DoorProtocols
import Glibc
import Logging
import Metrics
import ModuleHost
import Operators
import Prometheus
import Runtime
import Telemetry
import Usage

extension Host: QuestionAnswering {}
extension Host: SessionSource {}

/// Loads the module and serves it through the configured doors until TERM or INT.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Load the module and answer through the configured doors (the default).",
        discussion: """
            HUP re-reads the configuration and what the module was configured from, and opens the event log again; the log \
            says what takes effect now and what at the next start. TERM and INT stop accepting, \
            answer what was asked, tell the module that its sessions end, and exit with 0.
            """)

    @OptionGroup var common: ConfigurationFileOption
    @Option(
        help: ArgumentHelp(
            "Take over the listening sockets and sessions of the host with this control socket; that host ends then.",
            valueName: "control-socket"), completion: .file())
    var takeOver: String?

    func run() async throws {
        // A log that has reached the size that files may have cannot be written; that must not end the host.
        signal(SIGXFSZ, SIG_IGN)
        let inherited = try Self.inheritedSockets()
        let before = try takeOver.map { path throws(Failure) in try TakeOver(at: path) }
        try before?.pass(to: inherited)
        let limit = DescriptorLimit.raise()
        let metrics = PrometheusMetricsFactory(help: MetricHelp.texts)
        MetricsSystem.bootstrap(metrics)
        do {
            let setup = try HostSetup(quiet: false, opensStore: before == nil)
            do {
                try await serve(setup, metrics, limit, inherited, before)
            } catch let failure as Failure {
                setup.log(failure, as: "authhost ends")
                throw failure
            }
        } catch {
            before?.giveUp((error as? Failure)?.text ?? "\(error)")
            throw error
        }
    }

    private static func inheritedSockets() throws(Failure) -> InheritedSockets {
        do {
            return try InheritedSockets.ofProcess()
        } catch {
            throw Failure(.badConfiguration, "\(error)")
        }
    }

    private func serve(
        _ setup: HostSetup, _ metrics: PrometheusMetricsFactory, _ limit: Int, _ inherited: InheritedSockets,
        _ before: TakeOver?
    ) async throws {
        let doors = try setup.configuration.doorSettings()
        let doubles = ListeningPlaces(setup.configuration).doubles()
        guard doubles.isEmpty else { throw Failure(.badConfiguration, doubles) }
        let usage = try setup.usageService()
        let host = try await Blocking.run { () throws(Failure) in
            let host = try setup.makeHost(counting: usage, readsReasons: false)
            if let before { try before.test(host, setup) } else { try usage.start(counting: host, setup.cluster) }
            host.rehearse()
            return host
        }
        setup.log.notice("\(Version.text) starting")
        let shadows = ShadowKeeper(setup, host)
        let signals = SignalHandler(setup, host, shadows)
        let hangs = HangWatch(setup, host, signals.reloader)
        let handOver = HandOver(host, setup, usage) { signals.stop() }
        defer {
            hangs.cancel()
            signals.cancel()
        }
        var control: ControlServer?
        var servers: DoorServers?
        do {
            let service = ControlService(
                host: host, setup: setup, reloader: signals.reloader, shadows: shadows, handOver: handOver,
                metrics: metrics)
            // Not on the cluster's own thread: a list of a million sessions must not cost the host its lease.
            let said = DispatchQueue(label: "authhost.cluster")
            setup.cluster?.start(host, counting: usage) { text, answer in
                said.async { answer(service.answer(said: text)) }
            }
            control = try await setup.controlServer(service, before)
            let budget = try DescriptorLimit.budget(
                limit: limit, loops: DescriptorLimit.loops(of: setup.configuration),
                wanted: doors.map(\.maximumConnections).reduce(0, +), log: setup.log)
            let opened = try await openDoors(
                doors, budget, inherited, service, metrics, setup, signals, isHeld: before != nil)
            servers = opened
            if let before { try await goOn(after: before, host, opened, control, usage, setup) }
            for (door, places) in opened.listening {
                for place in places { setup.log.notice("\(Self.listening(door, place))") }
            }
            handOver.opens(opened, control)
            hangs.looks(after: opened)
            shadows.follow(setup.configuration)
            HostProcess.giveBackStartMemory()
            ServiceManager.ready(isNext: before != nil)
            await signals.stopped()
        } catch {
            await stop(servers, control, host, usage, setup, isUsageAnothers: before != nil)
            await control?.stop()
            throw (error as? Failure) ?? Failure(.badConfiguration, "\(error)")
        }
        let outcome = await handOver.close()
        if !outcome.isElsewhere { ServiceManager.stopping() }
        await stop(servers, control, host, usage, setup, isUsageAnothers: outcome.isElsewhere)
        switch outcome {
        case .here: setup.log.notice("authhost has stopped")
        case .handedOver(let process): setup.log.notice("authhost has stopped: process \(process) is the host")
        }
        await control?.stop()
    }

    /// Takes over what the host before has, and answers from then on. Nothing that fails from then on ends this host.
    private func goOn(
        after before: TakeOver, _ host: Host, _ servers: DoorServers, _ control: ControlServer?, _ usage: UsageService,
        _ setup: HostSetup
    ) async throws {
        let places = servers.listening.flatMap(\.places) + [setup.configuration.controlSocket].compactMap(\.self)
        let connections = try await Blocking.run { () throws(Failure) in
            let connections = try before.cut(host, listeningAt: places, setup.log)
            do throws(Failure) {
                try setup.signatures.takeOver(setup.configuration, trustedOwners: try setup.configuration.owners())
            } catch {
                setup.log.critical("signed tokens are refused until it can be used: \(error.text)")
            }
            do throws(Failure) {
                try usage.start(counting: host, setup.cluster)
            } catch {
                setup.log.error("usage statistics are not kept: \(error.text)")
            }
            host.goOn()
            return connections
        }
        await servers.begin()
        await Blocking.run { before.ready() }
        TakeOverOutcome.done.count()
        for connection in connections { servers.adopt(connection) }
        await control?.resume()
    }

    /// Ends everything but the clients that follow the event log.
    private func stop(
        _ servers: DoorServers?, _ control: ControlServer?, _ host: Host, _ usage: UsageService,
        _ setup: HostSetup, isUsageAnothers: Bool
    ) async {
        await servers?.stop()
        await control?.stopAnswering()
        await Blocking.run {
            // First, so that its places are free at once, and not one by one.
            setup.cluster?.leave()
            host.stop()
            if !isUsageAnothers { usage.stop() }
            setup.cluster?.stop()
            setup.spans?.stop()
        }
    }

    /// Opens the doors.
    private func openDoors(
        _ doors: [DoorSettings], _ descriptors: DescriptorBudget, _ inherited: InheritedSockets,
        _ service: ControlService, _ metrics: PrometheusMetricsFactory, _ setup: HostSetup, _ signals: SignalHandler,
        isHeld: Bool
    ) async throws -> DoorServers {
        var services = DoorServices(metrics: metrics)
        services.operators = service
        services.administratorRealms = setup.configuration.administratorRealms.map {
            AdministratorRealm(path: $0.path, realm: $0.realm)
        }
        services.destinations = service.destinationAccess
        let servers = try await DoorServers(
            doors, host: service.host, services: services, log: setup.log,
            carrying: DoorCarrierKind(rawValue: setup.configuration.doorCarrier) ?? .epoll, descriptors: descriptors,
            inherited: inherited, isHeld: isHeld)
        signals.reloader.rereadsCertificates { servers.reloadCertificates() }
        return servers
    }

    private static func listening(_ door: String, _ place: String) -> String {
        if door != HTTPDoor.name { return "door \(door): listening on \(place)" }
        return place.hasPrefix("/") ? "listening on the unix socket \(place)" : "listening on http://\(place)"
    }
}

/// Runs what may block on a thread of its own.
enum Blocking {
    static func run<Result: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let result: Swift.Result<Result, Failure> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                do throws(Failure) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}

/// TERM and INT stop; HUP re-reads.
final class SignalHandler: Sendable {
    let reloader: Reloader
    private let stops: AsyncStream<Void>
    private let stopping: AsyncStream<Void>.Continuation
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]
    // Made in init, cancelled once; Dispatch allows both from any thread.

    init(_ setup: HostSetup, _ host: Host, _ shadows: ShadowKeeper) {
        let (stops, stop) = AsyncStream<Void>.makeStream()
        (self.stops, stopping) = (stops, stop)
        let queue = DispatchQueue(label: "authhost.signals")
        let reloader = Reloader(setup, host, shadows)
        self.reloader = reloader
        let registered = ThreadSemaphore()
        sources = [SIGTERM, SIGINT, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                if number == SIGHUP {
                    reloader.reload()
                } else {
                    setup.log.notice("stopping: signal \(number)")
                    stop.yield()
                    stop.finish()
                }
            }
            source.setRegistrationHandler { registered.signal() }
            source.activate()
            return source
        }
        // A signal that comes before is ignored for good: on a busy machine that was later than the first connection.
        for _ in sources { registered.wait() }
    }

    /// Stops as by a signal.
    func stop() {
        stopping.yield()
        stopping.finish()
    }

    /// Returns at the first signal to stop.
    func stopped() async { for await _ in stops { return } }

    func cancel() { for source in sources { source.cancel() } }
}

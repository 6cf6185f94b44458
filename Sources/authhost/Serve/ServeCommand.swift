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

    func run() async throws {
        // A log that has reached the size that files may have cannot be written; that must not end the host.
        signal(SIGXFSZ, SIG_IGN)
        let inherited = try Self.inheritedSockets()
        let limit = DescriptorLimit.raise()
        let metrics = PrometheusMetricsFactory(help: MetricHelp.texts)
        MetricsSystem.bootstrap(metrics)
        let setup = try HostSetup(quiet: false)
        do {
            try await serve(setup, metrics, limit, inherited)
        } catch let failure as Failure {
            setup.log(failure, as: "authhost ends")
            throw failure
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
        _ setup: HostSetup, _ metrics: PrometheusMetricsFactory, _ limit: Int, _ inherited: InheritedSockets
    ) async throws {
        var doors = try setup.configuration.doorSettings()
        let doubles = ListeningPlaces(setup.configuration).doubles()
        guard doubles.isEmpty else { throw Failure(.badConfiguration, doubles) }
        let usage = try setup.usageService()
        let host = try await Blocking.run { () throws(Failure) in
            let host = try setup.makeHost(counting: usage, readsReasons: false)
            try usage.start(counting: host, setup.cluster)
            return host
        }
        setup.log.notice("\(Version.text) starting")
        let shadows = ShadowKeeper(setup, host)
        let signals = SignalHandler(setup, host, shadows)
        let hangs = HangWatch(setup, host, signals.reloader)
        defer {
            hangs.cancel()
            signals.cancel()
        }
        var control: ControlServer?
        var servers: DoorServers?
        do {
            let service = ControlService(
                host: host, setup: setup, reloader: signals.reloader, shadows: shadows, metrics: metrics)
            // Not on the cluster's own thread: a list of a million sessions must not cost the host its lease.
            let said = DispatchQueue(label: "authhost.cluster")
            setup.cluster?.start(host, counting: usage) { text, answer in
                said.async { answer(service.answer(said: text)) }
            }
            control = try await setup.controlServer(service)
            let budget = try DescriptorLimit.budget(
                limit: limit, loops: DescriptorLimit.loops(of: setup.configuration),
                wanted: doors.map(\.maximumConnections).reduce(0, +), log: setup.log)
            for index in doors.indices { doors[index].descriptors = budget }
            let opened = try await openDoors(doors, inherited, service, metrics, setup, signals)
            servers = opened
            hangs.looks(after: opened)
            shadows.follow(setup.configuration)
            HostProcess.giveBackStartMemory()
            ServiceManager.ready()
            await signals.stopped()
            ServiceManager.stopping()
        } catch {
            await stop(servers, control, host, usage, setup)
            await control?.stop()
            throw (error as? Failure) ?? Failure(.badConfiguration, "\(error)")
        }
        await stop(servers, control, host, usage, setup)
        setup.log.notice("authhost has stopped")
        await control?.stop()
    }

    /// Ends everything but the clients that follow the event log.
    private func stop(
        _ servers: DoorServers?, _ control: ControlServer?, _ host: Host, _ usage: UsageService,
        _ setup: HostSetup
    ) async {
        await servers?.stop()
        await control?.stopAnswering()
        await Blocking.run {
            // First, so that its places are free at once, and not one by one.
            setup.cluster?.leave()
            host.stop()
            usage.stop()
            setup.cluster?.stop()
            setup.spans?.stop()
        }
    }

    /// Opens the doors.
    private func openDoors(
        _ doors: [DoorSettings], _ inherited: InheritedSockets, _ service: ControlService,
        _ metrics: PrometheusMetricsFactory, _ setup: HostSetup, _ signals: SignalHandler
    ) async throws -> DoorServers {
        var services = DoorServices(metrics: metrics)
        services.operators = service
        services.administratorRealms = setup.configuration.administratorRealms.map {
            AdministratorRealm(path: $0.path, realm: $0.realm)
        }
        services.destinations = service.destinationAccess
        let servers = try await DoorServers(
            doors, host: service.host, services: services, log: setup.log,
            carrying: DoorCarrierKind(rawValue: setup.configuration.doorCarrier) ?? .epoll, inherited: inherited)
        for (door, places) in servers.listening {
            for place in places { setup.log.notice("\(Self.listening(door, place))") }
        }
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
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]
    // Made in init, cancelled once; Dispatch allows both from any thread.

    init(_ setup: HostSetup, _ host: Host, _ shadows: ShadowKeeper) {
        let (stops, stop) = AsyncStream<Void>.makeStream()
        self.stops = stops
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

    /// Returns at the first signal to stop.
    func stopped() async { for await _ in stops { return } }

    func cancel() { for source in sources { source.cancel() } }
}

import AuthCore
import DoorProtocols
import Logging
import Metrics
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Listens for all doors.
public final class DoorServers: Sendable {
    private let loops: DoorLoops
    private let servers: [DoorServer]

    /// Opens every door.
    ///
    /// - Parameters:
    ///   - doors: what the blocks say, in order.
    ///   - services: what they may need besides the host.
    ///   - threads: event loops that serve them; nil for one a core.
    /// - Throws: what hinders the first that cannot be opened; none is open then.
    public init(
        _ doors: [DoorSettings], host: any QuestionAnswering, services: DoorServices, log: Logger, threads: Int? = nil
    ) async throws {
        loops = DoorLoops(threads: threads ?? System.coreCount, host: host)
        var servers: [DoorServer] = []
        do {
            for settings in doors {
                servers.append(try await DoorServer(settings, host: host, loops: loops, services: services, log: log))
            }
        } catch {
            for server in servers { await server.close() }
            await loops.shutdown()
            throw error
        }
        self.servers = servers
    }

    /// Where the doors listen, in order: their names with the ports that were chosen for 0.
    public var listening: [(door: String, places: [String])] { servers.map { ($0.settings.name, $0.places) } }

    /// Reads certificates again; what cannot be used is returned, and the old ones stay in use.
    ///
    /// - Returns: what is wrong, and whether another try may help.
    public func reloadCertificates() -> [(problem: String, isUnreadable: Bool)] {
        servers.compactMap { $0.reloadCertificate() }
    }

    /// Stops accepting, lets connections answer what was asked, and ends them.
    public func stop(within limit: TimeAmount = .seconds(30)) async {
        await withTaskGroup(of: Void.self) { group in
            for server in servers { group.addTask { await server.drain(within: limit) } }
        }
        await loops.shutdown()
    }
}

/// One door: where it listens and its connections.
package final class DoorServer: Sendable {
    let settings: DoorSettings
    private let door: any DoorType
    private let clients: PermittedClients
    private let tls: DoorTLS?
    private let registry: ConnectionRegistry
    private let faults: DoorFaults
    private let log: Logger
    private let loops: DoorLoops
    private let observer: (@Sendable ([UInt8]) -> Void)?
    private let listeners = Mutex<(channels: [any Channel], socket: UnixSocket?, places: [String])>(([], nil, []))

    var places: [String] { listeners.withLock { $0.places } }

    /// Where it listens, TCP first.
    package var addresses: [SocketAddress] {
        listeners.withLock { listeners in
            var bound: [SocketAddress] = []
            for case let address? in listeners.channels.map(\.localAddress)
            where address.protocol != .unix && !bound.contains(address) { bound.append(address) }
            return bound + (listeners.socket.map { [$0.address] } ?? [])
        }
    }

    package init(
        _ settings: DoorSettings, host: any QuestionAnswering, loops: DoorLoops,
        services: DoorServices, log: Logger, observing observer: (@Sendable ([UInt8]) -> Void)? = nil
    ) async throws {
        self.settings = settings
        self.observer = observer
        self.loops = loops
        self.log = log
        door = try DoorTypes.make(settings, host: host, services: services)
        for warning in DoorServers.warnings(settings) { log.warning("\(warning)") }
        clients = try PermittedClients(settings.clients, certificates: settings.hasClientCertificates)
        tls = try settings.tls.map { try DoorTLS($0, settings.trust) }
        let dimensions = [("door", settings.name)]
        let metrics = services.metrics
        let faults = DoorFaults(settings.name, metrics)
        self.faults = faults
        registry = ConnectionRegistry(
            maximum: settings.maximumConnections, maximumOfClient: settings.maximumClientConnections,
            guaranteed: type(of: door).isKeptReachable ? 4 : 0, descriptors: settings.descriptors,
            connections: Meter(label: "authhost_door_connections", dimensions: dimensions, factory: metrics),
            rejected: Counter(
                label: "authhost_door_rejected_connections_total", dimensions: dimensions, factory: metrics),
            givenUp: { faults.count("given-up") })
        do {
            try await listen()
        } catch {
            await close()
            throw error
        }
    }

    private func listen() async throws {
        for address in settings.addresses {
            let descriptor = try ListeningSocket.bind(address.host, port: address.port)
            let channel: any Channel
            do {
                channel = try await loops.accept(at: descriptor, serving.overTCP)
            } catch {
                throw ListenError(address, error)
            }
            let port = channel.localAddress?.port ?? address.port
            let place = DoorAddress(host: address.host, port: port)
            listeners.withLock {
                $0.channels.append(channel)
                $0.places.append("\(place)")
            }
        }
        guard let path = settings.socketPath else { return }
        let (socket, channel) = try await UnixSocket.listen(at: path, mode: settings.socketMode) {
            try await loops.accept(at: $0, serving)
        }
        listeners.withLock {
            $0.channels.append(channel)
            $0.socket = socket
            $0.places.append(path)
        }
    }

    private var serving: DoorLoops.Serving {
        DoorLoops.Serving(
            pause: { [log, registry, door] in
                AcceptPause(log, keepsSpare: type(of: door).isKeptReachable, giveUp: { registry.giveUpIdle() })
            },
            options: { $0.channelOption(.writeBufferWaterMark, value: .init(low: 65_536, high: 262_144)) },
            prepare: { [self] channel in DoorPeer.of(channel).flatMap { peer in self.prepare(channel, peer) } })
    }

    /// Prepares a connection that was accepted for its first bytes.
    private func prepare(_ channel: any Channel, _ peer: DoorPeer) -> EventLoopFuture<Void> {
        let usesTLS = tls != nil && !peer.isUnixSocket
        guard clients.permits(peer) || (usesTLS && clients.namesCertificates) else {
            refuse(peer)
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        guard let use = registry.admit(channel) else { return turnAway(channel, usesTLS: usesTLS) }
        guard let tls, usesTLS else {
            return begin(channel, peer, use, watch: watch(use))
        }
        return channel.eventLoop.makeCompletedFuture {
            let guarding = ConnectionGuard(watch(use))
            let secure = NIOSSLServerHandler(context: tls.context)
            let limit = HandshakeLimit(TimeAmount(settings.timeout)) { [self] certificate in
                let known = DoorPeer(address: peer.address, certificate: certificate)
                guard clients.permits(known) else {
                    refuse(known)
                    return channel.close(promise: nil)
                }
                begin(channel, known, use).whenFailure { _ in channel.close(promise: nil) }
            }
            try channel.pipeline.syncOperations.addHandlers(guarding, secure, limit)
        }
    }

    /// Ends a connection that there is no place for.
    private func turnAway(_ channel: any Channel, usesTLS: Bool) -> EventLoopFuture<Void> {
        guard type(of: door).speaksHTTP, !usesTLS else {
            return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }
        return channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(RejectedConnection())
        }
    }

    private func refuse(_ peer: DoorPeer) {
        log.warning("door \(settings.name): a client may not connect: \(peer.described)")
        faults.count("client-not-permitted")
    }

    private func watch(_ use: ConnectionUse) -> IdleWatch {
        // Behind the times of the protocols' own connections, which may say that a client was too slow.
        IdleWatch(
            use, firstByte: TimeAmount(settings.timeout) + .seconds(5), idle: TimeAmount(settings.idleTimeout),
            whenIdle: { [faults] in faults.count("idle") })
    }

    /// - Parameter watch: what the carrier tells of bytes; nil where a handler before it does.
    private func begin(
        _ channel: any Channel, _ peer: DoorPeer, _ use: ConnectionUse, watch: IdleWatch? = nil
    ) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            var client = DoorClient(
                peer: peer, timeout: settings.timeout, countFault: { [faults] in faults.count($0) })
            client.log = log
            let carrying = ChannelCarrying(use: use, watch: watch, log: log, observe: observer)
            let carried = door.converse(client, by: carrying)
            try channel.pipeline.syncOperations.addHandler(carried.handler)
        }
    }

    /// Reads the certificate again; what hinders it is returned, and the old one stays in use.
    func reloadCertificate() -> (problem: String, isUnreadable: Bool)? {
        guard let tls else { return nil }
        do {
            try tls.reload()
            return nil
        } catch {
            let isUnreadable = (error as? DoorTLSError)?.isUnreadable == true
            return ("door `\(settings.name)`: \(error); the old certificate stays in use", isUnreadable)
        }
    }

    /// How long connections that are closed may take for it.
    private static let patience = TimeAmount.seconds(2)

    /// Stops accepting, and ends every connection behind its last answer or at the limit.
    package func drain(within limit: TimeAmount) async {
        await stopListening()
        let drained = registry.drain(on: loops.spare)
        let deadline = loops.spare.scheduleTask(in: limit) { [registry, log, name = settings.name] in
            log.warning("door \(name): connections that did not end in time are closed")
            registry.closeAll()
        }
        let end = loops.spare.scheduleTask(in: limit + Self.patience) { [registry, log, name = settings.name] in
            log.error("door \(name): a module keeps connections, which end with the process")
            registry.giveUpDraining()
        }
        try? await drained.get()
        deadline.cancel()
        end.cancel()
    }

    /// Stops accepting and ends every connection.
    func close() async {
        await stopListening()
        registry.closeAll()
    }

    private func stopListening() async {
        let (channels, socket) = listeners.withLock { ($0.channels, $0.socket) }
        socket?.remove()
        for channel in channels { try? await channel.close() }
    }
}

/// Counts what was not according to a door's protocol, by kind.
final class DoorFaults: Sendable {
    private let counters = Mutex<[String: Counter]>([:])
    private let door: String
    private let factory: any MetricsFactory

    init(_ door: String, _ factory: any MetricsFactory) {
        self.door = door
        self.factory = factory
    }

    func count(_ kind: String) {
        counters.withLock { counters in
            if let counter = counters[kind] { return counter.increment() }
            let counter = Counter(
                label: "authhost_door_faults_total", dimensions: [("door", door), ("kind", kind)], factory: factory)
            counters[kind] = counter
            counter.increment()
        }
    }
}

import AuthCore
import Basics
import DoorProtocols
import Epoll
import Glibc
import Logging
import Metrics
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Listens for all doors.
public final class DoorServers: Sendable {
    let loops: DoorLoops
    let servers: [DoorServer]

    /// Opens every door.
    ///
    /// - Parameters:
    ///   - doors: what the blocks say, in order.
    ///   - services: what they may need besides the host.
    ///   - threads: event loops that serve them; nil for one a core.
    ///   - kind: what carries connections without TLS.
    ///   - descriptors: what the connections of all doors take together.
    ///   - inherited: sockets that are open already; each of the service manager's must be where a door listens.
    ///   - isHeld: whether nothing is accepted before ``begin()``.
    /// - Throws: what hinders the first that cannot be opened; none is open then.
    public init(
        _ doors: [DoorSettings], host: any QuestionAnswering, services: DoorServices, log: Logger, threads: Int? = nil,
        carrying kind: DoorCarrierKind = .epoll, descriptors: DescriptorBudget = .unlimited,
        inherited: InheritedSockets? = nil, isHeld: Bool = false
    ) async throws {
        loops = try DoorLoops(threads: threads ?? System.coreCount, carrying: kind, host: host)
        var servers: [DoorServer] = []
        do {
            for settings in doors {
                servers.append(
                    try await DoorServer(
                        settings, host: host, loops: loops, services: services, log: log, descriptors: descriptors,
                        inherited: inherited, isHeld: isHeld))
            }
            if let places = inherited?.untaken, !places.isEmpty {
                throw InheritedSocketError(untaken: places, doors: servers.flatMap(\.places))
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

    /// Ends the connections that a thread serves which has not come back to them since the call before: they would get no answer. Not those
    /// with TLS.
    ///
    /// - Returns: how many there were.
    public func endKeptConnections() -> Int { loops.endKeptConnections() }

    /// Stops accepting, lets connections answer what was asked, and ends them.
    public func stop(within limit: Duration = .seconds(30)) async {
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
    let registry: OpenConnections
    private let faults: DoorFaults
    let log: Logger
    private let loops: DoorLoops
    private let observer: (@Sendable ([UInt8]) -> Void)?
    let listeners = Mutex(DoorListeners())

    var places: [String] { listeners.withLock { $0.all.map(\.place) } }

    /// Where it listens, TCP first.
    package var addresses: [SocketAddress] {
        listeners.withLock { listeners in
            var bound: [SocketAddress] = []
            for address in listeners.all.compactMap(\.listener.address) where !bound.contains(address) {
                bound.append(address)
            }
            return bound + (listeners.socket.map { [$0.address] } ?? [])
        }
    }

    package init(
        _ settings: DoorSettings, host: any QuestionAnswering, loops: DoorLoops,
        services: DoorServices, log: Logger, descriptors: DescriptorBudget = .unlimited,
        inherited: InheritedSockets? = nil, isHeld: Bool = false,
        observing observer: (@Sendable ([UInt8]) -> Void)? = nil
    ) async throws {
        self.settings = settings
        self.observer = observer
        self.loops = loops
        self.log = log
        door = try DoorTypes.make(settings, host: host, services: services)
        for warning in DoorServers.warnings(settings) { log.warning("\(warning)") }
        clients = try settings.permittedClients()
        tls = try settings.tls.map { try DoorTLS($0, settings.trust) }
        let dimensions = [("door", settings.name)]
        let metrics = services.metrics
        let faults = DoorFaults(settings.name, metrics)
        self.faults = faults
        registry = OpenConnections(
            maximum: settings.maximumConnections, maximumOfClient: settings.maximumClientConnections,
            guaranteed: type(of: door).isKeptReachable ? 4 : 0, descriptors: descriptors,
            connections: Meter(label: "authhost_door_connections", dimensions: dimensions, factory: metrics),
            rejected: Counter(
                label: "authhost_door_rejected_connections_total", dimensions: dimensions, factory: metrics),
            givenUp: { faults.count("given-up") })
        do {
            try await listen(inherited, isHeld: isHeld)
        } catch {
            await close()
            throw error
        }
    }

    private func listen(_ inherited: InheritedSockets?, isHeld: Bool) async throws {
        for address in settings.addresses {
            let descriptor = try ListeningSocket.bind(address.host, port: address.port, or: inherited)
            let listener: Listener
            do {
                listener = try await accept(at: descriptor, isUnixSocket: false, isHeld: isHeld)
            } catch {
                throw ListenError(address, error)
            }
            let port = listener.address?.port ?? address.port
            let place = DoorAddress(host: address.host, port: port)
            listeners.withLock { $0.add(listener, at: "\(place)", isUnixSocket: false) }
        }
        guard let path = settings.socketPath else { return }
        if let address = try? SocketAddress(unixDomainSocketPath: path), let found = inherited?.take(address) {
            // Its name and its permissions are those of the program that has made it, and stay.
            let listener = try await accept(at: found.descriptor, isUnixSocket: true, isHeld: isHeld)
            return listeners.withLock {
                $0.add(listener, at: path, isUnixSocket: true)
                $0.adopts = found.isOwned
            }
        }
        let (socket, listener) = try await UnixSocket.listen(
            at: path, mode: settings.socketMode,
            { try await accept(at: $0, isUnixSocket: true, isHeld: isHeld) }, closing: { await $0.close() })
        listeners.withLock {
            $0.add(listener, at: path, isUnixSocket: true)
            $0.socket = socket
        }
    }

    /// Accepts at a socket that is bound.
    private func accept(at descriptor: CInt, isUnixSocket: Bool, isHeld: Bool) async throws -> Listener {
        let serving = DoorServing(
            isUnixSocket: isUnixSocket,
            begin: { [self] descriptor, peer, loop in begin(descriptor, peer, loop) },
            prepare: { [self] channel, peer in prepare(channel, peer) })
        let pause = AcceptPause(
            log, keepsSpare: type(of: door).isKeptReachable, giveUp: { [registry] in registry.giveUpIdle() })
        return try await loops.accept(
            at: descriptor, serving, pause, needsChannels: tls != nil && !isUnixSocket, isHeld: isHeld)
    }

    /// Serves a connection that was accepted.
    private func begin(_ descriptor: CInt, _ peer: DoorPeer, _ loop: EpollLoop) {
        guard clients.permits(peer) else {
            refuse(peer)
            Glibc.close(descriptor)
            return
        }
        if !peer.isUnixSocket {
            // Small answers do not wait.
            var yes: CInt = 1
            setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<CInt>.size))
        }
        let begun = SocketCarrier.begin(descriptor, on: loop, in: registry, of: peer) { use in
            carrier(of: peer, use, watch(use, at: DoorInstant(nanoseconds: loop.now)))
        }
        // A door that is handed over hands on what comes.
        guard !begun, !registry.pass(descriptor, isUnixSocket: peer.isUnixSocket) else { return }
        if type(of: door).speaksHTTP {
            SocketCarrier.say(HTTPDoor.tooManyConnections(at: SystemTime.seconds), descriptor)
        }
        Glibc.close(descriptor)
    }

    /// Prepares a channel for its first bytes.
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

    private func watch(_ use: ConnectionUse, at time: DoorInstant = .now) -> IdleWatch {
        // Behind the times of the protocols' own connections, which may say that a client was too slow.
        IdleWatch(
            use, firstByte: settings.timeout + .seconds(5), idle: settings.idleTimeout, begun: time,
            whenIdle: { [faults] in faults.count("idle") })
    }

    /// - Parameter watch: what the carrier tells of bytes; nil where a handler before it does.
    private func begin(
        _ channel: any Channel, _ peer: DoorPeer, _ use: ConnectionUse, watch: IdleWatch? = nil
    ) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(ChannelCarrier(carrier(of: peer, use, watch), log))
        }
    }

    /// Begins the conversation with a client.
    private func carrier(of peer: DoorPeer, _ use: ConnectionUse, _ watch: IdleWatch?) -> Carrier {
        var client = DoorClient(peer: peer, timeout: settings.timeout, countFault: { [faults] in faults.count($0) })
        client.log = log
        return Carrier(door.converse(client, by: ConversationBox()), use, watch: watch, observe: observer)
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
    private static let patience = Duration.seconds(2)

    /// Stops accepting, and ends every connection behind its last answer or at the limit.
    package func drain(within limit: Duration) async {
        await stopListening()
        let late = Task { [registry, log, name = settings.name] in
            try await Task.sleep(for: limit)
            log.warning("door \(name): connections that did not end in time are closed")
            registry.closeAll()
            try await Task.sleep(for: Self.patience)
            log.error("door \(name): a module keeps connections, which end with the process")
            registry.giveUpDraining()
        }
        await registry.drain()
        late.cancel()
    }

    /// Stops accepting and ends every connection.
    func close() async {
        await stopListening()
        registry.closeAll()
    }

    private func stopListening() async {
        let (all, socket) = listeners.withLock { ($0.all, $0.socket) }
        socket?.remove()
        for one in all { await one.listener.close() }
    }
}

/// Counts breaches of a door's protocol, by kind.
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

import AuthCore
import Glibc
import Logging
import NIOCore
import NIOPosix

/// The HTTP door: the JSON interface, nginx's `auth_request`, health and metrics, on TCP and on a unix socket.
public struct HTTPDoor: Sendable {
    /// What sessions and logs call the door.
    public static let name = "http"

    /// Where a door listens.
    public struct Listening: Sendable {
        /// In the order of the configuration, with the ports that were chosen for 0.
        public let addresses: [HTTPDoorConfiguration.Address]
        public let socketPath: String?
    }

    private let configuration: HTTPDoorConfiguration
    private let host: any QuestionAnswering
    private let service: DoorService
    private let logger: Logger
    private let onListening: @Sendable (Listening) -> Void

    /// - Parameters:
    ///   - host: what the door asks.
    ///   - operators: what administrators ask; nil: there is nothing for them.
    ///   - destinations: whose credentials local users may have; nil: there are none.
    ///   - metrics: what the door counts in, and what `/metrics` shows.
    ///   - onListening: called once, when every address is listened at.
    public init(
        configuration: HTTPDoorConfiguration, host: some QuestionAnswering,
        operators: (any OperatorAnswering)? = nil, destinations: DestinationAccess? = nil,
        metrics: PrometheusMetricsFactory, logger: Logger,
        onListening: @escaping @Sendable (Listening) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.host = host
        self.onListening = onListening
        let counts = DoorMetrics(factory: metrics)
        let endpoints = Endpoints(
            configuration: configuration, host: host, operators: operators, destinations: destinations,
            metrics: { metrics.text() })
        service = DoorService(configuration: configuration, endpoints: endpoints, metrics: counts, logger: logger)
    }

    /// Serves until the task is cancelled, then lets connections end. To be called once.
    ///
    /// - Throws: what hinders listening: ``ListenError`` or ``UnixSocketError``. Nothing is left behind then.
    public func run() async throws {
        let threads = configuration.eventLoops ?? System.coreCount
        let loops = DoorLoops(threads: threads, host: host)
        do {
            try await serve(loops)
        } catch {
            await loops.shutdown()
            throw error
        }
        await loops.shutdown()
    }

    private func serve(_ loops: DoorLoops) async throws {
        let listeners = try await Listeners.open(configuration, loops, service)
        onListening(listeners.listening)
        await Self.untilStopped()
        await listeners.close()
        let drained = service.registry.drain(on: loops.spare)
        let deadline = loops.spare.scheduleTask(in: configuration.drainTimeout) { [service, logger] in
            logger.warning("connections that did not end in time are closed", metadata: ["door": "http"])
            service.registry.closeAll()
        }
        try await drained.get()
        deadline.cancel()
    }

    private static func untilStopped() async {
        // Ends when the task is cancelled.
        let (stops, _) = AsyncStream<Never>.makeStream()
        for await _ in stops {}
    }
}

/// The sockets a door accepts connections at.
struct Listeners {
    let listening: HTTPDoor.Listening
    private let channels: [any Channel]
    private let socket: UnixSocket?

    static func open(
        _ configuration: HTTPDoorConfiguration, _ loops: DoorLoops, _ service: DoorService
    ) async throws -> Listeners {
        var channels: [any Channel] = []
        var addresses: [HTTPDoorConfiguration.Address] = []
        do {
            for address in configuration.addresses {
                let channel = try await listen(address, loops, service)
                channels.append(channel)
                addresses.append(.init(host: address.host, port: channel.localAddress?.port ?? address.port))
            }
            var socket: UnixSocket?
            if let path = configuration.socketPath {
                let made = try await UnixSocket.listen(at: path, mode: configuration.socketMode) {
                    try await loops.accept(at: $0, serving(service))
                }
                channels.append(made.channel)
                socket = made.socket
            }
            let listening = HTTPDoor.Listening(addresses: addresses, socketPath: socket?.path)
            return Listeners(listening: listening, channels: channels, socket: socket)
        } catch {
            for channel in channels { try? await channel.close() }
            throw error
        }
    }

    /// Stops accepting.
    func close() async {
        socket?.remove()
        for channel in channels { try? await channel.close() }
    }

    private static func listen(
        _ address: HTTPDoorConfiguration.Address, _ loops: DoorLoops, _ service: DoorService
    ) async throws -> any Channel {
        let descriptor = try ListeningSocket.bind(address.host, port: address.port)
        do {
            return try await loops.accept(at: descriptor, serving(service).overTCP)
        } catch {
            throw ListenError(address, error)
        }
    }

    private static func serving(_ service: DoorService) -> DoorLoops.Serving {
        DoorLoops.Serving(
            pause: {
                // Health is asked here.
                AcceptPause(
                    service.logger, keepsSpare: true,
                    giveUp: { [registry = service.registry] in registry.giveUpIdle() })
            },
            prepare: { channel in service.prepare(channel) })
    }
}

/// Why a door could not listen at an address.
public struct ListenError: Error, CustomStringConvertible, Sendable {
    public let description: String

    init(_ address: HTTPDoorConfiguration.Address, _ error: any Error) {
        let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)).lowercased() } ?? "\(error)"
        description = "cannot listen on `\(address)`: \(reason)"
    }
}

import DoorProtocols
import Glibc
import Logging
import Synchronization

/// Where a door listens.
struct DoorListeners {
    /// One place, as the log has it.
    struct Place {
        let listener: Listener
        let place: String
        let isUnixSocket: Bool
    }

    private(set) var all: [Place] = []
    /// The unix socket whose path the door removes.
    var socket: UnixSocket?
    /// Whether the unix socket's path becomes the door's to remove when it begins.
    var adopts = false

    mutating func add(_ listener: Listener, at place: String, isUnixSocket: Bool) {
        all.append(Place(listener: listener, place: place, isUnixSocket: isUnixSocket))
    }
}

/// A listening socket of a door, for the process that takes over from this one.
public struct OfferedSocket: Sendable {
    /// The door's name.
    public let door: String
    /// Where it listens, as ``DoorServers/listening`` has it.
    public let place: String
    /// Whether that is a path.
    public let isUnixSocket: Bool
    /// Whether the path is removed by who has the socket.
    public let isOwned: Bool
    /// Another descriptor of it, which is the holder's.
    public let descriptor: CInt

    /// Describes a socket.
    public init(door: String, place: String, isUnixSocket: Bool, isOwned: Bool, descriptor: CInt) {
        (self.door, self.place, self.isUnixSocket, self.isOwned) = (door, place, isUnixSocket, isOwned)
        self.descriptor = descriptor
    }
}

/// A connection on which nothing is under way, for the process that takes over from this one.
public struct OfferedConnection: Sendable {
    /// The door's name.
    public let door: String
    /// Whether the client came by a unix socket.
    public let isUnixSocket: Bool
    /// The connection, which is the holder's.
    public let descriptor: CInt

    /// Describes a connection.
    public init(door: String, isUnixSocket: Bool, descriptor: CInt) {
        (self.door, self.isUnixSocket, self.descriptor) = (door, isUnixSocket, descriptor)
    }
}

// From one process to the next.
extension DoorServers {
    /// How long is waited for connections that were accepted and that no loop has taken yet.
    private static let patience = Duration.seconds(2)

    /// The listening sockets. Each descriptor is the caller's.
    public var offered: [OfferedSocket] {
        get async {
            var offered: [OfferedSocket] = []
            for server in servers {
                let (all, isOwned) = server.listeners.withLock { ($0.all, $0.socket != nil) }
                for one in all {
                    guard let descriptor = await one.listener.duplicate() else { continue }
                    offered.append(
                        OfferedSocket(
                            door: server.settings.name, place: one.place, isUnixSocket: one.isUnixSocket,
                            isOwned: one.isUnixSocket && isOwned, descriptor: descriptor))
                }
            }
            return offered
        }
    }

    /// Accepts, after the start with held listeners: from here on paths that another process has made are this one's to remove.
    public func begin() async {
        for server in servers {
            server.adoptPath()
            for one in server.listeners.withLock({ $0.all }) { await one.listener.resume() }
        }
    }

    /// Serves a connection that another process has accepted, at the door of that name; one of a door that is not there is closed.
    public func adopt(_ connection: OfferedConnection) {
        let listeners = servers.first { $0.settings.name == connection.door }?.listeners.withLock { $0.all }
        guard let listener = listeners?.first(where: { $0.isUnixSocket == connection.isUnixSocket })?.listener else {
            close(connection.descriptor)
            return
        }
        listener.adopt(connection.descriptor)
    }

    /// Stops accepting: clients wait in the kernel's queue. Lets connections answer what was asked, and ends them, but for those on which
    /// nothing is under way: these are returned, and are the caller's. A client that has begun to ask has a second for the rest, and no
    /// client's own end is waited for. ``resume(_:)`` is the way back.
    public func handOver(within limit: Duration) async -> [OfferedConnection] {
        for server in servers { for one in server.listeners.withLock({ $0.all }) { await one.listener.hold() } }
        await awaitDealt()
        await loops.turn(within: Self.patience)
        let passed = servers.map { (server: $0, connections: PassedConnections()) }
        await withTaskGroup(of: Void.self) { group in
            for (server, connections) in passed {
                group.addTask { await server.passConnections(to: connections, within: limit) }
            }
        }
        return passed.flatMap { server, connections in
            connections.take().map {
                OfferedConnection(
                    door: server.settings.name, isUnixSocket: $0.isUnixSocket, descriptor: $0.descriptor)
            }
        }
    }

    private func awaitDealt() async {
        let due = DoorInstant.now + Self.patience
        for server in servers {
            for one in server.listeners.withLock({ $0.all }) {
                while await !one.listener.hasDealtAll, DoorInstant.now < due {
                    try? await Task.sleep(for: .milliseconds(2))
                }
            }
        }
    }

    /// Goes on after ``handOver(within:)`` with these connections, also where paths were left to the other process meanwhile.
    public func resume(_ connections: [OfferedConnection]) async {
        for server in servers {
            server.adoptPath()
            server.registry.resume()
        }
        for connection in connections { adopt(connection) }
        for server in servers { for one in server.listeners.withLock({ $0.all }) { await one.listener.resume() } }
    }

    /// Leaves the paths of sockets to the process that has taken them over; ``resume(_:)`` takes them back.
    public func leave(_ places: Set<String>) {
        for server in servers {
            server.listeners.withLock { listeners in
                guard let path = listeners.socket?.path, places.contains(path) else { return }
                (listeners.socket, listeners.adopts) = (nil, true)
            }
        }
    }
}

extension DoorServer {
    /// How long a connection may take without a question under way.
    private static let unheldPatience = Duration.seconds(1)

    /// Ends every connection behind its last answer or at the limit, but those that are handed on.
    fileprivate func passConnections(to next: PassedConnections, within limit: Duration) async {
        let begun = DoorInstant.now
        registry.passAll(to: next)
        var isPatient = true
        while !registry.isQuiet {
            let now = DoorInstant.now
            if begun + limit <= now {
                log.warning("door \(settings.name): connections that did not end in time are closed")
                registry.closeAll()
                return
            }
            if isPatient, begun + Self.unheldPatience <= now {
                isPatient = false
                registry.closeUnheld()
            }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Has the path that another process has made, with the permissions that the configuration says.
    fileprivate func adoptPath() {
        listeners.withLock { listeners in
            guard listeners.adopts, let path = settings.socketPath else { return }
            listeners.adopts = false
            chmod(path, mode_t(settings.socketMode))
            listeners.socket = UnixSocket(adopting: path)
        }
    }
}

import Basics
import DoorProtocols
import Metrics
import NIOCore
import Synchronization

/// A connection of a door, for any thread.
protocol DoorConnection: Sendable {
    /// Ends it at once.
    func close()
    /// Asks it to end behind its last reply.
    func stop()
    /// Hands its socket on where nothing is under way on it, and ends without closing it; else as ``stop()``.
    func pass(to next: PassedConnections)
}

extension DoorConnection {
    /// By default a connection has more to it than its socket.
    func pass(to next: PassedConnections) { stop() }
}

/// The open connections of a door: their number is limited, for each client too, and all of them are told when the door
/// stops.
///
/// A full door gives up the connection that was idle for longest to take another one in. A client that has too many
/// loses one of its own. A connection that has questions or sessions is never given up.
final class OpenConnections: Sendable {
    private struct Entry {
        let connection: any DoorConnection
        let use: ConnectionUse
        let client: ClientAddress?
    }

    private struct State {
        /// By what is handed out for each.
        var entries: [ObjectIdentifier: Entry] = [:]
        var clients: [ClientAddress: Int] = [:]
        /// Those of ``chosenOf``, nil for all, that were idle for longest at the last look, with the time of their
        /// last use, the longest last.
        var chosen: [(id: ObjectIdentifier, lastUse: DoorInstant)] = []
        var chosenOf: ClientAddress?
        var isDraining = false
        /// Where connections go that the door does not serve any more; nil where they end.
        var next: PassedConnections?
        var drained: CheckedContinuation<Void, Never>?

        /// Takes out what waits until no connection is left; nil while one is left.
        mutating func takeDrained() -> CheckedContinuation<Void, Never>? {
            guard isDraining, entries.isEmpty else { return nil }
            defer { drained = nil }
            return drained
        }

        mutating func remove(_ id: ObjectIdentifier) -> Entry? {
            guard let entry = entries.removeValue(forKey: id) else { return nil }
            if let client = entry.client, let count = clients[client] { clients[client] = count > 1 ? count - 1 : nil }
            return entry
        }

        /// Takes out the connection that was idle for longest, of a client if one is given; nil when all are in use.
        ///
        /// Looking at all of them is expensive, so what is found serves the next calls too.
        mutating func giveUp(of client: ClientAddress?) -> Entry? {
            if chosenOf == client, let found = popChosen() { return found }
            var idle: [(id: ObjectIdentifier, lastUse: DoorInstant)] = []
            for (id, entry) in entries where (client == nil || entry.client == client) && !entry.use.isHeld {
                idle.append((id, entry.use.lastUse))
            }
            chosen = idle.sorted { $0.lastUse < $1.lastUse }.prefix(OpenConnections.lookahead).reversed()
            chosenOf = client
            return popChosen()
        }

        private mutating func popChosen() -> Entry? {
            while let next = chosen.popLast() {
                guard let use = entries[next.id]?.use, !use.isHeld, use.lastUse == next.lastUse else { continue }
                return remove(next.id)
            }
            return nil
        }
    }

    /// How many connections are chosen at once for being given up.
    private static let lookahead = 64

    private let state = Mutex(State())
    private let maximum: Int
    private let maximumOfClient: Int
    private let guaranteed: Int
    private let descriptors: DescriptorBudget
    private let connections: Meter?
    private let rejected: Counter?
    private let givenUp: @Sendable () -> Void

    /// - Parameters:
    ///   - maximumOfClient: how many one address may have; nil for half of all.
    ///   - guaranteed: how many it may have whatever the other doors hold.
    ///   - descriptors: what all doors share for those beyond.
    ///   - connections: shows how many are open.
    ///   - rejected: counts those that were not taken in.
    ///   - givenUp: called for each that was given up for another one.
    init(
        maximum: Int, maximumOfClient: Int? = nil, guaranteed: Int = 0, descriptors: DescriptorBudget = .unlimited,
        connections: Meter? = nil, rejected: Counter? = nil, givenUp: @escaping @Sendable () -> Void = {}
    ) {
        self.maximum = maximum
        self.maximumOfClient = maximumOfClient ?? (maximum + 1) / 2
        self.guaranteed = guaranteed
        self.descriptors = descriptors
        self.connections = connections
        self.rejected = rejected
        self.givenUp = givenUp
    }

    /// Takes a connection in until ``release(_:)``; nil: there are too many in use, or the door stops.
    ///
    /// - Parameter client: the other end of a TCP connection.
    func admit(
        _ connection: any DoorConnection, of client: ClientAddress?, at time: DoorInstant = .now
    ) -> ConnectionUse? {
        let use = ConnectionUse(at: time)
        let entry = Entry(connection: connection, use: use, client: client)
        let (isAdmitted, victim) = state.withLock { state -> (Bool, Entry?) in
            if state.isDraining { return (false, nil) }
            let isGreedy = client.map { state.clients[$0, default: 0] >= maximumOfClient } ?? false
            // A connection that is given up hands its descriptor on.
            let isFull = isGreedy || state.entries.count >= maximum
            let needsPlace = isFull || state.entries.count >= guaranteed && !descriptors.take()
            let victim = needsPlace ? state.giveUp(of: isGreedy ? client : nil) : nil
            if needsPlace && victim == nil { return (false, nil) }
            state.entries[ObjectIdentifier(use)] = entry
            if let client { state.clients[client, default: 0] += 1 }
            return (true, victim)
        }
        if let victim { giveUp(victim) }
        guard isAdmitted else {
            rejected?.increment()
            return nil
        }
        connections?.increment()
        return use
    }

    /// Takes a channel in until it closes.
    func admit(_ channel: any Channel) -> ConnectionUse? {
        let client = ClientAddress(channel.remoteAddress?.ipAddress)
        guard let use = admit(ChannelConnection(channel: channel), of: client) else { return nil }
        channel.closeFuture.whenComplete { _ in self.release(use) }
        return use
    }

    /// Gives up a few connections that were idle for longest, where the process has no descriptors for new ones.
    func giveUpIdle() {
        for _ in 0..<4 {
            guard let victim = state.withLock({ $0.giveUp(of: nil) }) else { return }
            giveUp(victim)
        }
    }

    private func giveUp(_ victim: Entry) {
        connections?.decrement()
        givenUp()
        victim.connection.close()
    }

    /// All that are open.
    var all: [any DoorConnection] { state.withLock { $0.entries.values.map(\.connection) } }

    /// Asks every connection to end behind its last reply, and returns when the last has ended. None is taken in any more.
    func drain() async {
        await withCheckedContinuation { (drained: CheckedContinuation<Void, Never>) in
            let (connections, done) = state.withLock { state in
                state.isDraining = true
                state.drained = drained
                return (state.entries.values.map(\.connection), state.takeDrained())
            }
            done?.resume()
            for connection in connections { connection.stop() }
        }
    }

    /// Asks every connection to end behind its last reply, but for those on which nothing is under way, and those that come: they are handed
    /// on.
    func passAll(to next: PassedConnections) {
        let connections = state.withLock { state in
            (state.isDraining, state.next) = (true, next)
            return state.entries.values.map(\.connection)
        }
        for connection in connections { connection.pass(to: next) }
    }

    /// Whether no connection has anything to say but its end.
    var isQuiet: Bool { state.withLock { $0.entries.values.allSatisfy(\.use.isOver) } }

    /// Ends every connection that no question is under way on.
    func closeUnheld() {
        let unheld = state.withLock { $0.entries.values.filter { !$0.use.isHeld && !$0.use.isOver }.map(\.connection) }
        for connection in unheld { connection.close() }
    }

    /// Takes connections in again.
    func resume() { state.withLock { ($0.isDraining, $0.next) = (false, nil) } }

    /// Hands on a connection that was not taken in; false where the caller still owns it.
    func pass(_ descriptor: CInt, isUnixSocket: Bool) -> Bool {
        state.withLock { $0.next }?.add(descriptor, isUnixSocket: isUnixSocket) ?? false
    }

    /// Waits no longer for connections that do not end: their loop is kept by an entry point that does not return.
    func giveUpDraining() {
        let waiting = state.withLock { state in
            defer { state.drained = nil }
            return state.drained
        }
        waiting?.resume()
    }

    /// Ends every connection now.
    func closeAll() { for connection in all { connection.close() } }

    /// Forgets a connection that is closed.
    func release(_ use: ConnectionUse) {
        let (wasOpen, isCounted, done) = state.withLock { state in
            let entry = state.remove(ObjectIdentifier(use))
            return (entry != nil, state.entries.count >= guaranteed, state.takeDrained())
        }
        // One that was given up has handed its descriptor on.
        if wasOpen {
            connections?.decrement()
            if isCounted { descriptors.giveBack() }
        }
        done?.resume()
    }
}

/// A connection over a channel.
private struct ChannelConnection: DoorConnection {
    let channel: any Channel

    func close() { channel.close(promise: nil) }

    func stop() { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
}

/// Tells a connection too many so, and closes it.
final class RejectedConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        let refusal = HTTPDoor.tooManyConnections(at: SystemTime.seconds)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: refusal)), promise: nil)
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}
}

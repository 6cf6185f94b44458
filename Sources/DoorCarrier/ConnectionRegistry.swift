import DoorProtocols
import Metrics
import NIOCore
import Synchronization

/// The open connections of a door: their number is limited, for each client too, and all of them are told when the door
/// stops.
///
/// A door that is full gives up the connection that was idle for longest to take another one in, and of a client that has
/// too many one of its own. One that has questions or sessions is never given up.
final class ConnectionRegistry: Sendable {
    private struct Entry {
        let channel: any Channel
        let use: ConnectionUse
        let client: ClientAddress?
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var clients: [ClientAddress: Int] = [:]
        /// Those of ``chosenOf``, nil for all, that were idle for longest when somebody last looked, with the time of their
        /// last use, the longest last.
        var chosen: [(id: ObjectIdentifier, lastUse: NIODeadline)] = []
        var chosenOf: ClientAddress?
        var isDraining = false
        var drained: EventLoopPromise<Void>?

        /// The promise to keep now, if nothing is left.
        mutating func takeDrained() -> EventLoopPromise<Void>? {
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
        /// Looking at all of them is dear, so what is found serves the next ones too.
        mutating func giveUp(of client: ClientAddress?) -> Entry? {
            if chosenOf == client, let found = popChosen() { return found }
            var idle: [(id: ObjectIdentifier, lastUse: NIODeadline)] = []
            for (id, entry) in entries where (client == nil || entry.client == client) && !entry.use.isHeld {
                idle.append((id, entry.use.lastUse))
            }
            chosen = idle.sorted { $0.lastUse < $1.lastUse }.prefix(ConnectionRegistry.lookahead).reversed()
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

    /// Takes a connection in until it closes; nil: there are too many in use, or the door stops.
    func admit(_ channel: any Channel) -> ConnectionUse? {
        let client = ClientAddress(channel.remoteAddress)
        let entry = Entry(channel: channel, use: ConnectionUse(), client: client)
        let (isAdmitted, victim) = state.withLock { state -> (Bool, Entry?) in
            if state.isDraining { return (false, nil) }
            let isGreedy = client.map { state.clients[$0, default: 0] >= maximumOfClient } ?? false
            // A connection that is given up hands its descriptor on.
            let isFull = isGreedy || state.entries.count >= maximum
            let needsPlace = isFull || state.entries.count >= guaranteed && !descriptors.take()
            let victim = needsPlace ? state.giveUp(of: isGreedy ? client : nil) : nil
            if needsPlace && victim == nil { return (false, nil) }
            state.entries[ObjectIdentifier(channel)] = entry
            if let client { state.clients[client, default: 0] += 1 }
            return (true, victim)
        }
        if let victim {
            connections?.decrement()
            givenUp()
            victim.channel.close(promise: nil)
        }
        guard isAdmitted else {
            rejected?.increment()
            return nil
        }
        connections?.increment()
        channel.closeFuture.whenComplete { _ in self.release(channel) }
        return entry.use
    }

    /// Gives up a few connections that were idle for longest, where the process has no descriptors for new ones.
    func giveUpIdle() {
        for _ in 0..<4 {
            guard let victim = state.withLock({ $0.giveUp(of: nil) }) else { return }
            connections?.decrement()
            givenUp()
            victim.channel.close(promise: nil)
        }
    }

    /// All that are open.
    var all: [any Channel] { state.withLock { $0.entries.values.map(\.channel) } }

    /// Asks every connection to end behind its last reply; the future is there when the last has ended.
    func drain(on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        let (channels, done) = state.withLock { state -> ([any Channel], EventLoopPromise<Void>?) in
            state.isDraining = true
            state.drained = promise
            return (state.entries.values.map(\.channel), state.takeDrained())
        }
        done?.succeed()
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        return promise.futureResult
    }

    /// Waits no longer for connections that do not end: their loop is kept by an entry point that does not return.
    func giveUpDraining() {
        state.withLock { state -> EventLoopPromise<Void>? in
            defer { state.drained = nil }
            return state.drained
        }?.succeed()
    }

    /// Ends every connection now.
    func closeAll() { for channel in all { channel.close(promise: nil) } }

    private func release(_ channel: any Channel) {
        let (wasOpen, isCounted, done) = state.withLock { state in
            let entry = state.remove(ObjectIdentifier(channel))
            return (entry != nil, state.entries.count >= guaranteed, state.takeDrained())
        }
        // One that was given up has handed its descriptor on.
        if wasOpen {
            connections?.decrement()
            if isCounted { descriptors.giveBack() }
        }
        done?.succeed()
    }
}

/// Tells a connection too many so, and closes it.
final class RejectedConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: HTTPDoor.tooManyConnections)), promise: nil)
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}
}

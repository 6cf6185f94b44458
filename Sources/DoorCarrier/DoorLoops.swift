import Basics
import DoorProtocols
import Epoll
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// What carries connections without TLS.
public enum DoorCarrierKind: String, Sendable, CaseIterable {
    /// The host's own event loops.
    case epoll
    /// Those of the network library, as connections with TLS.
    case nio
}

/// What is made of the connections of a listener.
struct DoorServing: Sendable {
    let isUnixSocket: Bool
    /// Serves a connection on a loop of the host's own, which owns the descriptor from here on.
    let begin: @Sendable (CInt, DoorPeer, EpollLoop) -> Void
    /// Serves a connection over a channel, which is prepared for its first bytes on its own loop; one whose future fails is closed.
    var prepare: @Sendable (any Channel, DoorPeer) -> EventLoopFuture<Void> = { channel, _ in
        channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
    }
}

/// The event loops of doors: those that serve, where entry points of a module may run, and one that accepts connections, where
/// none ever does.
///
/// A module that keeps a serving loop keeps the connections that are there already, until they are ended in its place. New ones go to the other loops, and to the
/// accepting one where no loop takes them: see ``ConnectionDealer``.
package final class DoorLoops: Sendable {
    private let kind: DoorCarrierKind
    private let threads: Int
    private let host: any QuestionAnswering
    private let accepting: EpollLoop
    let sockets: [EpollLoop]
    private let dealtSockets: [DealtLoop]
    private let pulses: [LoopPulse]
    /// Begun with the first listener that needs them.
    private let channels = Mutex<ChannelLoops?>(nil)

    /// - Parameters:
    ///   - threads: loops that serve; at least 1.
    ///   - kind: what carries connections without TLS.
    ///   - host: told on the accepting loop's thread that this stays free of module code.
    /// - Throws: where the system has no more threads or descriptors.
    package init(
        threads: Int, carrying kind: DoorCarrierKind = .epoll, host: any QuestionAnswering
    ) throws {
        self.kind = kind
        self.threads = max(1, threads)
        self.host = host
        accepting = try EpollLoop("auth-accept")
        sockets = try kind == .nio ? [] : (0..<self.threads).map { try EpollLoop("auth-door-\($0)") }
        dealtSockets = sockets.map(DealtLoop.init)
        pulses = sockets.map(LoopPulse.init)
        accepting.execute { host.keepThreadFree() }
    }

    /// Accepts connections for the loops that serve.
    ///
    /// - Parameters:
    ///   - descriptor: a socket that is bound; it is closed with the listener, or when this throws.
    ///   - needsChannels: whether the network library has to carry the connections, as for TLS.
    ///   - isHeld: whether it accepts nothing before it is told to.
    func accept(
        at descriptor: CInt, _ serving: DoorServing, _ pause: AcceptPause, needsChannels: Bool, isHeld: Bool = false
    ) async throws(SystemError) -> Listener {
        guard needsChannels || kind == .nio else {
            let dealer = ConnectionDealer(dealtSockets, spare: accepting, serving)
            return try await Listener(descriptor, on: accepting, dealer, pause, isHeld: isHeld)
        }
        let channels = channelLoops()
        let dealer = ConnectionDealer(channels.dealt, spare: channels.spare, serving)
        return try await Listener(descriptor, on: accepting, dealer, pause, isHeld: isHeld)
    }

    /// Returns when each loop has done what it was given before; a loop that a module keeps is waited for until the time is over.
    func turn(within limit: Duration) async {
        let first = AsyncStream<Void>.makeStream()
        let late = Task {
            try await Task.sleep(for: limit)
            first.continuation.finish()
        }
        Task { [sockets, accepting] in
            for loop in sockets + [accepting] { await loop.run {} }
            first.continuation.finish()
        }
        for await _ in first.stream {}
        late.cancel()
    }

    func channelLoops() -> ChannelLoops {
        channels.withLock { channels in
            if let channels { return channels }
            let begun = ChannelLoops(threads: threads, host: host)
            channels = begun
            return begun
        }
    }

    /// Ends the connections of loops that have not turned since the call before. Those of the network library's loops stay.
    ///
    /// - Returns: how many there were.
    func endKeptConnections() -> Int { pulses.reduce(0) { $0 + $1.look() } }

    /// Ends the loops. One that a module keeps busy is left behind after the time, so that the host ends nevertheless.
    package func shutdown(within limit: Duration = .seconds(5)) async {
        let channels = channels.withLock { $0 }
        let first = AsyncStream<Void>.makeStream()
        let late = Task {
            try await Task.sleep(for: limit)
            first.continuation.finish()
        }
        Task { [sockets] in
            for loop in sockets { await loop.end() }
            if let channels { await channels.group.end() }
            first.continuation.finish()
        }
        for await _ in first.stream {}
        late.cancel()
        await accepting.end()
        if let channels { await channels.spareGroup.end() }
    }
}

extension EpollLoop: ServingLoop {
    func begin(_ descriptor: CInt, _ serving: DoorServing) {
        guard let peer = DoorPeer.of(descriptor, isUnixSocket: serving.isUnixSocket) else {
            close(descriptor)
            return
        }
        serving.begin(descriptor, peer, self)
    }
}

/// The loops of the network library.
final class ChannelLoops: Sendable {
    let group: MultiThreadedEventLoopGroup
    let spareGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    fileprivate let dealt: [DealtLoop]
    fileprivate let spare: ChannelLoop

    init(threads: Int, host: any QuestionAnswering) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        dealt = group.makeIterator().map { DealtLoop(ChannelLoop(loop: $0)) }
        spare = ChannelLoop(loop: spareGroup.next())
        spareGroup.next().execute { host.keepThreadFree() }
    }
}

extension MultiThreadedEventLoopGroup {
    fileprivate func end() async {
        await withCheckedContinuation { done in shutdownGracefully { _ in done.resume() } }
    }
}

/// A loop of the network library.
private struct ChannelLoop: ServingLoop {
    let loop: any EventLoop

    func execute(_ work: @escaping @Sendable () -> Void) { loop.execute(work) }

    /// Makes a channel of a descriptor, which closes it whatever happens.
    func begin(_ descriptor: CInt, _ serving: DoorServing) {
        guard let peer = DoorPeer.of(descriptor, isUnixSocket: serving.isUnixSocket) else {
            close(descriptor)
            return
        }
        var bootstrap = ClientBootstrap(group: loop)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.writeBufferWaterMark, value: .init(low: UnreadLimits.few, high: UnreadLimits.most))
            .channelInitializer { serving.prepare($0, peer) }
        if !serving.isUnixSocket { bootstrap = bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1) }
        _ = bootstrap.withConnectedSocket(descriptor)
    }
}

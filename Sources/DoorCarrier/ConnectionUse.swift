import DoorProtocols
import NIOCore
import Synchronization

/// How a connection is used, for the registry that must give one up. Written on its event loop, read from any thread.
final class ConnectionUse: Sendable {
    /// On the clock of ``NIODeadline``, in nanoseconds.
    private let lastByte: Atomic<UInt64>
    private let held = Atomic(false)

    init(at time: NIODeadline = .now()) { lastByte = Atomic(time.uptimeNanoseconds) }

    /// When a byte last came or went.
    var lastUse: NIODeadline { .uptimeNanoseconds(lastByte.load(ordering: .relaxed)) }

    /// Whether it has questions whose answers are due, or sessions that it would lose: it is not given up then, neither for
    /// another one nor for being idle.
    var isHeld: Bool {
        get { held.load(ordering: .relaxed) }
        set { held.store(newValue, ordering: .relaxed) }
    }

    func note(_ time: NIODeadline = .now()) { lastByte.store(time.uptimeNanoseconds, ordering: .relaxed) }
}

/// The client of a TCP connection, for counting: an IPv4 address, or the network of 64 bits that an IPv6 address is in, of
/// which one machine has all.
struct ClientAddress: Hashable, Sendable {
    private let bytes: [UInt8]

    /// Nil for unix sockets, whose clients no address tells apart; who may open them is for their permissions to say.
    init?(_ address: SocketAddress?) {
        guard let text = address?.ipAddress, let bytes = DoorPeer.bytes(ofAddress: text) else { return nil }
        self.bytes = bytes.count == 4 ? bytes : Array(bytes[..<8])
    }
}

/// Stands between the network and everything else of a connection: notes its use, and closes it when its client has said
/// nothing for too long.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private let use: ConnectionUse
    private let firstByte: TimeAmount?
    private let idle: TimeAmount?
    private let whenIdle: @Sendable () -> Void
    private let now: @Sendable () -> NIODeadline
    private let begun: NIODeadline
    private var hasRead = false
    private var timer: Scheduled<Void>?

    /// - Parameters:
    ///   - firstByte: how long a client may take to say anything; nil where the protocol tells it itself.
    ///   - idle: how long a connection may say and hear nothing, unless it is held; nil for ever.
    ///   - whenIdle: called when one is closed.
    ///   - now: the event loop's clock.
    init(
        _ use: ConnectionUse, firstByte: TimeAmount?, idle: TimeAmount?, whenIdle: @escaping @Sendable () -> Void = {},
        now: @escaping @Sendable () -> NIODeadline = { .now() }
    ) {
        self.use = use
        self.firstByte = firstByte
        self.idle = idle
        self.whenIdle = whenIdle
        self.now = now
        begun = now()
    }

    /// Returns how the connection of a handler is used; nil where nobody asks.
    static func use(in context: ChannelHandlerContext) -> ConnectionUse? {
        (try? context.pipeline.syncOperations.handler(type: ConnectionGuard.self))?.use
    }

    func handlerAdded(context: ChannelHandlerContext) { schedule(context) }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        hasRead = true
        use.note(now())
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        use.note(now())
        context.write(data, promise: promise)
    }

    private var due: NIODeadline? {
        if !hasRead, let firstByte { return begun + firstByte }
        return idle.map { use.lastUse + $0 }
    }

    private func schedule(_ context: ChannelHandlerContext) {
        guard let due else { return }
        // One that is held is looked at again.
        // The first look comes when either time may be over: bytes that come meanwhile change which counts.
        let early = begun + (idle ?? .hours(24))
        let first = hasRead || early <= now() ? due : min(due, early)
        let deadline = max(first, now() + (use.isHeld ? min(idle ?? .minutes(1), .minutes(1)) : .zero))
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in
            self?.look(context)
        }
    }

    private func look(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        guard let due else { return }
        guard due <= now(), !use.isHeld else { return schedule(context) }
        whenIdle()
        context.close(promise: nil)
    }
}

import DoorProtocols
import NIOCore

/// Notes the use of a connection, and knows when its client has said nothing for too long. On the connection's own thread.
final class IdleWatch {
    private let use: ConnectionUse
    private let firstByte: Duration?
    private let idle: Duration?
    private let begun: DoorInstant
    private let whenIdle: @Sendable () -> Void
    private var hasRead = false

    /// - Parameters:
    ///   - firstByte: how long a client may take to say anything; nil where the protocol tells it itself.
    ///   - idle: how long a connection may say and hear nothing, unless it is held; nil for ever.
    ///   - begun: when the connection began.
    ///   - whenIdle: called when one is over.
    init(
        _ use: ConnectionUse, firstByte: Duration?, idle: Duration?, begun: DoorInstant = .now,
        whenIdle: @escaping @Sendable () -> Void = {}
    ) {
        self.use = use
        self.firstByte = firstByte
        self.idle = idle
        self.begun = begun
        self.whenIdle = whenIdle
    }

    /// Notes bytes of the client.
    func noteRead(_ now: DoorInstant) {
        hasRead = true
        use.note(now)
    }

    /// Notes bytes for the client.
    func noteWrite(_ now: DoorInstant) { use.note(now) }

    private var due: DoorInstant? {
        if !hasRead, let firstByte { return begun + firstByte }
        return idle.map { use.lastUse + $0 }
    }

    /// When to ask next whether a time is over; nil for never.
    func nextLook(_ now: DoorInstant) -> DoorInstant? {
        guard let due else { return nil }
        // The first look comes when either time may be over: bytes that come meanwhile change which counts.
        let early = begun + (idle ?? .seconds(86_400))
        let first = hasRead || early <= now ? due : min(due, early)
        // A connection that is held is looked at again.
        return use.isHeld ? max(first, now + min(idle ?? .seconds(60), .seconds(60))) : max(first, now)
    }

    /// Whether the client has said nothing for too long; the connection is closed then.
    func isOver(_ now: DoorInstant) -> Bool {
        guard let due, due <= now, !use.isHeld else { return false }
        whenIdle()
        return true
    }
}

/// Watches a connection from between the network and what decrypts it. A carrier at the network itself has its own watch.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private let watch: IdleWatch
    private var timer: Scheduled<Void>?

    init(_ watch: IdleWatch) { self.watch = watch }

    func handlerAdded(context: ChannelHandlerContext) { schedule(context) }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        watch.noteRead(context.eventLoop.instant)
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        watch.noteWrite(context.eventLoop.instant)
        context.write(data, promise: promise)
    }

    private func schedule(_ context: ChannelHandlerContext) {
        guard let due = watch.nextLook(context.eventLoop.instant) else { return }
        timer = context.eventLoop.assumeIsolated().scheduleTask(
            deadline: .uptimeNanoseconds(due.nanoseconds)
        ) { [self] in
            guard context.channel.isActive else { return }
            if watch.isOver(context.eventLoop.instant) { context.close(promise: nil) } else { schedule(context) }
        }
    }
}

extension EventLoop {
    /// Its clock, as conversations have it.
    var instant: DoorInstant { DoorInstant(nanoseconds: now.uptimeNanoseconds) }
}

import NIOCore

/// Notes the use of a connection, and closes it when its client has said nothing for too long. On the connection's event loop.
final class IdleWatch {
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

    /// Begins to watch.
    func begin(_ channel: any Channel) { schedule(channel) }

    /// Notes bytes of the client.
    func noteRead() {
        hasRead = true
        use.note(now())
    }

    /// Notes bytes for the client.
    func noteWrite() { use.note(now()) }

    /// Ends with the connection.
    func end() { timer?.cancel() }

    private var due: NIODeadline? {
        if !hasRead, let firstByte { return begun + firstByte }
        return idle.map { use.lastUse + $0 }
    }

    private func schedule(_ channel: any Channel) {
        guard let due else { return }
        // One that is held is looked at again.
        // The first look comes when either time may be over: bytes that come meanwhile change which counts.
        let early = begun + (idle ?? .hours(24))
        let first = hasRead || early <= now() ? due : min(due, early)
        let deadline = max(first, now() + (use.isHeld ? min(idle ?? .minutes(1), .minutes(1)) : .zero))
        timer = channel.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in
            self?.look(channel)
        }
    }

    private func look(_ channel: any Channel) {
        guard channel.isActive else { return }
        guard let due else { return }
        guard due <= now(), !use.isHeld else { return schedule(channel) }
        whenIdle()
        channel.close(promise: nil)
    }
}

/// Watches a connection from between the network and what decrypts it. A carrier at the network itself watches its own, which spares
/// each read and write a handler.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private let watch: IdleWatch

    init(_ watch: IdleWatch) { self.watch = watch }

    func handlerAdded(context: ChannelHandlerContext) { watch.begin(context.channel) }

    func handlerRemoved(context: ChannelHandlerContext) { watch.end() }

    func channelInactive(context: ChannelHandlerContext) {
        watch.end()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        watch.noteRead()
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        watch.noteWrite()
        context.write(data, promise: promise)
    }
}

import DoorProtocols
import Logging
import NIOCore

/// Carries one conversation over a channel: what comes in goes to it, what it leaves goes out, and its deadline is watched.
///
/// Back-pressure, half-closed connections, the end behind the last byte and the overwriting of what came are here, for every
/// protocol.
final class Carrier<Carried: Conversation & ~Copyable>: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case connecting
        case conversing
        /// Everything is said; what still comes is thrown away.
        case ending
        case gone
    }

    private var conversation: Carried
    private var turn: DoorTurn
    private var phase = Phase.connecting
    private let use: ConnectionUse
    /// nil where a handler before this one watches.
    private let watch: IdleWatch?
    private let log: Logger
    private let observe: (@Sendable ([UInt8]) -> Void)?
    private var context: ChannelHandlerContext?
    /// What is written goes out from here.
    private var buffer = ByteBuffer()
    private var isReadHeld = false
    private var isHeld = false
    /// The timer, and when it rings: not later than the conversation's deadline.
    private var timer: (task: Scheduled<Void>, due: DoorInstant)?
    private var hasLeft = false
    /// Bytes that were thrown away behind the end.
    private var discarded = 0

    /// - Parameter observe: sees what goes out; nil where nobody looks.
    init(
        _ conversation: consuming Carried, _ use: ConnectionUse, watch: IdleWatch?, _ log: Logger,
        observe: (@Sendable ([UInt8]) -> Void)? = nil
    ) {
        self.conversation = conversation
        self.use = use
        self.watch = watch
        self.log = log
        self.observe = observe
        turn = DoorTurn(now: DoorInstant(nanoseconds: 0))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        watch?.begin(context.channel)
        if let size = Carried.readSize {
            let whole = FixedSizeRecvByteBufferAllocator(capacity: size)
            context.channel.setOption(.recvAllocator, value: whole).whenFailure { _ in }
        }
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard case .connecting = phase else { return }
        phase = .conversing
        let (loop, me) = (context.eventLoop, NIOLoopBound(self, eventLoop: context.eventLoop))
        let mailbox = DoorMailbox<Carried.Event> { event in loop.execute { me.value.take(event) } }
        startTurn(context)
        conversation.begin(mailbox, &turn)
        finishTurn(context)
    }

    // MARK: - What comes in

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let incoming = BytesOfPipeline.unwrapInboundIn(data)
        watch?.noteRead()
        defer { incoming.overwrite() }
        guard case .conversing = phase else {
            discarded += incoming.readableBytes
            return
        }
        startTurn(context)
        conversation.receive(incoming.readableBytesUInt8Span, &turn)
        // What is not much goes out when everything that came at once was read.
        if turn.end != nil || turn.out.count >= DoorTurn.fullSize { finishTurn(context) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .conversing = phase {
            // The clock was read with the bytes.
            turn.isWritable = context.channel.isWritable
            conversation.settle(&turn)
            finishTurn(context)
        }
        context.fireChannelReadComplete()
    }

    private func take(_ event: Carried.Event) {
        guard let context, case .conversing = phase else {
            // What it brings has to be wound up.
            conversation.take(event, &turn)
            return turn.out.removeAll()
        }
        startTurn(context)
        conversation.take(event, &turn)
        finishTurn(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .conversing = phase {
            startTurn(context)
            conversation.resume(&turn)
            finishTurn(context)
        }
        context.fireChannelWritabilityChanged()
    }

    /// Holds reading back while the conversation wants no more, or the client does not take what it is sent.
    func read(context: ChannelHandlerContext) {
        if wantsRead(context) { context.read() } else { isReadHeld = true }
    }

    private func wantsRead(_ context: ChannelHandlerContext) -> Bool {
        guard case .conversing = phase else { return discarded < EndLimits.discarded }
        return conversation.wantsInput && context.channel.isWritable
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is ChannelShouldQuiesceEvent || (event as? ChannelEvent) == .inputClosed else {
            return context.fireUserInboundEventTriggered(event)
        }
        guard case .conversing = phase else {
            // The client has read what it wanted.
            if case .ending = phase, (event as? ChannelEvent) == .inputClosed { context.close(promise: nil) }
            return
        }
        startTurn(context)
        if event is ChannelShouldQuiesceEvent { conversation.stop(&turn) } else { conversation.endOfInput(&turn) }
        finishTurn(context)
    }

    // MARK: - Turns

    private func startTurn(_ context: ChannelHandlerContext) {
        turn.now = DoorInstant(nanoseconds: context.eventLoop.now.uptimeNanoseconds)
        turn.isWritable = context.channel.isWritable
    }

    /// Carries out what the conversation has left.
    private func finishTurn(_ context: ChannelHandlerContext) {
        while true {
            let wasFull = turn.out.count >= DoorTurn.fullSize
            // Before the client can know of it: nobody may take its place from then on.
            noteHold()
            send(context)
            if turn.end != nil { break }
            // What waited for room goes on, as long as there is some.
            guard wasFull, context.channel.isWritable else { break }
            startTurn(context)
            conversation.resume(&turn)
        }
        if let end = turn.end { return self.end(end, context) }
        watchClock(context)
        if isReadHeld, wantsRead(context) {
            isReadHeld = false
            context.read()
        }
    }

    private func noteHold() {
        guard conversation.isHeld != isHeld else { return }
        isHeld.toggle()
        use.isHeld = isHeld
    }

    private func send(_ context: ChannelHandlerContext) {
        let wantsNotice = turn.wantsSentNotice
        if turn.out.isEmpty && !wantsNotice { return }
        turn.wantsSentNotice = false
        observe?(turn.out.bytes)
        watch?.noteWrite()
        buffer.clear()
        buffer.writeBytes(turn.out.bytes)
        turn.out.removeAll()
        guard wantsNotice else { return context.writeAndFlush(NIOAny(buffer), promise: nil) }
        context.writeAndFlush(NIOAny(buffer)).assumeIsolated().whenSuccess { [weak self] in self?.sent() }
    }

    private func sent() {
        guard let context, case .conversing = phase else { return }
        startTurn(context)
        conversation.sent(&turn)
        finishTurn(context)
    }

    // MARK: - The clock

    private func watchClock(_ context: ChannelHandlerContext) {
        guard let due = conversation.deadline else { return }
        // One that rings too early looks again.
        if let timer, timer.due <= due { return }
        timer?.task.cancel()
        let task = context.eventLoop.assumeIsolated().scheduleTask(
            deadline: .uptimeNanoseconds(due.nanoseconds)
        ) { [self] in ring() }
        timer = (task, due)
    }

    private func ring() {
        timer = nil
        guard let context, case .conversing = phase else { return }
        startTurn(context)
        if let due = conversation.deadline, due <= turn.now { conversation.timeUp(&turn) }
        finishTurn(context)
    }

    // MARK: - The end

    private func end(_ end: DoorTurn.End, _ context: ChannelHandlerContext) {
        phase = .ending
        // From here on the connection is worth nothing to its client: it may be given up, and its sessions end.
        leaveConversation()
        use.isHeld = false
        isHeld = false
        if case .now = end { return context.close(promise: nil) }
        closeIn(EndLimits.sending, context)
        // Behind the last byte.
        context.writeAndFlush(NIOAny(ByteBuffer())).assumeIsolated().whenComplete { [self] _ in
            guard let context = self.context else { return }
            if case .lingering = end { linger(context) } else { context.close(promise: nil) }
        }
        resumeReading(context)
    }

    /// Closes our half first, and the rest in two seconds, whatever the client does (RFC 9112, section 9.6).
    private func linger(_ context: ChannelHandlerContext) {
        context.close(mode: .output, promise: nil)
        closeIn(EndLimits.lingering, context)
    }

    private func closeIn(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        stopTimer()
        let task = context.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
            self.context?.close(promise: nil)
            return
        }
        timer = (task, turn.now)
    }

    /// What still comes is thrown away.
    private func resumeReading(_ context: ChannelHandlerContext) {
        guard isReadHeld else { return }
        isReadHeld = false
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        leave()
        self.context = nil
    }

    private func leave() {
        if case .gone = phase { return }
        phase = .gone
        watch?.end()
        stopTimer()
        leaveConversation()
    }

    private func leaveConversation() {
        if hasLeft { return }
        hasLeft = true
        conversation.leave()
    }

    private func stopTimer() {
        timer?.task.cancel()
        timer = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        log.debug("a connection failed: \(error)")
        context.close(promise: nil)
    }
}

/// Takes bytes out of what a pipeline hands on. A type of its own: in one that is generic, as a carrier is, types are looked at when
/// it runs.
private final class BytesOfPipeline: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
}

/// What a connection is worth when everything is said.
private enum EndLimits {
    /// How long a client may take to take its last bytes.
    static let sending = TimeAmount.seconds(30)
    /// How long its own end is waited for behind them.
    static let lingering = TimeAmount.seconds(2)
    /// So many bytes are thrown away, and no more are read.
    static let discarded = 1 << 20
}

/// A conversation that is carried over a channel.
package struct CarriedConversation {
    let handler: any ChannelHandler
}

/// Carries conversations over one channel.
package struct ChannelCarrying: DoorCarrying {
    let use: ConnectionUse
    /// What the carrier tells of bytes; nil where a handler before it does.
    var watch: IdleWatch?
    let log: Logger
    var observe: (@Sendable ([UInt8]) -> Void)?

    /// Takes a conversation over.
    package func carry<Carries: Conversation & ~Copyable>(_ conversation: consuming Carries) -> CarriedConversation {
        CarriedConversation(handler: Carrier(conversation, use, watch: watch, log, observe: observe))
    }
}

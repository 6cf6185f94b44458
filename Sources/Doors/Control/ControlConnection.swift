import Glibc
import Logging
import NIOCore

/// One operator's connection, on the control socket's event loop.
final class ControlConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How often the log is looked at for who follows it.
    private static let pace = TimeAmount.milliseconds(100)
    /// Lines that are sent at once at most.
    private static let batch = 128

    private let host: any ControlAnswering
    /// Nil where it is one too many.
    private let use: ConnectionUse?
    private let log: Logger
    private var permitted = false
    private var line: [UInt8] = []
    private var following: RepeatedTask?
    /// Whether an answer is awaited, behind which further requests wait.
    private var isWaiting = false { didSet { use?.isHeld = isWaiting } }
    private var position: UInt64 = 0

    init(_ host: any ControlAnswering, _ use: ConnectionUse?, _ log: Logger) {
        self.host = host
        self.use = use
        self.log = log
    }

    func channelActive(context: ChannelHandlerContext) {
        guard use != nil else {
            return refuse("too many operators are connected: \(ControlServer.mostConnections)", context)
        }
        let channel = NIOLoopBound(context, eventLoop: context.eventLoop)
        let this = NIOLoopBound(self, eventLoop: context.eventLoop)
        // Reading begins when it is known who is there.
        PeerCredentials.of(context.channel).assumeIsolated().whenComplete { result in
            this.value.judge(try? result.get(), channel.value)
        }
    }

    private func judge(_ peer: PeerCredentials?, _ context: ChannelHandlerContext) {
        guard let peer, peer.uid == geteuid() || peer.uid == 0 else {
            log.warning("control socket: user \(peer.map { "\($0.uid)" } ?? "unknown") was refused")
            return refuse("only the user that the host runs as, and root, may use the control socket", context)
        }
        permitted = true
        serve(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        following?.cancel()
        following = nil
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        line += buffer.readBytes(length: buffer.readableBytes) ?? []
        serve(context)
    }

    /// Answers the whole lines that are there.
    private func serve(_ context: ChannelHandlerContext) {
        guard permitted else {
            if line.count > ControlLine.limit { context.close(promise: nil) }
            return
        }
        while following == nil, !isWaiting, let end = line.firstIndex(of: UInt8(ascii: "\n")), end <= ControlLine.limit
        {
            let request = Array(line[..<end])
            line.removeFirst(end + 1)
            answer(request, context)
        }
        if line.count > ControlLine.limit { refuse("a request is longer than \(ControlLine.limit) bytes", context) }
    }

    private func answer(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        // Who does not read gets no more answers.
        guard context.channel.isWritable else { return context.close(promise: nil) }
        switch ControlLine.request(bytes) {
        case .failure(let error): send(.failure(error.description), context)
        case .success(let request) where request.action == .events: follow(request, context)
        case .success(let request) where request.action == .credential: waitForCredential(request, context)
        case .success(let request): send(host.answer(request), context)
        }
    }

    private func waitForCredential(_ request: ControlRequest, _ context: ChannelHandlerContext) {
        isWaiting = true
        let loop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: loop)
        host.credential(request) { reply in
            loop.execute {
                let (this, context) = bound.value
                this.isWaiting = false
                guard context.channel.isActive else { return }
                this.send(reply, context)
                this.serve(context)
            }
        }
    }

    private func follow(_ request: ControlRequest, _ context: ChannelHandlerContext) {
        guard let since = Optional(request.since ?? 0), (0...1024).contains(since) else {
            return send(.failure("`since` takes a number of lines from 0 to 1024"), context)
        }
        position = host.nextEvent - min(host.nextEvent, UInt64(since))
        let end = host.nextEvent
        // The first lines are those that are kept; that older ones are not is no loss on the way.
        position = max(position, position + host.events(from: position, limit: 0).missed)
        while position < end { sendEvents(context) }
        guard request.follow == true else { return send(ControlReply(), context) }
        let this = NIOLoopBound(self, eventLoop: context.eventLoop)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        following = context.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: Self.pace) { _ in
            guard bound.value.channel.isWritable else { return }
            this.value.sendEvents(bound.value)
        }
    }

    private func sendEvents(_ context: ChannelHandlerContext) {
        let events = host.events(from: position, limit: Self.batch)
        position = events.next
        for (index, event) in events.lines.enumerated() {
            var reply = ControlReply()
            reply.event = event
            if index == 0 && events.missed > 0 { reply.missed = events.missed }
            send(reply, context)
        }
    }

    private func refuse(_ why: String, _ context: ChannelHandlerContext) {
        line = []
        permitted = false
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: ControlLine.encode(ControlReply.failure(why)))))
            .assumeIsolated().whenComplete { _ in bound.value.close(promise: nil) }
    }

    private func send(_ reply: ControlReply, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: ControlLine.encode(reply))), promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let end = event as? ControlEnd { return stop(end, context) }
        // A client that follows the log may be silent for as long as it likes, and is let go when it does not read either.
        if event is IdleStateHandler.IdleStateEvent, following == nil || !context.channel.isWritable {
            context.close(promise: nil)
        }
    }

    private func stop(_ end: ControlEnd, _ context: ChannelHandlerContext) {
        guard following != nil else { return context.close(promise: nil) }
        guard end == .ofEvents else { return }
        following?.cancel()
        let last = host.nextEvent
        while position < last { sendEvents(context) }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
            bound.value.close(promise: nil)
        }
        // Who does not read does not hold up the end.
        context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { bound.value.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

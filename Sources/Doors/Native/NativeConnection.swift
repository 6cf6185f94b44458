import AuthCore
import Basics
import NIOCore

/// One connection of the native door, on its event loop.
///
/// Questions are asked as they are read and answered in the order of their answers. No more is read while as many as the
/// door permits wait, or while the client does not take its answers.
final class NativeConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// Nothing but a HELLO is taken.
        case greeting
        /// Nothing but a LOGON is taken.
        case loggingOn(tries: Int)
        case asking
        /// Nothing is read; it closes behind its last answer.
        case finishing
        case gone
    }

    /// How often a client may try to log on.
    static let mostTries = 3
    /// Answers are sent early when they have grown to this many bytes.
    static let flushThreshold = 64 * 1024

    let door: NativeDoor
    let peer: DoorPeer
    let connection: DoorConnection
    var phase = Phase.greeting
    var received = ReceivedBytes()
    var writer = NativeWriter()
    var pending: [UInt64: Ticket] = [:]
    var nextTicket: UInt64 = 0
    var wantsPushes = false
    var isReadHeld = false
    var context: ChannelHandlerContext?
    var timer: Scheduled<Void>?
    /// The session of who has logged on, and those that end with the connection.
    var own: Set<SessionID> = []
    /// What is told here unasked.
    var interest = NativeInterest()
    var watch: HostWatch?
    /// Ends the connection with the session of who has logged on.
    var logOnWatch: HostWatch?
    /// Whether something that nobody asked for is on its way, and how many bytes of such wait behind it.
    var isPushing = false
    var unread = 0

    init(_ door: NativeDoor, _ peer: DoorPeer, _ connection: DoorConnection) {
        self.door = door
        self.peer = peer
        self.connection = connection
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        restartTimer()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let incoming = unwrapInboundIn(data)
        switch phase {
        case .greeting, .loggingOn, .asking: received.append(incoming)
        case .finishing, .gone: return incoming.overwrite()
        }
        readFrames()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        readFrames()
        flush()
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        if wantsMore { context.read() } else { isReadHeld = true }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: finish()
        case is ChannelShouldQuiesceEvent: finish()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    var wantsMore: Bool {
        switch phase {
        case .greeting, .loggingOn, .asking:
            pending.count < door.mostPending && context?.channel.isWritable == true
        case .finishing: pending.isEmpty
        case .gone: true
        }
    }

    // MARK: - Frames

    func readFrames() {
        var isNew = false
        while wantsMore, var frame = nextFrame() {
            isNew = true
            do throws(DoorFault) {
                try take(NativeReader.request(frame[...]))
            } catch {
                fail(error)
            }
            // Of a password nothing but the Secret that was made of it is left.
            if NativeReader.holdsSecret(frame) { frame.wipe() }
            if writer.out.readableBytes >= Self.flushThreshold { flush() }
        }
        // What trickles in has no more time than what comes at once, and nobody greets or logs on for ever.
        if (isNew && isAsking) || timer == nil { restartTimer() }
    }

    /// Takes a whole frame out of the buffer, without its length; nil when there is none yet.
    func nextFrame() -> [UInt8]? {
        switch phase {
        case .greeting, .loggingOn, .asking: break
        case .finishing, .gone: return nil
        }
        let buffer = received.buffer
        guard let length = buffer.getInteger(at: buffer.readerIndex, endianness: .little, as: UInt32.self) else {
            return nil
        }
        guard (NativeProtocol.headerSize...NativeProtocol.longestFrame).contains(Int(length)) else {
            fail(
                DoorFault(
                    "length",
                    "a frame of \(length) bytes; \(NativeProtocol.headerSize) to \(NativeProtocol.longestFrame) are accepted"
                ))
            return nil
        }
        guard buffer.readableBytes >= NativeProtocol.lengthSize + Int(length) else { return nil }
        let bytes = buffer.getBytes(at: buffer.readerIndex + NativeProtocol.lengthSize, length: Int(length)) ?? []
        received.discard(NativeProtocol.lengthSize + Int(length))
        return bytes
    }

    func fail(_ fault: DoorFault) {
        connection.countFault(fault.kind)
        writer.fault(fault)
        // Questions that wait would be answered behind the end.
        abandon()
        finish()
    }

    func take(_ request: NativeRequest) throws(DoorFault) {
        switch (phase, request.body) {
        case (.greeting, .hello(let lowest, let highest, _, let wantsPushes)):
            guard (lowest...max(lowest, highest)).contains(NativeProtocol.version) else {
                throw DoorFault(
                    "version", "version \(NativeProtocol.version) is spoken here, not \(lowest) to \(highest)")
            }
            self.wantsPushes = wantsPushes
            phase = door.needsLogon ? .loggingOn(tries: 0) : .asking
            writer.hello(request.number)
        case (.greeting, _): throw DoorFault("greeting", "a connection begins with HELLO")
        case (.loggingOn(let tries), .logon(let user, let secret)):
            try logon(user, secret, tries, request.number)
        case (.loggingOn, .ping), (.asking, .ping): writer.pong(request.number)
        case (.loggingOn, _): throw DoorFault("logon", "a connection logs on before it asks")
        case (.asking, .logon): throw DoorFault("logon", "nobody logs on at this door, or twice")
        case (.asking, .hello): throw DoorFault("greeting", "a connection greets once")
        case (.asking, let body): try ask(body, request.number)
        case (.finishing, _), (.gone, _): break
        }
    }

    // MARK: - The end

    var isAsking: Bool { if case .asking = phase { true } else { false } }

    var isOver: Bool {
        switch phase {
        case .finishing, .gone: true
        case .greeting, .loggingOn, .asking: false
        }
    }

    func flush() {
        guard let context else { return }
        if !writer.isEmpty { context.writeAndFlush(wrapOutboundOut(writer.take()), promise: nil) }
        if case .finishing = phase, pending.isEmpty { return context.close(promise: nil) }
        if isReadHeld, wantsMore {
            isReadHeld = false
            context.read()
        }
    }

    /// Reads no more; what was asked is answered first.
    func finish() {
        guard !isOver else { return }
        phase = .finishing
        timer?.cancel()
        received.wipe()
        flush()
    }

    /// Says whether the connection may be given up for another one: not while it has questions or sessions.
    func noteUse() { connection.use.isHeld = !pending.isEmpty || !own.isEmpty || !interest.isEmpty }

    func abandon() {
        let tickets = pending
        pending = [:]
        for ticket in tickets.values { ticket.abandon() }
    }

    func end() {
        if case .gone = phase { return }
        phase = .gone
        timer?.cancel()
        watch = nil
        logOnWatch = nil
        interest.end()
        received.wipe()
        context = nil
        abandon()
        for session in own { _ = door.host.ask(.logout(session)) }
        own = []
    }

    /// A client must greet, and end what it has begun to say, within the door's time-out; between frames it may be silent.
    func restartTimer() {
        timer?.cancel()
        timer = nil
        guard !isOver, let context else { return }
        if case .asking = phase, received.isEmpty || !wantsMore { return }
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: connection.timeout) { [weak self] in
            guard let self, !isOver else { return }
            fail(DoorFault("slow", "the rest of what was begun did not come in time"))
            flush()
        }
    }
}

/// Refers to a connection without keeping it.
struct Weak<Object: AnyObject> {
    private(set) weak var value: Object?

    init(_ value: Object) { self.value = value }
}

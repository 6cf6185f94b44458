import DoorProtocols
import Epoll
import Logging
import NIOCore

/// Carries a conversation over a channel of the network library.
final class ChannelCarrier: ChannelDuplexHandler, CarrierSocket {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let carrier: Carrier
    private let log: Logger
    private var context: ChannelHandlerContext?
    /// What is written goes out from here.
    private var buffer = ByteBuffer()
    private var isReadHeld = false
    private var timer: Scheduled<Void>?

    init(_ carrier: Carrier, _ log: Logger) {
        self.carrier = carrier
        self.log = log
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if let size = carrier.readSize {
            let whole = FixedSizeRecvByteBufferAllocator(capacity: size)
            context.channel.setOption(.recvAllocator, value: whole).whenFailure { _ in }
        }
        if context.channel.isActive { carrier.begin(self) }
    }

    func channelActive(context: ChannelHandlerContext) {
        carrier.begin(self)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let incoming = unwrapInboundIn(data)
        defer { incoming.overwrite() }
        carrier.receive(incoming.readableBytesUInt8Span, self)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        carrier.settle(self)
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        carrier.writabilityChanged(self)
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        if carrier.wantsRead(self) { context.read() } else { isReadHeld = true }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            carrier.stop(self)
        } else if (event as? ChannelEvent) == .inputClosed {
            carrier.inputEnded(self)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        leave()
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        log.debug("a connection failed: \(error)")
        context.close(promise: nil)
    }

    private func leave() {
        setTimer(nil)
        carrier.leave()
    }

    // MARK: - What the carrier asks for

    var now: DoorInstant {
        DoorInstant(nanoseconds: (context?.eventLoop.now ?? .now()).uptimeNanoseconds)
    }

    var isWritable: Bool { context?.channel.isWritable ?? false }

    var reference: CarrierReference {
        guard let loop = context?.eventLoop else { return CarrierReference(wake: {}, keep: { 0 }) }
        let me = WeaklyOnThread(self)
        return CarrierReference(
            wake: {
                guard let kept = me.kept else { return }
                loop.execute { kept.value.carrier.takeEvents(kept.value) }
            }, keep: { me.kept })
    }

    func write(_ bytes: [UInt8]) {
        buffer.clear()
        buffer.writeBytes(bytes)
        context?.writeAndFlush(NIOAny(buffer), promise: nil)
    }

    func tellWhenSent() {
        // Behind the last byte.
        context?.writeAndFlush(NIOAny(ByteBuffer())).assumeIsolated().whenSuccess { [self] in carrier.sent(self) }
    }

    func flush() {
        context?.writeAndFlush(NIOAny(ByteBuffer())).assumeIsolated().whenComplete { [self] _ in carrier.flushed(self) }
    }

    func readIfWanted() {
        guard isReadHeld, let context, carrier.wantsRead(self) else { return }
        isReadHeld = false
        context.read()
    }

    func setTimer(_ due: DoorInstant?) {
        timer?.cancel()
        timer = nil
        guard let due, let context else { return }
        timer = context.eventLoop.assumeIsolated().scheduleTask(
            deadline: .uptimeNanoseconds(due.nanoseconds)
        ) { [self] in
            timer = nil
            carrier.ring(self)
        }
    }

    func closeOutput() { context?.close(mode: .output, promise: nil) }

    func close() { context?.close(promise: nil) }
}

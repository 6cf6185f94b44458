import Metrics
import NIOCore

/// Serves one connection with the strict reader, on the connection's event loop.
///
/// The first request that is not the strict reader's moves the connection away for good. Replies go out in the order of
/// their requests; a delayed one holds back those behind it, not the questions behind it.
final class LeanConnection<Service: LeanService>: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    typealias Phase = LeanPhase
    typealias Slot = LeanSlot

    /// Most requests of one connection that wait for their answers.
    static var maximumWaiting: Int { 64 }
    /// Replies are sent early when they have grown to this many bytes.
    static var flushThreshold: Int { 64 * 1024 }

    let service: Service
    private(set) var reader: StrictRequestReader
    private var client: Service.Client?
    var phase = Phase.reading
    var buffer = ByteBuffer()
    var out = ByteBuffer()
    var writer = ReplyWriter()
    var waiting = CircularBuffer<Slot>() { didSet { use?.isHeld = !waiting.isEmpty } }
    /// A connection with requests that wait for their answers is not given up for another one.
    private var use: ConnectionUse?
    /// The number of the first waiting request.
    var firstWaiting: UInt64 = 0
    var context: ChannelHandlerContext?
    var isReadHeld = false
    var lastProgress = NIODeadline.now()
    var timer: Scheduled<Void>?
    var lastCounter: (endpoint: String, status: Int, counter: Counter)?

    init(service: Service) {
        self.service = service
        reader = StrictRequestReader(limits: service.limits)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { start(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    private func start(_ context: ChannelHandlerContext) {
        guard timer == nil else { return }
        client = service.client(of: context.channel)
        use = ConnectionGuard.use(in: context)
        lastProgress = .now()
        scheduleTimer(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        abandonWaiting()
        phase = .gone
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var incoming = unwrapInboundIn(data)
        switch phase {
        case .reading, .moving:
            if buffer.readableBytes == 0 {
                buffer = incoming
                lastProgress = .now()
            } else {
                buffer.append(&incoming)
            }
            readRequests(context)
        case .finishing, .lingering, .gone: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { settle(context) }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        readRequests(context)
        settle(context)
        context.fireChannelWritabilityChanged()
    }

    /// Holds reading back while there is more to answer than is wanted.
    func read(context: ChannelHandlerContext) {
        if wantsMore(context) || phase == .lingering { context.read() } else { isReadHeld = true }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            // A client that has closed its half is taken to have gone, as nginx does when it gives a client up: an
            // answer that is not there yet would find nobody, and a session that is opened for it would stay.
            abandonWaiting()
            flush(context)
            phase = .gone
            context.close(promise: nil)
        case is ChannelShouldQuiesceEvent:
            if case .reading = phase { phase = .finishing(linger: false) }
            settle(context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        service.failed(error)
        context.close(promise: nil)
    }

    private func wantsMore(_ context: ChannelHandlerContext) -> Bool {
        phase == .reading && waiting.count < Self.maximumWaiting && context.channel.isWritable
    }

    /// Reads and answers the requests that are complete.
    func readRequests(_ context: ChannelHandlerContext) {
        while wantsMore(context), buffer.readableBytes > 0 {
            do throws(RequestRefusal) {
                guard try readRequest(context) else { break }
            } catch {
                refuse(error, context)
            }
            if out.readableBytes >= Self.flushThreshold { flush(context) }
        }
    }

    /// Reads one request; false: it is not complete yet, or is not ours.
    private func readRequest(_ context: ChannelHandlerContext) throws(RequestRefusal) -> Bool {
        // A second reference to the same memory, which nobody writes to meanwhile.
        let bytes = buffer
        let span = bytes.readableBytesUInt8Span
        guard try reader.readRequestLine(span) else { return false }
        guard let client, let endpoint = service.endpoint(reader.head, span) else {
            phase = .moving
            return false
        }
        guard try reader.readRest(span) else { return false }
        let head = reader.head
        let step = service.answer(StrictRequest(bytes: bytes, head: head), at: endpoint, from: client)
        buffer.moveReaderIndex(forwardBy: head.body.upperBound)
        if buffer.readableBytes == 0 { buffer = ByteBuffer() } else { lastProgress = .now() }
        reader.reset()
        if !head.keepsAlive { phase = .finishing(linger: buffer.readableBytes > 0) }
        begin(
            step,
            Slot(
                isHTTP11: head.isHTTP11, keepsAlive: head.keepsAlive, withoutContent: head.method == .head,
                endpoint: service.name(of: endpoint)),
            context)
        return true
    }

    func scheduleTimer(_ context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: service.requestTimeout) {
            self.tick()
        }
    }
}

import Metrics
import NIOCore

/// Serves one connection of HTTP, on the connection's event loop.
///
/// Replies go out in the order of their requests; a delayed one holds back those behind it, not the questions behind it.
final class HTTPConnection<Service: HTTPService>: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    typealias Phase = HTTPPhase
    typealias Slot = HTTPSlot

    /// Most requests of one connection that wait for their answers.
    static var maximumWaiting: Int { 64 }
    /// Replies are sent early when they have grown to this many bytes.
    static var flushThreshold: Int { 64 * 1024 }

    let service: Service
    private(set) var reader: StrictRequestReader
    private var hasStarted = false
    var phase = Phase.reading
    var received = ReceivedBytes()
    /// Whether the client was told that the body of the request that is being read is wanted.
    private var hasToldToContinue = false
    var out = ByteBuffer()
    var writer = ReplyWriter()
    var waiting = CircularBuffer<Slot>() { didSet { use?.isHeld = !waiting.isEmpty } }
    /// A connection with requests that wait for their answers is not given up for another one.
    private var use: ConnectionUse?
    /// The number of the first waiting request.
    var firstWaiting: UInt64 = 0
    var context: ChannelHandlerContext?
    var isReadHeld = false
    var timing = HTTPTiming()
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
        stopTimers()
        received.wipe()
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    private func start(_ context: ChannelHandlerContext) {
        guard !hasStarted else { return }
        hasStarted = true
        use = ConnectionGuard.use(in: context)
        startTimer(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    /// The client has gone, or is taken to have: nobody is asked for it any more.
    func leave() {
        abandonWaiting()
        received.wipe()
        phase = .gone
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let incoming = unwrapInboundIn(data)
        guard case .reading = phase else { return incoming.overwrite() }
        timing.note(context.eventLoop.now)
        received.append(incoming)
        readRequests(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) { settle(context) }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        timing.note(context.eventLoop.now)
        pull(context)
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
            flush(context)
            leave()
            context.close(promise: nil)
        case is ChannelShouldQuiesceEvent:
            if case .reading = phase { phase = .finishing(linger: false) }
            endOpenStream(context)
            settle(context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        service.failed(error)
        context.close(promise: nil)
    }

    func wantsMore(_ context: ChannelHandlerContext) -> Bool {
        phase == .reading && waiting.count < Self.maximumWaiting && context.channel.isWritable
    }

    /// Reads and answers the requests that are complete.
    func readRequests(_ context: ChannelHandlerContext) {
        while wantsMore(context), !received.isEmpty {
            do throws(RequestRefusal) {
                guard try readRequest(context) else { break }
            } catch {
                service.refused(error)
                refuse(Reply(error), "refused", context)
            }
            if out.readableBytes >= Self.flushThreshold { flush(context) }
        }
        watchArrival(context)
    }

    /// Reads one request; false: it is not complete yet.
    private func readRequest(_ context: ChannelHandlerContext) throws(RequestRefusal) -> Bool {
        // A second reference to the same memory, which nobody writes to meanwhile.
        let bytes = received.buffer
        let span = bytes.readableBytesUInt8Span
        guard try reader.readRequestLine(span) else { return false }
        let endpoint = service.endpoint(reader.head, span)
        reader.limits.body = service.bodyLimit(of: endpoint)
        guard try reader.readRest(span) else {
            welcomeBody(bytes, endpoint, context)
            return false
        }
        let head = reader.head
        let request: StrictRequest
        if head.chunks == nil {
            request = StrictRequest(bytes: bytes, head: head)
            received.handOver(reader.end)
        } else {
            request = StrictRequest(joining: bytes, head)
            received.discard(reader.end)
        }
        restart()
        if !head.keepsAlive { phase = .finishing(linger: !received.isEmpty) }
        begin(service.answer(request, at: endpoint), slot(head, endpoint), context)
        return true
    }

    /// Makes ready for the next request.
    private func restart() {
        reader.reset()
        hasToldToContinue = false
        timing.arrived()
    }

    private func slot(_ head: RequestHead, _ endpoint: Service.Endpoint) -> Slot {
        Slot(
            isHTTP11: head.isHTTP11, keepsAlive: head.keepsAlive, withoutContent: head.method == .head,
            endpoint: service.name(of: endpoint))
    }

    /// Answers a client that waits to hear whether its body is wanted (RFC 9110, section 10.1.1): that it is, behind the
    /// replies that are due, or at once what the request is refused with whatever its body were.
    private func welcomeBody(_ bytes: ByteBuffer, _ endpoint: Service.Endpoint, _ context: ChannelHandlerContext) {
        let head = reader.head
        guard reader.isInBody, head.expectsContinue, !hasToldToContinue else { return }
        if let refusal = service.refusal(of: head, bytes.readableBytesUInt8Span, at: endpoint) {
            // Whether the client sends its body now nobody knows, so no other request is read behind it.
            return refuse(refusal, service.name(of: endpoint), context, withoutContent: head.method == .head)
        }
        guard waiting.isEmpty else { return }
        hasToldToContinue = true
        // What has begun to come needs no telling.
        guard bytes.readableBytes == head.body.lowerBound else { return }
        if out.readableBytes == 0 { out.clear() }
        out.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
    }
}

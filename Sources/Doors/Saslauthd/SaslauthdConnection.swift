import AuthCore
import NIOCore

/// One connection of a client of saslauthd, on its event loop: one request, one answer.
final class SaslauthdConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case reading
        case asking
        /// What still comes is passed over, so that the end of the connection does not take the answer from the client.
        case answered
    }

    private let door: SaslauthdDoor
    private let peer: DoorPeer
    private let connection: DoorConnection
    private var phase = Phase.reading { didSet { if case .asking = phase { connection.use.isHeld = true } } }
    private var received = SecretBytes(capacity: SaslauthdRequest.longest)
    private var question: PasswordQuestion?
    private var timer: Scheduled<Void>?

    init(_ door: SaslauthdDoor, _ peer: DoorPeer, _ connection: DoorConnection) {
        self.door = door
        self.peer = peer
        self.connection = connection
    }

    func handlerAdded(context: ChannelHandlerContext) {
        // Takes all that a client has sent at once, so that four fields are seen without the fifth only where there is
        // none.
        let whole = FixedSizeRecvByteBufferAllocator(capacity: SaslauthdRequest.longest + 1)
        context.channel.setOption(.recvAllocator, value: whole).whenFailure { _ in }
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: connection.timeout) { [self] in
            if case .reading = phase { refuse(SaslauthdFault.slow, context) }
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let incoming = unwrapInboundIn(data)
        defer { incoming.overwrite() }
        guard case .reading = phase else { return }
        received.append(contentsOf: incoming.readableBytesView)
        if received.count > SaslauthdRequest.longest { refuse(SaslauthdFault.tooLong, context) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .reading = phase { read(context) }
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            if case .reading = phase { refuse(SaslauthdFault.short, context) }
        case is ChannelShouldQuiesceEvent:
            if case .reading = phase { context.close(promise: nil) }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func read(_ context: ChannelHandlerContext) {
        do throws(DoorFault) {
            let read = received.withBytes { bytes in
                Result { () throws(DoorFault) in try SaslauthdRequest.read(bytes) }
            }
            guard let request = try read.get() else { return }
            received.removeAll()
            ask(request, context)
        } catch {
            refuse(error, context)
        }
    }

    private func ask(_ request: SaslauthdRequest, _ context: ChannelHandlerContext) {
        phase = .asking
        // The module answers within its own deadline.
        timer?.cancel()
        let isRealmNamed = door.combinesRealm && !request.realm.isEmpty
        let login = PasswordLogin(
            user: isRealmNamed ? "\(request.user)@\(request.realm)" : request.user, password: request.password,
            service: request.service, realm: request.realm,
            address: request.address.isEmpty ? peer.address : request.address)
        question = door.questions.ask(login, on: context.eventLoop) { [unowned self] answer in
            reply(SaslauthdReply.bytes(answer), context)
        }
    }

    private func refuse(_ fault: DoorFault, _ context: ChannelHandlerContext) {
        connection.countFault(fault.kind)
        reply(SaslauthdReply.bytes(fault), context)
    }

    private func reply(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        phase = .answered
        received.removeAll()
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes))).whenComplete { _ in channel.close(promise: nil)
        }
    }

    private func end() {
        timer?.cancel()
        question?.abandon()
        question = nil
        received.removeAll()
    }
}

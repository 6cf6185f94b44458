import AuthCore
import Basics
import NIOCore

/// One connection of a mail program, on its event loop.
final class DovecotConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        /// VERSION and CPID are not both there.
        case greeting(hasVersion: Bool)
        case asking
        /// Nothing is read; it closes behind its last answer.
        case finishing
        case gone
    }

    /// A request that has no last answer yet.
    private enum Pending {
        case exchange(SASLExchange, DovecotRequest)
        case question(PasswordQuestion)
    }

    private let door: DovecotDoor
    private let peer: DoorPeer
    private let connection: DoorConnection
    private var phase = Phase.greeting(hasVersion: false)
    private var received = SecretBytes()
    private var pending: [UInt32: Pending] = [:] { didSet { connection.use.isHeld = !pending.isEmpty } }
    private var out = ByteBuffer()
    private var timer: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    init(_ door: DovecotDoor, _ peer: DoorPeer, _ connection: DoorConnection) {
        self.door = door
        self.peer = peer
        self.connection = connection
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        out.writeString(door.greeting())
        restartTimer()
        if context.channel.isActive { flush() }
    }

    func channelActive(context: ChannelHandlerContext) {
        flush()
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed, is ChannelShouldQuiesceEvent: finish()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    // MARK: - Lines

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let incoming = unwrapInboundIn(data)
        defer { incoming.overwrite() }
        if isOver { return }
        received.append(contentsOf: incoming.readableBytesView)
        var isNew = false
        var start = 0
        while !isOver, let end = received.firstIndex(of: UInt8(ascii: "\n"), from: start) {
            // Whatever of the line holds a password is a Secret by the time it is wiped.
            var line = received.withBytes(start..<end) { Array($0) }
            take(line[...])
            line.wipe()
            start = end + 1
            isNew = true
        }
        received.removeFirst(min(start, received.count))
        if received.count > DovecotCommand.longestLine {
            fail(DoorFault("length", "a line has more than \(DovecotCommand.longestLine) bytes"))
        }
        // What trickles in has no more time than what comes at once.
        if isNew || timer == nil { restartTimer() }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush()
        context.fireChannelReadComplete()
    }

    private func take(_ line: ArraySlice<UInt8>) {
        do throws(DoorFault) {
            guard line.count <= DovecotCommand.longestLine else {
                throw DoorFault("length", "a line has more than \(DovecotCommand.longestLine) bytes")
            }
            try take(DovecotCommand(line))
        } catch {
            fail(error)
        }
    }

    private func take(_ command: DovecotCommand) throws(DoorFault) {
        switch (phase, command) {
        case (.greeting, .version(let major)):
            guard major == DovecotCommand.majorVersion else {
                throw DoorFault("version", "version \(DovecotCommand.majorVersion) is spoken here, not \(major)")
            }
            phase = .greeting(hasVersion: true)
        case (.greeting(hasVersion: true), .clientProcess): phase = .asking
        case (.greeting, .unknown), (.asking, .unknown): break
        case (.greeting, _): throw DoorFault("greeting", "a connection begins with VERSION and CPID")
        case (.asking, .version), (.asking, .clientProcess):
            throw DoorFault("greeting", "a connection greets once")
        case (.asking, .authenticate(let request)): try begin(request)
        case (.asking, .proceed(let id, let response)):
            guard case .exchange(let exchange, let request) = pending.removeValue(forKey: id) else {
                throw DoorFault("id", "no request waits for the response")
            }
            proceed(exchange, request, response)
        case (.asking, .cancel(let id)):
            if case .question(let question) = pending.removeValue(forKey: id) { question.abandon() }
        case (.finishing, _), (.gone, _): break
        }
    }

    // MARK: - Requests

    private func begin(_ request: DovecotRequest) throws(DoorFault) {
        guard pending[request.id] == nil else {
            throw DoorFault("id", "two requests have one number")
        }
        guard let exchange = SASLExchange(request.mechanism) else {
            connection.countFault("mechanism")
            return answer(request, Answer(.deny, .invalidRequest, clientText: "the mechanism is not offered"))
        }
        guard request.isSecured || !door.needsSecurity else {
            connection.countFault("unsecured")
            return answer(request, Answer(.deny, .invalidRequest, clientText: "passwords are taken over TLS alone"))
        }
        guard pending.count < door.mostPending else {
            connection.countFault("pending")
            return answer(request, Answer(.undecided, .queueFull))
        }
        if case .none = request.response {
            pending[request.id] = .exchange(exchange, request)
            out.writeBytes(DovecotReply.challenge(request.id, exchange.firstChallenge))
        } else {
            proceed(exchange, request, request.response)
        }
    }

    private func proceed(
        _ exchange: SASLExchange, _ request: DovecotRequest, _ response: DovecotCommand.Response
    ) {
        guard case .bytes(let bytes) = response else {
            return answer(request, Answer(.wrongCredentials, .invalidRequest))
        }
        var exchange = exchange
        switch exchange.take(bytes) {
        case .challenge(let base64):
            pending[request.id] = .exchange(exchange, request)
            out.writeBytes(DovecotReply.challenge(request.id, base64))
        case .credentials(let user, let password): ask(user, password, request)
        case .otherUser: answer(request, Answer(.deny, .invalidRequest, clientText: "nobody may be another user here"))
        case .malformed: answer(request, Answer(.wrongCredentials, .invalidRequest))
        }
    }

    private func ask(_ user: String, _ password: Secret, _ request: DovecotRequest) {
        let login = PasswordLogin(user: user, password: password, service: request.service, address: request.address)
        var isLater = false
        var isAnswered = false
        let question = door.questions.ask(login, on: connection.channel.eventLoop) { [weak self] answer in
            isAnswered = true
            guard let self else { return }
            pending[request.id] = nil
            self.answer(request, answer, user: user)
            if isLater { flush() }
        }
        isLater = true
        if !isAnswered { pending[request.id] = .question(question) }
    }

    private func answer(_ request: DovecotRequest, _ answer: Answer, user: String? = nil) {
        out.writeBytes(DovecotReply.end(request.id, answer, user: user))
    }

    // MARK: - The end

    private var isOver: Bool {
        switch phase {
        case .finishing, .gone: true
        case .greeting, .asking: false
        }
    }

    /// Nothing is read while the client does not take its answers.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let channel = context.channel
        channel.setOption(.autoRead, value: channel.isWritable).whenFailure { _ in channel.close(promise: nil) }
        context.fireChannelWritabilityChanged()
    }

    private func flush() {
        guard let context else { return }
        if out.readableBytes > 0 {
            context.writeAndFlush(wrapOutboundOut(out), promise: nil)
            out = ByteBuffer()
        }
        if case .finishing = phase, pending.isEmpty { context.close(promise: nil) }
    }

    /// Ends the connection without a word, which clients take for a failure for now; the protocol has no other way.
    private func fail(_ fault: DoorFault) {
        connection.countFault(fault.kind)
        connection.log.debug("door \(door.questions.door): \(fault.description)")
        abandon()
        finish()
    }

    /// Reads no more; what was asked is answered first.
    private func finish() {
        guard !isOver else { return }
        phase = .finishing
        timer?.cancel()
        pending = pending.filter { if case .question = $0.value { true } else { false } }
        flush()
    }

    private func abandon() {
        for case .question(let question) in pending.values { question.abandon() }
        pending = [:]
    }

    private func end() {
        phase = .gone
        timer?.cancel()
        context = nil
        abandon()
        received.removeAll()
    }

    /// A client must greet, and end the line that it has begun, within the door's time-out; between lines it may be
    /// silent.
    private func restartTimer() {
        timer?.cancel()
        timer = nil
        guard !isOver, let context else { return }
        if case .asking = phase, received.isEmpty { return }
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: connection.timeout) { [weak self] in
            self?.fail(DoorFault("slow", "the rest of what was begun did not come in time"))
        }
    }
}

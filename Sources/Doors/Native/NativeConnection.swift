import AuthCore
import NIOCore

/// One connection of the native door, on its event loop.
///
/// Questions are asked as they are read and answered in the order of their answers. No more is read while as many as the
/// door permits wait, or while the client does not take its answers.
final class NativeConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
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
    private static let mostTries = 3
    /// Answers are sent early when they have grown to this many bytes.
    private static let flushThreshold = 64 * 1024

    private let door: NativeDoor
    private let peer: DoorPeer
    private let connection: DoorConnection
    private var phase = Phase.greeting
    private var buffer = ByteBuffer()
    private var writer = NativeWriter()
    private var pending: [UInt64: Ticket] = [:]
    private var nextTicket: UInt64 = 0
    private var wantsPushes = false
    private var isReadHeld = false
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    /// The session of who has logged on, and those that end with the connection.
    private var own: Set<SessionID> = []
    /// The sessions whose ends are told here.
    private var watched: Set<SessionID> = []
    private var watch: InvalidationWatch?

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
        var incoming = unwrapInboundIn(data)
        if case .gone = phase { return }
        if case .finishing = phase { return }
        buffer.append(&incoming)
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

    private var wantsMore: Bool {
        switch phase {
        case .greeting, .loggingOn, .asking:
            pending.count < door.mostPending && context?.channel.isWritable == true
        case .finishing: pending.isEmpty
        case .gone: true
        }
    }

    // MARK: - Frames

    private func readFrames() {
        var isNew = false
        while wantsMore, let frame = nextFrame() {
            isNew = true
            do throws(DoorFault) {
                try take(NativeReader.request(frame))
            } catch {
                fail(error)
            }
            if writer.out.readableBytes >= Self.flushThreshold { flush() }
        }
        // What trickles in has no more time than what comes at once, and nobody greets or logs on for ever.
        if (isNew && isAsking) || timer == nil { restartTimer() }
    }

    /// Takes a whole frame out of the buffer, without its length; nil when there is none yet.
    private func nextFrame() -> ArraySlice<UInt8>? {
        switch phase {
        case .greeting, .loggingOn, .asking: break
        case .finishing, .gone: return nil
        }
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
        buffer.moveReaderIndex(forwardBy: NativeProtocol.lengthSize)
        let bytes = buffer.readBytes(length: Int(length)) ?? []
        if buffer.readableBytes == 0 { buffer = ByteBuffer() }
        return bytes[...]
    }

    private func fail(_ fault: DoorFault) {
        connection.countFault(fault.kind)
        writer.fault(fault)
        // Questions that wait would be answered behind the end.
        abandon()
        finish()
    }

    private func take(_ request: NativeRequest) throws(DoorFault) {
        switch (phase, request.body) {
        case (.greeting, .hello(let lowest, let highest, _, let wantsPushes)):
            guard (lowest...max(lowest, highest)).contains(NativeProtocol.version) else {
                throw DoorFault(
                    "version", "version \(NativeProtocol.version) is spoken here, not \(lowest) to \(highest)")
            }
            self.wantsPushes = wantsPushes
            phase = door.needsLogon ? .loggingOn(tries: 0) : .asking
            if wantsPushes, !door.needsLogon { watchInvalidations() }
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

    // MARK: - Questions

    private func ask(_ body: NativeRequest.Body, _ number: UInt32) throws(DoorFault) {
        switch body {
        case .login(let login): self.login(login, number)
        case .logout(let session):
            own.remove(session)
            settle(door.host.ask(.logout(session)), .logout, number)
        case .map(let session, let bytes):
            do throws(NameError) {
                settle(door.host.ask(.map(session, try ObjectName(bytes))), .map, number)
            } catch {
                answer(Self.refusal(error), .map, number)
            }
        case .check(let session, let check):
            do throws(NameError) {
                settle(door.host.ask(.check(session, try check.checked())), .check, number)
            } catch {
                answer(Self.refusal(error), .check, number)
            }
        case .batch(let session, let checks): batch(session, checks, number)
        case .watch where !wantsPushes:
            answer(Answer(.deny, .invalidRequest, clientText: "nothing is pushed on this connection"), .watch, number)
        case .watch(let session) where watched.contains(session) || watched.count < NativeProtocol.mostWatched:
            answer(push(session) ? Answer(.allow, .granted) : Answer(.deny, .unknownSession), .watch, number)
        case .watch:
            answer(
                Answer(
                    .deny, .invalidRequest, clientText: "more than \(NativeProtocol.mostWatched) sessions are watched"),
                .watch, number)
        case .hello, .logon, .ping: break
        }
    }

    private static func refusal(_ error: NameError) -> Answer {
        Answer(.deny, .invalidName, clientText: "\(error)")
    }

    private func login(_ login: NativeLogin, _ number: UInt32) {
        guard !login.resumes || door.allowsResume else {
            return answer(
                Answer(.deny, .invalidRequest, clientText: "this door logs nobody in without a password"), .login,
                number)
        }
        guard !login.resumes || login.password.count == 0 else {
            return answer(
                Answer(.deny, .invalidRequest, clientText: "a password that nobody looks at"), .login, number)
        }
        let question: Login
        do throws(LoginError) {
            // Who is trusted names its own client.
            question = try Login(
                user: login.user, password: login.password,
                address: isTrusted && !login.address.isEmpty ? login.address : peer.address,
                applicationID: door.settings.applicationID ?? login.applicationID, machineID: login.machineID,
                door: door.settings.name)
        } catch {
            return answer(Answer(.deny, .invalidRequest, clientText: error.description), .login, number)
        }
        settle(door.host.ask(login.resumes ? .resume(question) : .login(question)), .login, number) {
            [weak self] answer in
            guard let self, let session = answer.session else { return }
            if login.isBound { own.insert(session) }
            // A session that has ended meanwhile is told of by the next question.
            if wantsPushes { _ = push(session) }
        }
    }

    /// Asks for all in one go; the answer is there when the last of them is.
    private func batch(_ session: SessionID, _ checks: [NativeCheck], _ number: UInt32) {
        var answers: [Answer?] = []
        var asked: [Check] = []
        for check in checks {
            do throws(NameError) {
                asked.append(try check.checked())
                answers.append(nil)
            } catch {
                answers.append(Self.refusal(error))
            }
        }
        var outcomes = door.host.ask(asked, session: session)[...]
        let places = answers.indices.filter { answers[$0] == nil }
        let gathering = NativeBatch(answers: answers, open: 0)
        for place in places {
            switch outcomes.popFirst() ?? .decided(Answer(.undecided, .brokenAnswer)) {
            case .decided(let answer): gathering.answers[place] = answer
            case .delayed(let ticket):
                gathering.open += 1
                wait(ticket) { connection, answer in
                    gathering.answers[place] = answer
                    gathering.open -= 1
                    if gathering.open == 0 { connection.writer.batch(gathering.complete, number) }
                }
            }
        }
        if gathering.open == 0 { writer.batch(gathering.complete, number) }
    }

    private func logon(_ user: String, _ secret: Secret, _ tries: Int, _ number: UInt32) throws(DoorFault) {
        guard pending.isEmpty else { throw DoorFault("logon", "a connection logs on once at a time") }
        let login: Login
        do throws(LoginError) {
            login = try Login(user: user, password: secret, address: peer.address, door: door.settings.name)
        } catch {
            return retryLogon(Answer(.wrongCredentials, .invalidRequest, clientText: error.description), tries, number)
        }
        // Whoever has shown a certificate of that name has proved to be it.
        let isCertified = secret.count == 0 && peer.certificateName?.hasBytes(of: user) == true
        settle(door.host.ask(isCertified ? .resume(login) : .login(login)), tries, number)
    }

    private func settle(_ outcome: Outcome, _ tries: Int, _ number: UInt32) {
        switch outcome {
        case .decided(let answer): loggedOn(answer, tries, number)
        case .delayed(let ticket): wait(ticket) { connection, answer in connection.loggedOn(answer, tries, number) }
        }
    }

    private func loggedOn(_ answer: Answer, _ tries: Int, _ number: UInt32) {
        guard answer.verdict == .allow, let session = answer.session else { return retryLogon(answer, tries, number) }
        own.insert(session)
        let permission = door.host.ask(.check(session, Check(.read, door.object)))
        switch permission {
        case .decided(let permission): permitted(permission, tries, number)
        case .delayed(let ticket): wait(ticket) { connection, answer in connection.permitted(answer, tries, number) }
        }
    }

    private func permitted(_ permission: Answer, _ tries: Int, _ number: UInt32) {
        guard permission.verdict == .allow else { return retryLogon(permission, tries, number) }
        phase = .asking
        if wantsPushes { watchInvalidations() }
        for session in own {
            // Its connection has no rights without it.
            let isOpen = whenEnded(session) { connection, reason in
                connection.fail(DoorFault("logon", "who logged on here has no session any more (\(reason))"))
                connection.flush()
            }
            guard isOpen else { return fail(DoorFault("logon", "who logged on here has no session any more")) }
        }
        self.answer(Answer(.allow, .granted), .logon, number)
    }

    /// Refuses a log-on; the client may answer with other credentials, but not for ever.
    private func retryLogon(_ answer: Answer, _ tries: Int, _ number: UInt32) {
        for session in own { _ = door.host.ask(.logout(session)) }
        own = []
        connection.countFault("logon-refused")
        self.answer(answer, .logon, number)
        if tries + 1 >= Self.mostTries {
            fail(DoorFault("logon", "\(Self.mostTries) tries to log on are accepted"))
        } else {
            phase = .loggingOn(tries: tries + 1)
        }
    }

    // MARK: - Answers

    private func answer(_ answer: Answer, _ kind: NativeProtocol.Kind, _ number: UInt32) {
        // Whoever tries passwords does not learn which users there are.
        let isTold = answer.verdict != .wrongCredentials || (isTrusted && kind != .logon)
        writer.verdict(isTold ? answer : Answer(.wrongCredentials, .invalidPassword), kind, number)
    }

    /// Whoever is at the unix socket, or has logged on.
    private var isTrusted: Bool { peer.isUnixSocket || door.needsLogon }

    private func settle(
        _ outcome: Outcome, _ kind: NativeProtocol.Kind, _ number: UInt32,
        _ allowed: ((Answer) -> Void)? = nil
    ) {
        switch outcome {
        case .decided(let answer):
            if answer.verdict == .allow { allowed?(answer) }
            self.answer(answer, kind, number)
        case .delayed(let ticket):
            wait(ticket) { connection, answer in
                if answer.verdict == .allow { allowed?(answer) }
                connection.answer(answer, kind, number)
            }
        }
    }

    /// Calls `body` on the event loop with the answer, unless the connection has gone by then.
    private func wait(_ ticket: Ticket, _ body: @escaping (NativeConnection, Answer) -> Void) {
        let key = nextTicket
        nextTicket += 1
        pending[key] = ticket
        let me = NIOLoopBound((connection: self, body: body), eventLoop: connection.channel.eventLoop)
        let (loop, host) = (connection.channel.eventLoop, door.host)
        ticket.whenDecided { answer in
            loop.execute {
                let connection = me.value.connection
                guard connection.pending.removeValue(forKey: key) != nil else {
                    // Nobody learns of this session.
                    if let session = answer.session { _ = host.ask(.logout(session)) }
                    return
                }
                me.value.body(connection, answer)
                connection.readFrames()
                connection.flush()
            }
        }
    }

    // MARK: - Pushes

    /// Tells the client when a session ends; false when there is none.
    private func push(_ session: SessionID) -> Bool {
        if watched.contains(session) { return true }
        let isOpen = whenEnded(session) { connection, reason in
            connection.watched.remove(session)
            connection.own.remove(session)
            if reason == .logout { return }
            connection.writer.ended(session, reason)
            connection.flush()
        }
        if isOpen { watched.insert(session) }
        return isOpen
    }

    private func whenEnded(
        _ session: SessionID, _ body: @escaping (NativeConnection, SessionEnd) -> Void
    ) -> Bool {
        let me = NIOLoopBound(
            (connection: Weak(self), body: body), eventLoop: connection.channel.eventLoop)
        let loop = connection.channel.eventLoop
        return door.host.whenEnded(session) { reason in
            loop.execute {
                guard let connection = me.value.connection.value, !connection.isOver else { return }
                me.value.body(connection, reason)
            }
        }
    }

    private func watchInvalidations() {
        let me = NIOLoopBound(Weak(self), eventLoop: connection.channel.eventLoop)
        let loop = connection.channel.eventLoop
        watch = door.host.whenInvalidated { invalidation in
            loop.execute {
                guard let connection = me.value.value, !connection.isOver else { return }
                connection.writer.invalidated(invalidation)
                connection.flush()
            }
        }
    }

    // MARK: - The end

    private var isAsking: Bool { if case .asking = phase { true } else { false } }

    private var isOver: Bool {
        switch phase {
        case .finishing, .gone: true
        case .greeting, .loggingOn, .asking: false
        }
    }

    private func flush() {
        guard let context else { return }
        if !writer.isEmpty { context.writeAndFlush(wrapOutboundOut(writer.take()), promise: nil) }
        if case .finishing = phase, pending.isEmpty { return context.close(promise: nil) }
        if isReadHeld, wantsMore {
            isReadHeld = false
            context.read()
        }
    }

    /// Reads no more; what was asked is answered first.
    private func finish() {
        guard !isOver else { return }
        phase = .finishing
        timer?.cancel()
        flush()
    }

    private func abandon() {
        let tickets = pending
        pending = [:]
        for ticket in tickets.values { ticket.abandon() }
    }

    private func end() {
        if case .gone = phase { return }
        phase = .gone
        timer?.cancel()
        watch = nil
        context = nil
        abandon()
        for session in own { _ = door.host.ask(.logout(session)) }
        own = []
    }

    /// A client must greet, and end what it has begun to say, within the door's time-out; between frames it may be silent.
    private func restartTimer() {
        timer?.cancel()
        timer = nil
        guard !isOver, let context else { return }
        if case .asking = phase, buffer.readableBytes == 0 || !wantsMore { return }
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: connection.timeout) { [weak self] in
            guard let self, !isOver else { return }
            fail(DoorFault("slow", "the rest of what was begun did not come in time"))
            flush()
        }
    }
}

/// A batch whose last answers are not there yet.
private final class NativeBatch {
    var answers: [Answer?]
    var open: Int

    init(answers: [Answer?], open: Int) {
        self.answers = answers
        self.open = open
    }

    /// Every answer; what is missing could not be decided.
    var complete: [Answer] { answers.map { $0 ?? Answer(.undecided, .brokenAnswer) } }
}

/// Refers to a connection without keeping it.
private struct Weak<Object: AnyObject> {
    private(set) weak var value: Object?

    init(_ value: Object) { self.value = value }
}

extension NativeCheck {
    /// The check with its name looked at.
    fileprivate func checked() throws(NameError) -> Check {
        Check(action, try ObjectName(name), fields: fields, contributionID: contributionID)
    }
}

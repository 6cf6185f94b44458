import AuthCore
import Basics

/// One connection of the native door.
///
/// Questions are asked as they are read and answered in the order of their answers. No more is read while as many as the
/// door permits wait, or while the client does not take its answers.
struct NativeConversation: Conversation, ~Copyable {
    enum Event: Sendable {
        /// The answer to the question of a number of the conversation's own.
        case answer(UInt64, Answer)
        case ended(SessionID, SessionEnd)
        /// The session of the client that has logged on is gone.
        case logOnEnded(SessionEnd)
        /// There is something in the mailbox of invalidations.
        case invalidated
    }

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

    /// What is done with an answer.
    typealias Continuation = (inout NativeConversation, Answer, inout DoorTurn) -> Void

    /// How often a client may try to log on.
    static let mostTries = 3

    let door: NativeDoor
    let client: DoorClient
    var mailbox: DoorMailbox<Event>?
    var phase = Phase.greeting
    var received = ReceivedBytes()
    private var names = NameRooms()
    var pending: [UInt64: (ticket: Ticket, bytes: Int, body: Continuation)] = [:]
    /// What the questions that wait were sent with.
    private var pendingBytes = 0
    /// What the question that is being asked holds of its frame while it waits.
    var heldBytes = 0
    private var lastQuestion: UInt64 = 0
    /// Checks that are read and not asked yet, each with its number and the bytes that it was sent with.
    var burst = Burst<(number: UInt32, bytes: Int)>()
    private var burstBytes = 0
    var wantsPushes = false
    /// That the connection has agreed on.
    var version = NativeProtocol.versions.lowerBound
    private(set) var deadline: DoorInstant?
    /// The session of the client that has logged on, and those that end with the connection.
    var own: Set<SessionID> = []
    /// What is told here unasked.
    var interest = NativeInterest()
    var invalidations: (mailbox: PushMailbox, watch: HostWatch)?
    /// Ends the connection with the session of the client that has logged on.
    var logOnWatch: HostWatch?
    var pushes = NativePushes()
    /// Whether the client sends nothing more; what it has sent is asked first.
    private var isInputOver = false

    init(_ door: NativeDoor, _ client: DoorClient) {
        self.door = door
        self.client = client
    }

    var peer: DoorPeer { client.peer }
    var isHeld: Bool { !pending.isEmpty || !own.isEmpty || !interest.isEmpty }

    var wantsInput: Bool {
        switch phase {
        case .greeting, .loggingOn, .asking:
            pending.count + burst.count < door.mostPending && pendingBytes + burstBytes < door.mostPendingBytes
        case .finishing: pending.isEmpty
        case .gone: true
        }
    }

    mutating func begin(_ mailbox: DoorMailbox<Event>, _ turn: inout DoorTurn) {
        self.mailbox = mailbox
        restartClock(turn)
    }

    mutating func receive(_ bytes: Span<UInt8>, _ turn: inout DoorTurn) {
        if isOver { return }
        received.append(bytes)
        readFrames(&turn)
    }

    mutating func resume(_ turn: inout DoorTurn) {
        readFrames(&turn)
        finishIfAllIsAsked(&turn)
    }

    mutating func endOfInput(_ turn: inout DoorTurn) {
        isInputOver = true
        finishIfAllIsAsked(&turn)
    }

    mutating func stop(_ turn: inout DoorTurn) { finish(&turn) }

    mutating func timeUp(_ turn: inout DoorTurn) {
        if isOver { return }
        fail(DoorFault("slow", "the rest of what was begun did not come in time"), &turn)
    }

    // MARK: - Frames

    mutating func readFrames(_ turn: inout DoorTurn) {
        var isNew = false
        names.startOver()
        while wantsInput, !turn.isFull, let length = nextFrame(&turn) {
            isNew = true
            heldBytes = length
            if !takePlainCheck(length, &turn) { takeFrame(length, &turn) }
            heldBytes = 0
            // What waits for room is asked, which may make some.
            if burst.isFull || !wantsInput { askBurst(&turn) }
        }
        askBurst(&turn)
        // A frame that trickles in has no more time than one that comes at once, and greeting and log-on must come in time.
        if (isNew && isAsking) || deadline == nil || !isClientsTurn(turn) { restartClock(turn) }
    }

    /// Takes a check that says nothing but its name; false for every other frame, which is still there.
    private mutating func takePlainCheck(_ length: Int, _ turn: inout DoorTurn) -> Bool {
        guard isAsking, let plain = NativePlainCheck(received.span.extracting(0..<NativeProtocol.lengthSize + length))
        else { return false }
        do throws(NameError) {
            let name = try name(at: plain.name)
            received.discard(NativeProtocol.lengthSize + length)
            var check = Check(plain.action, name)
            check.attributes = attributes([])
            self.check(plain.session, check, plain.number, &turn)
        } catch {
            received.discard(NativeProtocol.lengthSize + length)
            refuse(error, plain.number, &turn)
        }
        return true
    }

    private mutating func name(at place: Range<Int>) throws(NameError) -> ObjectName {
        // Out of the conversation while what it has received is read.
        var rooms = NameRooms()
        swap(&rooms, &names)
        defer { swap(&rooms, &names) }
        return try rooms.name(received.span.extracting(place))
    }

    private mutating func takeFrame(_ length: Int, _ turn: inout DoorTurn) {
        let end = NativeProtocol.lengthSize + length
        var frame = received.copy(NativeProtocol.lengthSize..<end)
        received.discard(end)
        do throws(DoorFault) {
            try take(NativeReader.request(frame[...], version: version), &turn)
        } catch {
            fail(error, &turn)
        }
        // Of a password only the Secret that was made of it is left.
        if NativeReader.holdsSecret(frame) { frame.wipe() }
    }

    /// The length of a whole frame that has come, behind the bytes that say it; nil when none is there yet.
    private mutating func nextFrame(_ turn: inout DoorTurn) -> Int? {
        guard !isOver, let length = announcedLength else { return nil }
        let longest = isAsking ? NativeProtocol.longestFrame : NativeProtocol.longestGreeting
        guard (NativeProtocol.headerSize...longest).contains(length) else {
            let accepted = "\(NativeProtocol.headerSize) to \(longest) are accepted"
            fail(DoorFault("length", "a frame of \(length) bytes; \(accepted)"), &turn)
            return nil
        }
        return received.count >= NativeProtocol.lengthSize + length ? length : nil
    }

    /// What the next frame says that its length is; nil while that has not come.
    private var announcedLength: Int? {
        guard received.count >= NativeProtocol.lengthSize else { return nil }
        var length = 0
        for index in 0..<NativeProtocol.lengthSize { length |= Int(received.span[index]) << (8 * index) }
        return length
    }

    private mutating func take(_ request: NativeRequest, _ turn: inout DoorTurn) throws(DoorFault) {
        switch (phase, request.body) {
        case (.greeting, .hello(let lowest, let highest, _, let wantsPushes)):
            let spoken = NativeProtocol.versions
            guard lowest <= spoken.upperBound, highest >= spoken.lowerBound else {
                throw DoorFault(
                    "version",
                    "versions \(spoken.lowerBound) to \(spoken.upperBound) are spoken here, not \(lowest) to \(highest)"
                )
            }
            version = min(highest, spoken.upperBound)
            self.wantsPushes = wantsPushes
            phase = door.needsLogon ? .loggingOn(tries: 0) : .asking
            NativeWriter.hello(request.number, version, to: &turn.out)
        case (.greeting, _): throw DoorFault("greeting", "a connection begins with HELLO")
        case (.loggingOn(let tries), .logon(let user, let secret)):
            try logon(user, secret, tries, request.number, &turn)
        case (.loggingOn, .ping), (.asking, .ping):
            askBurst(&turn)
            NativeWriter.pong(request.number, to: &turn.out)
        case (.loggingOn, _): throw DoorFault("logon", "a connection logs on before it asks")
        case (.asking, .logon):
            throw DoorFault("logon", "this door takes no log-on, or this connection has logged on already")
        case (.asking, .hello): throw DoorFault("greeting", "a connection greets once")
        case (.asking, .check(let session, let check)): self.check(session, check, request.number, &turn)
        case (.asking, let body):
            askBurst(&turn)
            ask(body, request.number, &turn)
        case (.finishing, _), (.gone, _): break
        }
    }

    // MARK: - Answers

    /// Adds a check to those that are asked together.
    mutating func gather(_ check: SessionCheck, _ number: UInt32) {
        burst.add(check, (number, heldBytes))
        burstBytes += heldBytes
    }

    /// Asks what has been read and not asked yet, in one go, and answers in the order in which it was read.
    mutating func askBurst(_ turn: inout DoorTurn) {
        if burst.isEmpty { return }
        let outcomes = door.host.ask(burst.checks)
        burstBytes = 0
        for place in outcomes.indices {
            let (number, bytes) = burst.origins[place]
            heldBytes = bytes
            answer(outcomes[place], .check, number, about: burst.checks[place].check.name, &turn)
        }
        heldBytes = 0
        burst.removeAll()
    }

    /// Calls `body` with the answer, unless the connection has gone by then.
    mutating func wait(_ ticket: Ticket, _ body: @escaping Continuation) {
        guard let mailbox else { return }
        lastQuestion += 1
        let number = lastQuestion
        pending[number] = (ticket, heldBytes, body)
        pendingBytes += heldBytes
        mailbox.await(ticket) { .answer(number, $0) }
    }

    mutating func take(_ event: Event, _ turn: inout DoorTurn) {
        switch event {
        case .answer(let number, let answer): settle(number, answer, &turn)
        case .ended(let session, let reason): tellEnd(of: session, reason, &turn)
        case .logOnEnded(let reason): endLogOn(reason, &turn)
        case .invalidated: tellInvalidations(&turn)
        }
    }

    private mutating func settle(_ number: UInt64, _ answer: Answer, _ turn: inout DoorTurn) {
        guard let question = pending.removeValue(forKey: number) else {
            // The client does not learn of this session.
            if let session = answer.session { _ = door.host.ask(.logout(session)) }
            return
        }
        pendingBytes -= question.bytes
        question.body(&self, answer, &turn)
        readFrames(&turn)
        finishIfAllIsAsked(&turn)
        closeIfDone(&turn)
    }

    // MARK: - The end

    private var isAsking: Bool { if case .asking = phase { true } else { false } }

    var isOver: Bool {
        switch phase {
        case .finishing, .gone: true
        case .greeting, .loggingOn, .asking: false
        }
    }

    mutating func fail(_ fault: DoorFault, _ turn: inout DoorTurn) {
        // What was read before it is answered before it.
        askBurst(&turn)
        client.countFault(fault.kind)
        NativeWriter.fault(fault, to: &turn.out)
        // Answers to questions that wait would come behind the end.
        abandon()
        finish(&turn)
    }

    /// Ends a connection whose client sends nothing more, once every whole frame that came has been asked.
    private mutating func finishIfAllIsAsked(_ turn: inout DoorTurn) {
        guard isInputOver else { return }
        if let length = announcedLength, received.count >= NativeProtocol.lengthSize + length { return }
        finish(&turn)
    }

    /// Reads no more; what was asked is answered first.
    private mutating func finish(_ turn: inout DoorTurn) {
        guard !isOver else { return }
        phase = .finishing
        deadline = nil
        received.wipe()
        closeIfDone(&turn)
    }

    private func closeIfDone(_ turn: inout DoorTurn) {
        if case .finishing = phase, pending.isEmpty { turn.close(.lingering) }
    }

    private mutating func abandon() {
        let questions = pending
        pending = [:]
        pendingBytes = 0
        for question in questions.values { question.ticket.abandon() }
    }

    mutating func leave() {
        if case .gone = phase { return }
        phase = .gone
        deadline = nil
        invalidations = nil
        logOnWatch = nil
        interest.end()
        received.wipe()
        abandon()
        for session in own { _ = door.host.ask(.logout(session)) }
        own = []
    }

    /// A client must greet, and end what it has begun to say, within the door's time-out; between frames it may be silent.
    private mutating func restartClock(_ turn: borrowing DoorTurn) {
        deadline = nil
        if isOver || !isClientsTurn(turn) || (isAsking && received.isEmpty) { return }
        deadline = turn.now + client.timeout
    }

    /// Whether the connection waits for its client, and not for answers, or for its client to take them.
    private func isClientsTurn(_ turn: borrowing DoorTurn) -> Bool {
        switch phase {
        case .greeting: true
        case .loggingOn: pending.isEmpty
        case .asking: wantsInput && turn.isWritable
        case .finishing, .gone: false
        }
    }
}

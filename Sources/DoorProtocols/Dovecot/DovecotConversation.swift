import AuthCore
import Basics
import Logging

/// One connection of a mail program.
struct DovecotConversation: Conversation, ~Copyable {
    typealias Event = OpenPasswordQuestions.Event

    private enum Phase {
        /// VERSION and CPID have not both come yet.
        case greeting(hasVersion: Bool)
        case asking
        /// Nothing is read; it closes behind its last answer.
        case finishing
    }

    /// A request that has no last answer yet.
    private enum Pending {
        case exchange(SASLExchange, DovecotRequest)
        case question(UInt64)
    }

    private let door: DovecotDoor
    private let client: DoorClient
    private var mailbox: DoorMailbox<Event>?
    private var phase = Phase.greeting(hasVersion: false)
    private var received = ReceivedBytes()
    private var pending: [UInt32: Pending] = [:]
    private var questions = OpenPasswordQuestions()
    /// Of the questions, by their numbers.
    private var requests: [UInt64: (request: DovecotRequest, user: String)] = [:]
    private(set) var deadline: DoorInstant?

    init(_ door: DovecotDoor, _ client: DoorClient) {
        self.door = door
        self.client = client
    }

    var wantsInput: Bool { true }
    /// An exchange waits for the client, and holds nothing.
    var isHeld: Bool { !questions.isEmpty }

    mutating func begin(_ mailbox: DoorMailbox<Event>, _ turn: inout DoorTurn) {
        self.mailbox = mailbox
        turn.out.write(door.greeting())
        restartClock(turn)
    }

    mutating func resume(_ turn: inout DoorTurn) {
        if !turn.isWritable || deadline == nil { restartClock(turn) }
    }

    mutating func endOfInput(_ turn: inout DoorTurn) { finish(&turn) }

    mutating func stop(_ turn: inout DoorTurn) { finish(&turn) }

    mutating func timeUp(_ turn: inout DoorTurn) {
        fail(DoorFault("slow", "the rest of what was begun did not come in time"), &turn)
    }

    mutating func take(_ event: Event, _ turn: inout DoorTurn) {
        guard let mailbox, let answer = questions.take(event, by: mailbox),
            let (request, user) = requests.removeValue(forKey: event.number)
        else { return }
        pending[request.id] = nil
        self.answer(request, answer, user: user, &turn)
        closeIfDone(&turn)
    }

    mutating func leave() {
        phase = .finishing
        deadline = nil
        abandon()
        received.wipe()
    }

    // MARK: - Lines

    mutating func receive(_ bytes: Span<UInt8>, _ turn: inout DoorTurn) {
        if isOver { return }
        received.append(bytes)
        var isNew = false
        while !isOver, let end = received.firstIndex(of: UInt8(ascii: "\n")) {
            // The part of the line that holds a password is a Secret by the time the line is wiped.
            var line = received.copy(0..<end)
            received.discard(end + 1)
            take(line[...], &turn)
            line.wipe()
            isNew = true
        }
        if received.count > DovecotCommand.longestLine { fail(Self.tooLong, &turn) }
        // A line that trickles in has no more time than one that comes at once, and a greeting must come in time.
        if (isNew && isAsking) || deadline == nil { restartClock(turn) }
    }

    private static let tooLong = DoorFault("length", "a line has more than \(DovecotCommand.longestLine) bytes")

    private mutating func take(_ line: ArraySlice<UInt8>, _ turn: inout DoorTurn) {
        do throws(DoorFault) {
            guard line.count <= DovecotCommand.longestLine else { throw Self.tooLong }
            try take(DovecotCommand(line), &turn)
        } catch {
            fail(error, &turn)
        }
    }

    private mutating func take(_ command: DovecotCommand, _ turn: inout DoorTurn) throws(DoorFault) {
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
        case (.asking, .authenticate(let request)): try begin(request, &turn)
        case (.asking, .proceed(let id, let response)):
            guard case .exchange(let exchange, let request) = pending.removeValue(forKey: id) else {
                throw DoorFault("id", "no request waits for the response")
            }
            proceed(exchange, request, response, &turn)
        case (.asking, .cancel(let id)):
            if case .question(let number) = pending.removeValue(forKey: id) {
                requests[number] = nil
                questions.abandon(number)
            }
        case (.finishing, _): break
        }
    }

    // MARK: - Requests

    private mutating func begin(_ request: DovecotRequest, _ turn: inout DoorTurn) throws(DoorFault) {
        guard pending[request.id] == nil else {
            throw DoorFault("id", "two requests have one number")
        }
        guard let exchange = SASLExchange(request.mechanism) else {
            client.countFault("mechanism")
            return answer(request, Answer(.deny, .invalidRequest, clientText: "the mechanism is not offered"), &turn)
        }
        guard request.isSecured || !door.needsSecurity else {
            client.countFault("unsecured")
            let refusal = Answer(.deny, .invalidRequest, clientText: "passwords are taken over TLS alone")
            return answer(request, refusal, &turn)
        }
        guard pending.count < door.mostPending else {
            client.countFault("pending")
            return answer(request, Answer(.undecided, .queueFull), &turn)
        }
        if case .none = request.response {
            pending[request.id] = .exchange(exchange, request)
            turn.out.write(DovecotReply.challenge(request.id, exchange.firstChallenge))
        } else {
            proceed(exchange, request, request.response, &turn)
        }
    }

    private mutating func proceed(
        _ exchange: SASLExchange, _ request: DovecotRequest, _ response: DovecotCommand.Response,
        _ turn: inout DoorTurn
    ) {
        guard case .bytes(let bytes) = response else {
            return answer(request, Answer(.wrongCredentials, .invalidRequest), &turn)
        }
        var exchange = exchange
        switch exchange.take(bytes) {
        case .challenge(let base64):
            pending[request.id] = .exchange(exchange, request)
            turn.out.write(DovecotReply.challenge(request.id, base64))
        case .credentials(let user, let password): ask(user, password, request, &turn)
        case .otherUser:
            answer(request, Answer(.deny, .invalidRequest, clientText: "no client may be another user here"), &turn)
        case .malformed: answer(request, Answer(.wrongCredentials, .invalidRequest), &turn)
        }
    }

    private mutating func ask(
        _ user: String, _ password: Secret, _ request: DovecotRequest, _ turn: inout DoorTurn
    ) {
        guard let mailbox else { return }
        var login = PasswordLogin(user: user, password: password, service: request.service, address: request.address)
        login.attributes = door.questions.host.attributes(of: client.peer) { attributes in
            attributes.add(.service, request.service)
            attributes.add(.saslMechanism, request.mechanism)
        }
        let (number, answer) = questions.ask(login, of: door.questions, by: mailbox)
        if let answer { return self.answer(request, answer, user: user, &turn) }
        pending[request.id] = .question(number)
        requests[number] = (request, user)
    }

    private func answer(
        _ request: DovecotRequest, _ answer: Answer, user: String? = nil, _ turn: inout DoorTurn
    ) {
        DovecotReply.end(request.id, answer, user: user, door.fields, to: &turn.out)
    }

    // MARK: - The end

    private var isAsking: Bool { if case .asking = phase { true } else { false } }

    private var isOver: Bool { if case .finishing = phase { true } else { false } }

    /// Ends the connection without a word, which clients take for a failure for now; the protocol has no other way.
    private mutating func fail(_ fault: DoorFault, _ turn: inout DoorTurn) {
        client.countFault(fault.kind)
        client.log.debug("door \(door.questions.door): \(fault.description)")
        abandon()
        finish(&turn)
    }

    /// Reads no more; what was asked is answered first.
    private mutating func finish(_ turn: inout DoorTurn) {
        guard !isOver else { return }
        phase = .finishing
        deadline = nil
        pending = pending.filter { if case .question = $0.value { true } else { false } }
        received.wipe()
        closeIfDone(&turn)
    }

    private func closeIfDone(_ turn: inout DoorTurn) {
        if isOver, pending.isEmpty { turn.close(.lingering) }
    }

    /// Whether a request waits for its client's response.
    private var hasExchange: Bool { pending.count > requests.count }

    private mutating func abandon() {
        questions.abandonAll()
        requests = [:]
        pending = [:]
    }

    /// A client that takes what it is sent must greet, end the line that it has begun, and go on with its exchanges within the
    /// door's time-out; else it may be silent.
    private mutating func restartClock(_ turn: borrowing DoorTurn) {
        deadline = nil
        if isOver { return }
        if isAsking, !turn.isWritable || (received.isEmpty && !hasExchange) { return }
        deadline = turn.now + client.timeout
    }
}

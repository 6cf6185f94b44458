import AuthCore

/// One connection of a client of saslauthd: one request, one answer.
struct SaslauthdConversation: Conversation, ~Copyable {
    typealias Event = OpenPasswordQuestions.Event

    private enum Phase {
        case reading
        case asking
        /// What still comes is passed over, so that the end of the connection does not take the answer from the client.
        case answered
    }

    /// All that a client has sent is taken at once, so that four fields are seen alone only where there is no fifth.
    static var readSize: Int? { SaslauthdRequest.longest + 1 }

    private let door: SaslauthdDoor
    private let client: DoorClient
    private var mailbox: DoorMailbox<Event>?
    private var phase = Phase.reading
    private var received = ReceivedBytes()
    private var questions = OpenPasswordQuestions()
    private(set) var deadline: DoorInstant?

    init(_ door: SaslauthdDoor, _ client: DoorClient) {
        self.door = door
        self.client = client
    }

    var wantsInput: Bool { true }
    var isHeld: Bool { !questions.isEmpty }

    mutating func begin(_ mailbox: DoorMailbox<Event>, _ turn: inout DoorTurn) {
        self.mailbox = mailbox
        deadline = turn.now + client.timeout
    }

    mutating func receive(_ bytes: Span<UInt8>, _ turn: inout DoorTurn) {
        guard case .reading = phase else { return }
        received.append(bytes)
        if received.count > SaslauthdRequest.longest { refuse(SaslauthdFault.tooLong, &turn) }
    }

    mutating func settle(_ turn: inout DoorTurn) {
        guard case .reading = phase else { return }
        do throws(DoorFault) {
            guard let request = try SaslauthdRequest.read(received.span) else { return }
            received.wipe()
            ask(request, &turn)
        } catch {
            refuse(error, &turn)
        }
    }

    mutating func take(_ event: Event, _ turn: inout DoorTurn) {
        guard let mailbox, let answer = questions.take(event, by: mailbox) else { return }
        if case .asking = phase { reply(answer, &turn) }
    }

    mutating func endOfInput(_ turn: inout DoorTurn) {
        if case .reading = phase { refuse(SaslauthdFault.short, &turn) }
    }

    mutating func stop(_ turn: inout DoorTurn) {
        if case .reading = phase { turn.close(.now) }
    }

    mutating func timeUp(_ turn: inout DoorTurn) {
        if case .reading = phase { refuse(SaslauthdFault.slow, &turn) }
    }

    mutating func leave() {
        phase = .answered
        deadline = nil
        questions.abandonAll()
        received.wipe()
    }

    private mutating func ask(_ request: SaslauthdRequest, _ turn: inout DoorTurn) {
        guard let mailbox else { return }
        phase = .asking
        // The module answers within its own deadline.
        deadline = nil
        let isRealmNamed = door.combinesRealm && !request.realm.isEmpty
        var login = PasswordLogin(
            user: isRealmNamed ? "\(request.user)@\(request.realm)" : request.user, password: request.password,
            service: request.service, realm: request.realm,
            address: request.address.isEmpty ? client.peer.address : request.address)
        login.attributes = door.questions.host.attributes(of: client.peer) { attributes in
            attributes.add(.service, request.service)
            attributes.add(.realm, request.realm)
        }
        if let answer = questions.ask(login, of: door.questions, by: mailbox).answer {
            reply(answer, &turn)
        }
    }

    private mutating func reply(_ answer: Answer, _ turn: inout DoorTurn) {
        client.noteOtherUser(answer, at: door.questions.door)
        SaslauthdReply.write(answer, to: &turn.out)
        end(&turn)
    }

    private mutating func refuse(_ fault: DoorFault, _ turn: inout DoorTurn) {
        client.countFault(fault.kind)
        SaslauthdReply.write(fault, to: &turn.out)
        end(&turn)
    }

    /// Ends the connection behind its answer.
    private mutating func end(_ turn: inout DoorTurn) {
        phase = .answered
        deadline = nil
        received.wipe()
        turn.close(.written)
    }
}

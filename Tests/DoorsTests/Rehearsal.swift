import AuthCore
import Synchronization

@testable import DoorProtocols

/// A conversation that is carried by no channel: a test says what the client does, and turns the clock.
protocol Rehearsed: AnyObject {
    /// Whether the client may still hear something.
    var isOpen: Bool { get }
    /// Whether the client takes what it is sent.
    var isWritable: Bool { get set }
    /// Whether the connection may not be given up for another one.
    var isHeld: Bool { get }
    /// The client sends bytes, which come at once.
    func send(_ bytes: [UInt8])
    /// The client sends nothing more.
    func endInput()
    /// The door stops.
    func stop()
    /// The client goes.
    func leave()
    /// Does what may take a while, and gives the conversation the events that have come.
    func run()
    /// Turns the clock, over every deadline on the way.
    func advance(by duration: Duration)
    /// What has gone out since the last look.
    func take() -> [UInt8]
}

extension Rehearsed {
    func send(_ text: String) { send(Array(text.utf8)) }
}

final class Rehearsal<Carries: Conversation & ~Copyable>: Rehearsed {
    private var conversation: Carries
    private var turn = DoorTurn(now: DoorInstant(nanoseconds: 1), seconds: 784_111_777)
    private var said: [UInt8] = []
    private var closing: DoorInstant?
    private(set) var isOpen = true
    private let events = Events()

    private final class Events: Sendable {
        let waiting = Mutex<[Carries.Event]>([])
    }

    init(_ conversation: consuming Carries) {
        self.conversation = conversation
        let events = events
        self.conversation.begin(DoorMailbox { event in events.waiting.withLock { $0.append(event) } }, &turn)
        finish()
    }

    var isWritable: Bool {
        get { turn.isWritable }
        set {
            turn.isWritable = newValue
            if isConversing { conversation.resume(&turn) }
            finish()
        }
    }

    var isHeld: Bool { conversation.isHeld }

    private var isConversing: Bool { isOpen && closing == nil }

    func send(_ bytes: [UInt8]) {
        guard isConversing else { return }
        conversation.receive(bytes.span, &turn)
        conversation.settle(&turn)
        finish()
    }

    func endInput() {
        if isConversing { conversation.endOfInput(&turn) }
        finish()
    }

    func stop() {
        if isConversing { conversation.stop(&turn) }
        finish()
    }

    func leave() { if isOpen { close(at: turn.now) } }

    func run() {
        while true {
            for work in turn.takeLaterWork() { work() }
            guard let event = events.waiting.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { return }
            conversation.take(event, &turn)
            finish()
        }
    }

    func advance(by duration: Duration) {
        let end = turn.now + duration
        while isOpen, let due = closing ?? conversation.deadline, due <= end {
            turn.now = max(due, turn.now)
            if closing != nil { return close(at: end) }
            conversation.timeUp(&turn)
            finish()
        }
        turn.now = end
    }

    func take() -> [UInt8] {
        defer { said = [] }
        return said
    }

    private func finish() {
        guard isOpen else { return turn.out.removeAll() }
        while true {
            let wasFull = turn.out.count >= DoorTurn.fullSize
            said += turn.out.bytes
            turn.out.removeAll()
            guard wasFull, isWritable, turn.end == nil else { break }
            conversation.resume(&turn)
        }
        if turn.wantsSentNotice, isWritable, turn.end == nil {
            turn.wantsSentNotice = false
            conversation.sent(&turn)
            return finish()
        }
        switch turn.end {
        case .lingering: closing = closing ?? turn.now + .seconds(2)
        case .now, .written: close(at: turn.now)
        case nil: break
        }
    }

    private func close(at time: DoorInstant) {
        isOpen = false
        turn.now = time
        conversation.leave()
    }
}

// A failing expectation looks into what it is about, and nothing can be looked into that cannot be copied.
extension Rehearsal: CustomReflectable where Carries: ~Copyable {
    var customMirror: Mirror { Mirror(self, children: []) }
}

struct Rehearsing: DoorCarrying {
    func carry<Carries: Conversation & ~Copyable>(_ conversation: consuming Carries) -> any Rehearsed {
        Rehearsal(conversation)
    }
}

extension DoorType {
    /// A client of the door, rehearsed; over a unix socket where it has no address.
    func rehearse(
        _ settings: DoorSettings, from address: String = "127.0.0.1", with certificate: DoorCertificate? = nil
    ) -> any Rehearsed {
        let peer = DoorPeer(address: address, userID: address.isEmpty ? 0 : nil, certificate: certificate)
        let client = DoorClient(peer: peer, timeout: settings.timeout, countFault: { _ in })
        return converse(client, by: Rehearsing())
    }
}

/// A door of a type whose clients are rehearsed, at its unix socket.
struct RehearsedDoor {
    private let door: any DoorType
    private let settings: DoorSettings

    init(
        _ type: String, _ host: any QuestionAnswering, configure: (inout DoorSettings) -> Void = { _ in }
    ) throws {
        var settings = DoorSettings(type: type, name: type)
        configure(&settings)
        door = try DoorTypes.make(settings, host: host)
        self.settings = settings
    }

    func client() -> any Rehearsed { door.rehearse(settings, from: "") }

    /// A client over TCP, maybe with a certificate.
    func client(from address: String, with certificate: DoorCertificate? = nil) -> any Rehearsed {
        door.rehearse(settings, from: address, with: certificate)
    }

    /// Sends bytes over a connection of its own, in pieces as they are given, and returns all that was said.
    func talk(_ pieces: [UInt8]..., endingInput: Bool = false) -> [UInt8] {
        let client = client()
        for piece in pieces { client.send(piece) }
        if endingInput { client.endInput() }
        client.run()
        return client.take()
    }
}

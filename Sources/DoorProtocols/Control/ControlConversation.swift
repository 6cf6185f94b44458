import AuthCore
import Logging

/// One operator's connection to the control socket.
package struct ControlConversation: Conversation, ~Copyable {
    /// The answer to a request for a credential.
    package typealias Event = ControlReply

    /// How often the log is looked at for a client that follows it.
    private static let pace = Duration.milliseconds(100)
    /// How long a client may say and hear nothing, unless it follows the log.
    private static let idle = Duration.seconds(60)
    /// Lines that are sent at once at most.
    private static let batch = 128

    private let host: any ControlAnswering
    private let log: Logger
    /// Why the client is served nothing; nil for one that is.
    private let refusal: String?
    /// Who asks.
    private let asker: ControlRequest.Asker
    /// Makes another descriptor of the connection.
    private let another: @Sendable () -> Int32
    /// Whether the connection is with the host, which reads and writes it by itself.
    private var isHandedOver = false
    private var mailbox: DoorMailbox<Event>?
    private var line: [UInt8] = []
    private var isFollowing = false
    /// Whether the host answers nothing any more: the log is followed to its end.
    private var isStopping = false
    /// Whether an answer is awaited, behind which further requests wait.
    private var isWaiting = false
    private var position: UInt64 = 0
    private var isTaking = true
    package private(set) var deadline: DoorInstant?

    /// - Parameters:
    ///   - owner: the user that the host runs as.
    ///   - isOneTooMany: whether as many operators are connected as may be.
    ///   - another: makes another descriptor of the connection; -1 where there is none.
    package init(
        _ host: any ControlAnswering, _ peer: DoorPeer, owner: UInt32, isOneTooMany: Bool, _ log: Logger,
        another: @escaping @Sendable () -> Int32 = { -1 }
    ) {
        self.host = host
        self.log = log
        self.another = another
        asker = ControlRequest.Asker(peer.userID.map { "uid:\($0)" } ?? "unknown", door: "control")
        if isOneTooMany {
            refusal = "too many operators are connected: \(ControlLine.mostConnections)"
        } else if let user = peer.userID, user == owner || user == 0 {
            refusal = nil
        } else {
            log.warning("control socket: user \(peer.userID.map { "\($0)" } ?? "unknown") was refused")
            refusal = "only the user that the host runs as, and root, may use the control socket"
        }
    }

    package var wantsInput: Bool { !isHandedOver }
    package var isHeld: Bool { isWaiting }
    package var isLent: Bool { isHandedOver }

    package mutating func begin(_ mailbox: DoorMailbox<Event>, _ turn: inout DoorTurn) {
        self.mailbox = mailbox
        if let refusal { return refuse(refusal, &turn) }
        note(turn)
    }

    package mutating func receive(_ bytes: Span<UInt8>, _ turn: inout DoorTurn) {
        if isStopping || isHandedOver { return }
        bytes.withUnsafeBufferPointer { line += $0 }
        note(turn)
        serve(&turn)
    }

    package mutating func resume(_ turn: inout DoorTurn) {
        note(turn)
        serve(&turn)
    }

    package mutating func take(_ reply: Event, _ turn: inout DoorTurn) {
        guard isWaiting else { return }
        (isWaiting, isHandedOver) = (false, false)
        note(turn)
        send(reply, &turn)
        serve(&turn)
    }

    package mutating func endOfInput(_ turn: inout DoorTurn) { turn.close(.written) }

    /// At the first call the host answers nothing any more, and only the log is still followed; at the next that ends too.
    package mutating func stop(_ turn: inout DoorTurn) {
        guard isFollowing else { return turn.close(.now) }
        guard isStopping else {
            isStopping = true
            return
        }
        let last = host.nextEvent
        while position < last { sendEvents(&turn) }
        turn.close(.written)
    }

    package mutating func timeUp(_ turn: inout DoorTurn) {
        guard isFollowing, turn.isWritable else { return turn.close(.now) }
        sendEvents(&turn)
        note(turn)
    }

    package mutating func leave() {
        deadline = nil
        isWaiting = false
        isFollowing = false
        line = []
    }

    /// A client that follows the log may be silent for as long as it likes, and is let go when it does not read either.
    private mutating func note(_ turn: borrowing DoorTurn) {
        isTaking = turn.isWritable
        deadline = isWaiting ? nil : turn.now + (isFollowing && isTaking ? Self.pace : Self.idle)
    }

    /// Answers the whole lines that are there.
    private mutating func serve(_ turn: inout DoorTurn) {
        // Requests of a client that does not read wait.
        while turn.end == nil, !turn.isFull, !isFollowing, !isWaiting,
            let end = line.firstIndex(of: UInt8(ascii: "\n")),
            end <= ControlLine.limit
        {
            let request = Array(line[..<end])
            line.removeFirst(end + 1)
            answer(request, &turn)
        }
        if line.count > ControlLine.limit, !line[...ControlLine.limit].contains(UInt8(ascii: "\n")) {
            refuse("a request is longer than \(ControlLine.limit) bytes", &turn)
        }
    }

    private mutating func answer(_ bytes: [UInt8], _ turn: inout DoorTurn) {
        let asker = asker
        let named = ControlLine.request(bytes).map { request in
            var request = request
            request.asker = asker
            return request
        }
        switch named {
        case .failure(let error): send(.failure(error.description), &turn)
        case .success(let request) where request.action == .events: follow(request, &turn)
        case .success(let request) where request.action == .credential:
            guard let mailbox else { return }
            isWaiting = true
            host.credential(request) { mailbox.post($0) }
        case .success(let request) where [.modules, .swap, .rollback, .release, .promote].contains(request.action):
            guard let mailbox else { return }
            isWaiting = true
            host.module(request) { mailbox.post($0) }
        case .success(let request) where request.action == .takeOver:
            guard let mailbox else { return }
            (isWaiting, isHandedOver) = (true, true)
            host.takeOver(request, another()) { mailbox.post($0) }
        case .success(let request) where request.cluster == true:
            guard let mailbox else { return }
            isWaiting = true
            host.answer(ofCluster: request) { mailbox.post($0) }
        case .success(let request): send(host.answer(request), &turn)
        }
    }

    private mutating func follow(_ request: ControlRequest, _ turn: inout DoorTurn) {
        let since = request.since ?? 0
        guard (0...1024).contains(since) else {
            return send(.failure("`since` takes a number of lines from 0 to 1024"), &turn)
        }
        position = host.nextEvent - min(host.nextEvent, UInt64(since))
        let end = host.nextEvent
        // The log begins with the first lines that are kept; older ones were not lost on the way.
        position = max(position, position + host.events(from: position, limit: 0).missed)
        while position < end { sendEvents(&turn) }
        guard request.follow == true else { return send(ControlReply(), &turn) }
        isFollowing = true
        sendEvents(&turn)
        note(turn)
    }

    private mutating func sendEvents(_ turn: inout DoorTurn) {
        let events = host.events(from: position, limit: Self.batch)
        position = events.next
        for (index, event) in events.lines.enumerated() {
            var reply = ControlReply()
            reply.event = event
            if index == 0 && events.missed > 0 { reply.missed = events.missed }
            send(reply, &turn)
        }
    }

    private mutating func refuse(_ why: String, _ turn: inout DoorTurn) {
        line = []
        send(.failure(why), &turn)
        turn.close(.written)
    }

    private func send(_ reply: ControlReply, _ turn: inout DoorTurn) { turn.out.write(ControlLine.encode(reply)) }
}

import Basics
import DoorProtocols

/// Carries one conversation over a connection: what comes in goes to it, what it leaves goes out, and its deadline is watched.
///
/// Back-pressure, half-closed connections, the end behind the last byte and the times of a connection are here, for every
/// protocol and for every ``CarrierSocket``.
final class Carrier {
    private enum Phase {
        case connecting
        case conversing
        /// Everything is said; what still comes is thrown away.
        case ending(lingers: Bool)
        case gone
    }

    private let conversation: any CarriedConversation
    private var turn = DoorTurn(now: DoorInstant(nanoseconds: 0), seconds: 0)
    private var phase = Phase.connecting
    private let use: ConnectionUse
    /// nil where a handler before this one watches.
    private let watch: IdleWatch?
    /// When the watch is due to look; nil for never.
    private var lookDue: DoorInstant?
    private let observe: (@Sendable ([UInt8]) -> Void)?
    private var isHeld = false
    /// When the timer rings: not later than the conversation's deadline.
    private var timerDue: DoorInstant?
    private var hasLeft = false
    /// Whether a byte has come or gone.
    private var hasCarried = false
    /// Bytes that were thrown away behind the end.
    private var discarded = 0

    /// - Parameters:
    ///   - watch: what is told of bytes; nil where a handler before this one does it.
    ///   - observe: sees what goes out; nil for no observer.
    init(
        _ conversation: any CarriedConversation, _ use: ConnectionUse, watch: IdleWatch? = nil,
        observe: (@Sendable ([UInt8]) -> Void)? = nil
    ) {
        self.conversation = conversation
        self.use = use
        self.watch = watch
        self.observe = observe
    }

    /// How many bytes should be taken at once; nil for as many as the connection likes.
    var readSize: Int? { conversation.readSize }

    /// Whether other code reads and writes the connection.
    var isLent: Bool { conversation.isLent }

    /// Whether nothing is under way, so that a conversation that begins now goes on for the client as this one would.
    var isAtRest: Bool {
        isConversing && turn.out.isEmpty && (conversation.isAtRest || !hasCarried)
    }

    private var isConversing: Bool { if case .conversing = phase { true } else { false } }

    func begin(_ socket: some CarrierSocket) {
        guard case .connecting = phase else { return }
        phase = .conversing
        startTurn(socket)
        lookDue = watch?.nextLook(turn.now)
        conversation.begin(socket.reference, &turn)
        finishTurn(socket)
    }

    // MARK: - What comes in

    /// Bytes came, which the connection overwrites afterwards.
    func receive(_ bytes: Span<UInt8>, _ socket: some CarrierSocket) {
        startTurn(socket)
        hasCarried = true
        watch?.noteRead(turn.now)
        guard isConversing else {
            discarded += bytes.count
            return
        }
        conversation.receive(bytes, &turn)
        // Also where the client has gone behind them.
        LaterWork.begin(&turn)
        // A small output goes out when everything that came at once was read.
        if turn.end != nil || turn.out.count >= DoorTurn.fullSize { finishTurn(socket) }
    }

    /// Everything that had come at once was received.
    func settle(_ socket: some CarrierSocket) {
        guard isConversing else { return }
        // The clock was read with the bytes.
        turn.isWritable = socket.isWritable
        conversation.settle(&turn)
        finishTurn(socket)
    }

    /// Gives the conversation the events that have come.
    func takeEvents(_ socket: some CarrierSocket) {
        // What follows from them comes with the next wake-up: other connections have their turn first.
        conversation.collectEvents()
        while true {
            if isConversing { startTurn(socket) }
            guard conversation.takeEvent(&turn) else { break }
            guard isConversing else {
                // What it brings was wound up.
                turn.out.removeAll()
                continue
            }
            if turn.end != nil || turn.out.count >= DoorTurn.fullSize { finishTurn(socket) }
        }
        if isConversing { finishTurn(socket) }
    }

    /// The client takes bytes again, or does not any more.
    func writabilityChanged(_ socket: some CarrierSocket) {
        guard isConversing else { return }
        startTurn(socket)
        conversation.resume(&turn)
        finishTurn(socket)
    }

    /// Whether reading is not held back: by a conversation that wants no more, or a client that does not take what it is sent.
    func wantsRead(_ socket: some CarrierSocket) -> Bool {
        guard isConversing else { return discarded < EndLimits.discarded }
        return conversation.wantsInput && socket.isWritable
    }

    /// The client sends nothing more.
    func inputEnded(_ socket: some CarrierSocket) {
        switch phase {
        case .conversing:
            startTurn(socket)
            conversation.endOfInput(&turn)
            finishTurn(socket)
        // The client has read what it wanted.
        case .ending: socket.close()
        case .connecting, .gone: break
        }
    }

    /// The door stops.
    func stop(_ socket: some CarrierSocket) {
        guard isConversing else { return }
        startTurn(socket)
        conversation.stop(&turn)
        finishTurn(socket)
    }

    // MARK: - Turns

    private func startTurn(_ socket: some CarrierSocket) {
        turn.now = socket.now
        turn.seconds = SystemTime.seconds
        turn.isWritable = socket.isWritable
    }

    /// Carries out what the conversation has left.
    private func finishTurn(_ socket: some CarrierSocket) {
        while true {
            LaterWork.begin(&turn)
            let wasFull = turn.out.count >= DoorTurn.fullSize
            // Before the client can know of it: no other connection may take its place from then on.
            noteHold()
            send(socket)
            if turn.end != nil { break }
            // What waited for room goes on, as long as there is some.
            guard wasFull, socket.isWritable else { break }
            startTurn(socket)
            conversation.resume(&turn)
        }
        if let end = turn.end { return self.end(end, socket) }
        watchClock(socket)
        socket.readIfWanted()
    }

    private func noteHold() {
        guard conversation.isHeld != isHeld else { return }
        isHeld.toggle()
        use.isHeld = isHeld
    }

    private func send(_ socket: some CarrierSocket) {
        let wantsNotice = turn.wantsSentNotice
        if turn.out.isEmpty && !wantsNotice { return }
        turn.wantsSentNotice = false
        hasCarried = true
        observe?(turn.out.bytes)
        watch?.noteWrite(turn.now)
        socket.write(turn.out.bytes)
        turn.out.removeAll()
        if wantsNotice { socket.tellWhenSent() }
    }

    /// What was written up to a notice that was asked for is with the client's system.
    func sent(_ socket: some CarrierSocket) {
        guard isConversing else { return }
        startTurn(socket)
        conversation.sent(&turn)
        finishTurn(socket)
    }

    // MARK: - The clock

    private func watchClock(_ socket: some CarrierSocket) {
        guard let due = DoorInstant.earlier(conversation.deadline, lookDue) else { return }
        // One that rings too early looks again.
        if let timerDue, timerDue <= due { return }
        timerDue = due
        socket.setTimer(due)
    }

    /// The time of the timer has come.
    func ring(_ socket: some CarrierSocket) {
        timerDue = nil
        switch phase {
        case .ending: socket.close()
        case .connecting, .gone: break
        case .conversing:
            startTurn(socket)
            if let watch, let lookDue, lookDue <= turn.now {
                if watch.isOver(turn.now) { return socket.close() }
                self.lookDue = watch.nextLook(turn.now)
            }
            if let due = conversation.deadline, due <= turn.now { conversation.timeUp(&turn) }
            finishTurn(socket)
        }
    }

    // MARK: - The end

    private func end(_ end: DoorTurn.End, _ socket: some CarrierSocket) {
        // From here on the connection is of no use to its client: it may be given up, and its sessions end.
        if case .lingering = end { phase = .ending(lingers: true) } else { phase = .ending(lingers: false) }
        leaveConversation()
        use.isHeld = false
        use.isOver = true
        isHeld = false
        if case .now = end { return socket.close() }
        socket.setTimer(turn.now + EndLimits.sending)
        socket.flush()
        // What still comes is thrown away.
        socket.readIfWanted()
    }

    /// The client has the last byte, or never will.
    func flushed(_ socket: some CarrierSocket) {
        guard case .ending(let lingers) = phase else { return }
        guard lingers else { return socket.close() }
        // Our half is closed first, and the rest in two seconds, whatever the client does (RFC 9112, section 9.6).
        socket.closeOutput()
        socket.setTimer(socket.now + EndLimits.lingering)
    }

    /// The connection is gone.
    func leave() {
        if case .gone = phase { return }
        phase = .gone
        leaveConversation()
    }

    private func leaveConversation() {
        if hasLeft { return }
        hasLeft = true
        conversation.leave()
    }
}

/// What a connection is worth when everything is said.
private enum EndLimits {
    /// How long a client may take to take its last bytes.
    static let sending = Duration.seconds(30)
    /// How long its own end is waited for behind them.
    static let lingering = Duration.seconds(2)
    /// How many bytes are thrown away before reading stops.
    static let discarded = 1 << 20
}

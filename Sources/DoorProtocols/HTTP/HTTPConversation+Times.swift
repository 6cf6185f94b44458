/// When something last happened on a connection.
struct HTTPTiming {
    /// When bytes have come in or replies have gone out last.
    private(set) var lastProgress: DoorInstant
    /// Whether any byte has come in yet.
    private(set) var hasBegun = false
    /// Whether the client took what was written, when that was seen last.
    private(set) var isTaking = true
    /// When the request began to come that is not complete; nil where none has.
    var arrival: DoorInstant?
    /// How long the first byte and each request may take, and how long a connection may stay without one, in nanoseconds.
    fileprivate let request, idle: UInt64

    init(request: Duration, idle: Duration) {
        lastProgress = DoorInstant(nanoseconds: 0)
        self.request = DoorInstant.nanoseconds(of: request)
        self.idle = DoorInstant.nanoseconds(of: idle)
    }

    mutating func begin(_ turn: borrowing DoorTurn) { lastProgress = turn.now }

    /// Notes that the client does something.
    mutating func note(_ turn: borrowing DoorTurn) {
        lastProgress = turn.now
        isTaking = turn.isWritable
        hasBegun = true
    }
}

/// The time-outs of a connection: for its first byte, for the whole of each request from its first byte on, and for staying
/// without one, or without taking its replies.
extension HTTPConversation {
    var deadline: DoorInstant? {
        if phase == .gone { return nil }
        let silence = isSilent ? timing.lastProgress.later(by: silenceLimit) : nil
        guard let arrival = timing.arrival else { return silence }
        let late = arrival.later(by: timing.request)
        return silence.map { min($0, late) } ?? late
    }

    private var silenceLimit: UInt64 { timing.hasBegun ? timing.idle : timing.request }

    /// Whether nothing is due to the client, or the client does not take what is.
    private var isSilent: Bool {
        if waiting.isEmpty { return input.isEmpty || !timing.isTaking }
        return waiting.first?.stream != nil && !timing.isTaking
    }

    /// Gives an incomplete request its time, and no more however steadily it trickles in.
    mutating func watchArrival(_ turn: borrowing DoorTurn) {
        guard wantsInput, turn.isWritable, !input.isEmpty else { return timing.arrival = nil }
        if timing.arrival == nil { timing.arrival = turn.now }
    }

    mutating func timeUp(_ turn: inout DoorTurn) {
        if let arrival = timing.arrival, arrival.later(by: timing.request) <= turn.now {
            let refusal = RequestRefusal(408, "the request did not arrive in time")
            service.refused(refusal)
            return refuse(Reply(refusal), "refused", &turn)
        }
        if isSilent, timing.lastProgress.later(by: silenceLimit) <= turn.now { turn.close(.now) }
    }
}

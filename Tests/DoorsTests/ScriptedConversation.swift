import Synchronization

@testable import DoorProtocols

/// What a conversation was told, and what it shall do.
final class Script: Sendable {
    struct State {
        var told: [String] = []
        var wantsInput = true
        var isHeld = false
        var deadline: DoorInstant?
        var end: DoorTurn.End?
        var reply: [UInt8] = []
        /// The same for what it is told.
        var replyOf: [String: [UInt8]] = [:]
        var endOf: [String: DoorTurn.End] = [:]
        var wantsNotice = false
        var mailbox: DoorMailbox<String>?
        /// How many conversations there are.
        var conversations = 0
    }
    let state = Mutex(State())

    var told: [String] { state.withLock { $0.told } }
    var conversations: Int { state.withLock { $0.conversations } }
    func set(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }
}

/// A conversation that does what a script says, and keeps its mailbox as those of doors do.
struct Scripted: Conversation, ~Copyable {
    let script: Script
    private var mailbox: DoorMailbox<String>?

    init(script: Script) {
        self.script = script
        script.set { $0.conversations += 1 }
    }

    deinit { script.set { $0.conversations -= 1 } }

    private func note(_ text: String, _ turn: inout DoorTurn) {
        script.set { state in
            state.told.append(text)
            turn.out.write(state.reply + state.replyOf[text, default: []])
            turn.wantsSentNotice = state.wantsNotice && text == "x"
            if let end = state.end ?? state.endOf[text] { turn.close(end) }
        }
    }

    var wantsInput: Bool { script.state.withLock { $0.wantsInput } }
    var isHeld: Bool { script.state.withLock { $0.isHeld } }
    var deadline: DoorInstant? { script.state.withLock { $0.deadline } }
    mutating func begin(_ mailbox: DoorMailbox<String>, _ turn: inout DoorTurn) {
        self.mailbox = mailbox
        script.set { $0.mailbox = mailbox }
        note("begin", &turn)
    }
    mutating func receive(_ bytes: Span<UInt8>, _ turn: inout DoorTurn) {
        note(String(decoding: bytes.withUnsafeBufferPointer { Array($0) }, as: UTF8.self), &turn)
    }
    mutating func resume(_ turn: inout DoorTurn) { note("resume \(turn.isWritable)", &turn) }
    mutating func sent(_ turn: inout DoorTurn) { note("sent", &turn) }
    mutating func take(_ event: String, _ turn: inout DoorTurn) { note(event, &turn) }
    mutating func endOfInput(_ turn: inout DoorTurn) { note("end of input", &turn) }
    mutating func stop(_ turn: inout DoorTurn) { note("stop", &turn) }
    mutating func timeUp(_ turn: inout DoorTurn) { note("time up", &turn) }
    mutating func leave() { script.set { $0.told.append("leave") } }
}

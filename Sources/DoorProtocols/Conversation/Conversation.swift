import AuthCore

/// One connection's side of a door's protocol, without I/O: bytes and answers come in, bytes and questions go out.
///
/// A carrier owns it, calls one method at a time, and carries out what each leaves in its turn. Limits are the
/// conversation's own; its deadline is data, which the carrier compares with its clock.
public protocol Conversation: ~Copyable, SendableMetatype {
    /// What comes from other threads: answers, ends of sessions, pieces of a reply.
    associatedtype Event: Sendable

    /// How many bytes the carrier should try to take at once; nil for the carrier's choice.
    static var readSize: Int? { get }

    /// The client is connected. Called once, before anything else.
    ///
    /// - Parameter mailbox: takes events from any thread, for as long as it is held.
    mutating func begin(_ mailbox: DoorMailbox<Event>, _ turn: inout DoorTurn)
    /// Bytes came, which the carrier overwrites afterwards.
    mutating func receive(_ bytes: Span<UInt8>, _ turn: inout DoorTurn)
    /// Everything that had come at once was received.
    mutating func settle(_ turn: inout DoorTurn)
    /// The client takes bytes again, or does not any more; or the last turn was full and is sent.
    mutating func resume(_ turn: inout DoorTurn)
    /// What was written up to the turn that asked for it is with the client's system.
    mutating func sent(_ turn: inout DoorTurn)
    /// An event came by the mailbox; also behind ``leave()``, when what it brings has to be wound up.
    mutating func take(_ event: Event, _ turn: inout DoorTurn)
    /// The client will send nothing more.
    mutating func endOfInput(_ turn: inout DoorTurn)
    /// The door stops: what was asked is answered, and nothing more is read.
    mutating func stop(_ turn: inout DoorTurn)
    /// The ``deadline`` has passed.
    mutating func timeUp(_ turn: inout DoorTurn)
    /// The connection is gone: open questions are abandoned, and what was received is overwritten.
    mutating func leave()

    /// Whether more bytes are wanted now.
    var wantsInput: Bool { get }
    /// Whether the client has questions whose answers are due, or sessions that it would lose: such a connection is not given
    /// up for another one.
    var isHeld: Bool { get }
    /// When ``timeUp(_:)`` is due; nil for never.
    var deadline: DoorInstant? { get }
    /// Whether nothing is under way, and nothing is known of the client but its connection: another conversation could go on from here.
    var isAtRest: Bool { get }
    /// Whether other code reads and writes the connection, by a descriptor of its own: the carrier does neither.
    var isLent: Bool { get }
}

extension Conversation where Self: ~Copyable {
    /// By default the carrier chooses.
    public static var readSize: Int? { nil }
    /// By default the client would notice.
    public var isAtRest: Bool { false }
    /// By default only the carrier has the connection.
    public var isLent: Bool { false }
    /// By default nothing is left to do.
    public mutating func settle(_ turn: inout DoorTurn) {}
    /// By default nothing waits for it.
    public mutating func resume(_ turn: inout DoorTurn) {}
    /// By default nothing waits for it.
    public mutating func sent(_ turn: inout DoorTurn) {}
}

/// Brings events to a conversation, from any thread.
///
/// The conversation keeps its mailbox, so a mailbox does not keep the conversation: what has to reach a conversation whose
/// connection has ended goes by ``kept()``.
public struct DoorMailbox<Event: Sendable>: Sendable {
    /// Hands an event over; the carrier gives it to the conversation on its own thread, in the order of the calls. One for a
    /// conversation that has gone is dropped.
    public let post: @Sendable (Event) -> Void
    private let keeping: (@Sendable () -> @Sendable (Event) -> Void)?

    /// Makes a mailbox of what hands events over.
    ///
    /// - Parameter keeping: makes what does the same, and keeps the conversation for as long as it is kept itself; nil where
    ///   `post` does.
    public init(
        _ post: @escaping @Sendable (Event) -> Void, keeping: (@Sendable () -> @Sendable (Event) -> Void)? = nil
    ) {
        self.post = post
        self.keeping = keeping
    }

    /// Hands an event over that has to reach the conversation, which stays until then.
    func kept() -> @Sendable (Event) -> Void { keeping?() ?? post }

    /// Awaits an answer, which becomes an event.
    func await(_ ticket: Ticket, _ event: @escaping @Sendable (Answer) -> Event) {
        ticket.whenDecided { [post = kept()] in post(event($0)) }
    }
}

/// Carries conversations of any door; what comes out is the carrier's.
public protocol DoorCarrying {
    /// What carries one conversation.
    associatedtype Carried

    /// Takes a conversation over.
    func carry<Carries: Conversation & ~Copyable>(_ conversation: consuming Carries) -> Carried
}

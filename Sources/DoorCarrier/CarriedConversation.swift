import DoorProtocols
import Epoll
import Logging
import Synchronization

/// A conversation of any door, as its carrier knows it. On the thread of its connection alone.
package protocol CarriedConversation: AnyObject {
    /// How many bytes the carrier should try to take at once; nil for the carrier's choice.
    var readSize: Int? { get }
    /// Whether more bytes are wanted now.
    var wantsInput: Bool { get }
    /// Whether the connection is not given up for another one.
    var isHeld: Bool { get }
    /// When ``timeUp(_:)`` is due; nil for never.
    var deadline: DoorInstant? { get }
    /// Whether another conversation could go on with the client from here.
    var isAtRest: Bool { get }
    /// Whether other code has the connection.
    var isLent: Bool { get }

    /// The client is connected; `carrier` is woken when an event has come.
    func begin(_ carrier: CarrierReference, _ turn: inout DoorTurn)
    func receive(_ bytes: Span<UInt8>, _ turn: inout DoorTurn)
    func settle(_ turn: inout DoorTurn)
    func resume(_ turn: inout DoorTurn)
    func sent(_ turn: inout DoorTurn)
    func endOfInput(_ turn: inout DoorTurn)
    func stop(_ turn: inout DoorTurn)
    func timeUp(_ turn: inout DoorTurn)
    func leave()
    /// Collects the events that have come.
    func collectEvents()
    /// Gives the next of those to the conversation; false when there is none.
    func takeEvent(_ turn: inout DoorTurn) -> Bool
}

/// What carries a conversation, for other threads.
package struct CarrierReference: Sendable {
    /// Has the carrier take its events, on its own thread; nothing happens when it has gone.
    let wake: @Sendable () -> Void
    /// Keeps the carrier for as long as what it returns is kept.
    let keep: @Sendable () -> any Sendable
}

/// Makes of a door's conversation what a carrier takes.
package struct ConversationBox: DoorCarrying {
    package func carry<Carries: Conversation & ~Copyable>(
        _ conversation: consuming Carries
    ) -> any CarriedConversation {
        Boxed(conversation)
    }
}

/// Hides the type of a conversation, which cannot be copied, from its carrier.
private final class Boxed<Carried: Conversation & ~Copyable>: CarriedConversation {
    private var conversation: Carried
    private let events = EventQueue<Carried.Event>()
    /// Events that were taken out of the queue, the first last; its room is used again.
    private var taken: [Carried.Event] = []

    init(_ conversation: consuming Carried) { self.conversation = conversation }

    var readSize: Int? { Carried.readSize }
    var wantsInput: Bool { conversation.wantsInput }
    var isHeld: Bool { conversation.isHeld }
    var deadline: DoorInstant? { conversation.deadline }
    var isAtRest: Bool { conversation.isAtRest }
    var isLent: Bool { conversation.isLent }

    func begin(_ carrier: CarrierReference, _ turn: inout DoorTurn) {
        let post: @Sendable (Carried.Event) -> Void = { [events] event in
            if events.add(event) { carrier.wake() }
        }
        let mailbox = DoorMailbox(post) {
            let kept = carrier.keep()
            return { event in withExtendedLifetime(kept) { post(event) } }
        }
        conversation.begin(mailbox, &turn)
    }

    func receive(_ bytes: Span<UInt8>, _ turn: inout DoorTurn) { conversation.receive(bytes, &turn) }
    func settle(_ turn: inout DoorTurn) { conversation.settle(&turn) }
    func resume(_ turn: inout DoorTurn) { conversation.resume(&turn) }
    func sent(_ turn: inout DoorTurn) { conversation.sent(&turn) }
    func endOfInput(_ turn: inout DoorTurn) { conversation.endOfInput(&turn) }
    func stop(_ turn: inout DoorTurn) { conversation.stop(&turn) }
    func timeUp(_ turn: inout DoorTurn) { conversation.timeUp(&turn) }
    func leave() { conversation.leave() }

    func collectEvents() { if taken.isEmpty { events.take(&taken) } }

    func takeEvent(_ turn: inout DoorTurn) -> Bool {
        guard let event = taken.popLast() else { return false }
        conversation.take(event, &turn)
        return true
    }
}

/// Events on their way to a conversation.
private final class EventQueue<Event: Sendable>: Sendable {
    private let events = Mutex<[Event]>([])

    /// Adds one; whether it is the first that waits.
    func add(_ event: Event) -> Bool {
        events.withLock { events in
            events.append(event)
            return events.count == 1
        }
    }

    /// Moves all that wait into a list that is empty, the first last.
    func take(_ list: inout [Event]) {
        events.withLock { swap(&$0, &list) }
        list.reverse()
    }
}

import AuthCore
import Logging

/// What a client is told unasked, on its way.
///
/// One write is on its way at a time, and what comes meanwhile waits in one piece: small writes would hold many times their
/// bytes.
struct NativePushes {
    /// Bytes that a client may leave unread, behind those that are on their way to it.
    static let most = 64 * 1024

    private(set) var waiting = OutgoingBytes()
    /// Whether something is on its way.
    private var isSending = false

    /// Writes something; false where the client does not read what it is told.
    mutating func push(_ turn: inout DoorTurn, _ body: (inout OutgoingBytes) -> Void) -> Bool {
        body(&waiting)
        if isSending { return waiting.count <= Self.most }
        send(&turn)
        return true
    }

    /// What was on its way has been taken.
    mutating func sent(_ turn: inout DoorTurn) {
        isSending = false
        if !waiting.isEmpty { send(&turn) }
    }

    private mutating func send(_ turn: inout DoorTurn) {
        turn.out.write(waiting.bytes)
        waiting.removeAll()
        isSending = true
        turn.wantsSentNotice = true
    }
}

// What a client is told unasked.
extension NativeConversation {
    /// Tells the client when a session ends, and when answers about it are no longer good; false when there is no such session.
    ///
    /// - Parameter users: the name that was typed, and the session's user, as far as the client knows.
    mutating func follow(_ session: SessionID, users: [String] = []) -> Bool {
        if interest.knows(session) { return true }
        guard let watch = watchEnd(of: session, { .ended(session, $0) }) else { return false }
        let names = (users + [door.host.describe(session)?.user].compactMap(\.self)).map { ExactText($0) }
        interest.add(session, of: Set(names), watch)
        watchInvalidations()
        return true
    }

    /// A connection that asks about a session has answers about it.
    mutating func noteQuestion(about session: SessionID, _ names: [ObjectName]) {
        guard wantsPushes else { return }
        if !interest.knows(session) {
            if interest.isFull { interest.noteManySessions() } else if !follow(session) { return }
        }
        for name in names { interest.noteQuestion(name) }
    }

    func watchEnd(of session: SessionID, _ event: @escaping @Sendable (SessionEnd) -> Event) -> HostWatch? {
        guard let mailbox else { return nil }
        return door.host.watchEnd(of: session) { mailbox.post(event($0)) }
    }

    mutating func tellEnd(of session: SessionID, _ reason: SessionEnd, _ turn: inout DoorTurn) {
        if isOver { return }
        interest.remove(session)
        own.remove(session)
        if reason != .logout { push(&turn) { NativeWriter.ended(session, reason, to: &$0) } }
    }

    /// Begins to hear of invalidations, once there may be answers here.
    mutating func watchInvalidations() {
        guard invalidations == nil, wantsPushes, let mailbox else { return }
        let pushed = PushMailbox()
        let watch = door.host.whenInvalidated { if pushed.put($0) { mailbox.post(.invalidated) } }
        invalidations = (pushed, watch)
    }

    mutating func tellInvalidations(_ turn: inout DoorTurn) {
        guard !isOver, let come = invalidations?.mailbox.take() else { return }
        let told = come.compactMap { interest.told($0) }
        if told.isEmpty { return }
        push(&turn) { out in
            for invalidation in told.contains(.everything) ? [.everything] : told {
                NativeWriter.invalidated(invalidation, to: &out)
            }
        }
    }

    mutating func sent(_ turn: inout DoorTurn) { pushes.sent(&turn) }

    /// Writes what a client is told unasked. A client that does not read it is let go.
    private mutating func push(_ turn: inout DoorTurn, _ body: (inout OutgoingBytes) -> Void) {
        guard !pushes.push(&turn, body) else { return }
        client.countFault("unread")
        client.log.warning(
            "door \(door.settings.name): a client that does not read what it is told is let go: \(peer.described)")
        turn.close(.now)
    }
}

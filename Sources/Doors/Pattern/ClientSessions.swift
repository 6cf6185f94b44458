import AuthCore
import Synchronization

/// The sessions that a door keeps for clients who ask by name alone: one for each user, and for each client id that the
/// user has.
///
/// Such clients tell of no ends, so a session stays until another one takes its place, it is idle for too long, or
/// somebody ends it. One that was ejected leaves a mark that denies until the next log-in.
final class ClientSessions: Sendable {
    struct Client: Hashable, Sendable {
        let user: ExactText
        /// Empty for clients without one.
        let clientID: ExactText

        init(user: String, clientID: String) {
            self.user = ExactText(user)
            self.clientID = ExactText(clientID)
        }
    }

    enum Standing: Sendable, Equatable {
        case open(SessionID)
        case ejected
        case unknown
    }

    private struct Entry {
        /// Nil once it was ejected.
        var session: SessionID?
        var lastUse: UInt64
    }

    private struct State {
        var entries: [Client: Entry] = [:]
        var uses: UInt64 = 0
    }

    private let state = Mutex(State())
    private let maximum: Int

    /// - Parameter maximum: most clients that are remembered.
    init(maximum: Int) { self.maximum = maximum }

    var count: Int { state.withLock { $0.entries.count } }

    func standing(of client: Client) -> Standing {
        state.withLock { state in
            guard let entry = state.entries[client] else {
                // Whoever was ejected does not come back under another client id.
                return state.entries.contains { $0.key.user == client.user && $0.value.session == nil }
                    ? .ejected : .unknown
            }
            state.uses += 1
            state.entries[client]?.lastUse = state.uses
            return entry.session.map { .open($0) } ?? .ejected
        }
    }

    /// Keeps the session of a log-in; returns the sessions that nobody uses any more.
    func begin(_ session: SessionID, of client: Client) -> [SessionID] {
        state.withLock { state in
            let old = state.entries[client]?.session
            return [old].compactMap(\.self) + keep(session, of: client, &state)
        }
    }

    /// Keeps a session that was begun without a log-in, unless there is one by now, or an ejection.
    func adopt(_ session: SessionID, of client: Client) -> (standing: Standing, unused: [SessionID]) {
        state.withLock { state in
            if let entry = state.entries[client] {
                return (entry.session.map { .open($0) } ?? .ejected, [session])
            }
            return (.open(session), keep(session, of: client, &state))
        }
    }

    /// Takes out an open session.
    func take(_ client: Client) -> SessionID? {
        state.withLock { state in
            guard let session = state.entries[client]?.session else { return nil }
            state.entries[client] = nil
            return session
        }
    }

    /// Notes the end of a session; nothing when the client has another one by now.
    func note(_ end: SessionEnd, of session: SessionID, _ client: Client) {
        state.withLock { state in
            guard state.entries[client]?.session == session else { return }
            switch end {
            case .ejected, .refused: state.entries[client]?.session = nil
            case .logout, .expired, .stop: state.entries[client] = nil
            }
        }
    }

    /// Makes room by forgetting who has not asked for longest; those whose mark denies go last.
    private func keep(_ session: SessionID, of client: Client, _ state: inout State) -> [SessionID] {
        var unused: [SessionID] = []
        if state.entries[client] == nil, state.entries.count >= maximum {
            let oldest = state.entries.min { one, other in
                (one.value.session == nil ? 1 : 0, one.value.lastUse)
                    < (other.value.session == nil ? 1 : 0, other.value.lastUse)
            }
            if let oldest {
                state.entries[oldest.key] = nil
                unused = [oldest.value.session].compactMap(\.self)
            }
        }
        state.uses += 1
        state.entries[client] = Entry(session: session, lastUse: state.uses)
        return unused
    }
}

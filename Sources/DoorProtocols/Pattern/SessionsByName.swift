import AuthCore
import Synchronization

/// The sessions that a door keeps for clients who ask by name alone: one for each user, and for each client id that the
/// user has.
///
/// Such clients tell of no ends, so a session stays until another one takes its place, it is idle for too long, or
/// it is ended from outside. Where ejections are remembered, one that was ejected leaves a mark that denies until the next log-in.
final class SessionsByName: Sendable {
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
        /// Where it is in the list of entries of its kind.
        var place: Int
    }

    private struct State {
        var entries: [Client: Entry] = [:]
        var open = RecencyList<Client>()
        var ejected = RecencyList<Client>()
        /// How many entries of a user are of ejected sessions; users without one are not in it.
        var ejectedOf: [ExactText: Int] = [:]

        mutating func insert(_ client: Client, _ session: SessionID?) {
            remove(client)
            let place: Int
            if session == nil {
                place = ejected.append(client)
                ejectedOf[client.user, default: 0] += 1
            } else {
                place = open.append(client)
            }
            entries[client] = Entry(session: session, place: place)
        }

        mutating func remove(_ client: Client) {
            guard let entry = entries.removeValue(forKey: client) else { return }
            guard entry.session == nil else { return open.remove(entry.place) }
            ejected.remove(entry.place)
            let left = ejectedOf[client.user, default: 1] - 1
            ejectedOf[client.user] = left > 0 ? left : nil
        }
    }

    private let state = Mutex(State())
    private let maximum: Int
    /// Whether a client whose session was ejected stays out until it logs in; else its next question opens another one.
    let remembersEjections: Bool

    /// - Parameter maximum: most clients that are remembered; at least 1.
    init(maximum: Int, remembersEjections: Bool) {
        self.maximum = maximum
        self.remembersEjections = remembersEjections
    }

    var count: Int { state.withLock { $0.entries.count } }

    /// What everything so far has cost, in links of lists that were touched; for tests, which count instead of timing.
    var touches: Int { state.withLock { $0.open.touches + $0.ejected.touches } }

    func standing(of client: Client) -> Standing {
        state.withLock { state in
            guard let entry = state.entries[client] else {
                // A user who was ejected does not come back under another client id.
                return state.ejectedOf[client.user] == nil ? .unknown : .ejected
            }
            guard let session = entry.session else {
                state.ejected.touch(entry.place)
                return .ejected
            }
            state.open.touch(entry.place)
            return .open(session)
        }
    }

    /// Keeps the session of a log-in; returns the sessions that are not used any more.
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
            state.remove(client)
            return session
        }
    }

    /// Notes the end of a session; nothing when the client has another one by now.
    func note(_ end: SessionEnd, of session: SessionID, _ client: Client) {
        state.withLock { state in
            guard state.entries[client]?.session == session else { return }
            switch end {
            case .ejected where remembersEjections, .refused where remembersEjections: state.insert(client, nil)
            case .ejected, .refused, .logout, .expired, .stop, .swapped: state.remove(client)
            }
        }
    }

    /// Makes room by forgetting the clients that have not asked for longest; those whose mark denies go last.
    private func keep(_ session: SessionID, of client: Client, _ state: inout State) -> [SessionID] {
        var unused: [SessionID] = []
        if state.entries[client] == nil, state.entries.count >= maximum,
            let oldest = state.open.oldest ?? state.ejected.oldest
        {
            unused = [state.entries[oldest]?.session].compactMap(\.self)
            state.remove(oldest)
        }
        state.insert(client, session)
        return unused
    }
}

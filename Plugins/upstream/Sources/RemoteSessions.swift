import AuthHostClient
import ModuleKit
import Synchronization

/// The sessions here and what they are called at the other authhost.
final class RemoteSessions: Sendable {
    private struct Session {
        /// nil while it is being resumed.
        var remote: ClientSession?
        /// What it was called before that.
        var lost: ClientSession?
        var waiting: [@Sendable (ClientSession?) -> Void] = []
    }

    private struct State {
        var sessions: [SessionID: Session] = [:]
        var byRemote: [ClientSession: SessionID] = [:]
    }

    private let state = Mutex(State())

    func add(_ id: SessionID, _ remote: ClientSession) {
        state.withLock { state in
            state.sessions[id] = Session(remote: remote)
            state.byRemote[remote] = id
        }
    }

    /// The name there of a session, the last one while it is being resumed; nil for a session that is not known.
    func lastName(_ id: SessionID) -> ClientSession? {
        state.withLock { $0.sessions[id].flatMap { $0.remote ?? $0.lost } }
    }

    /// The session here of a name there.
    func local(_ remote: ClientSession) -> SessionID? { state.withLock { $0.byRemote[remote] } }

    /// Forgets a session; returns its name there.
    func remove(_ id: SessionID) -> ClientSession? {
        let session = state.withLock { state in
            let session = state.sessions.removeValue(forKey: id)
            if let remote = session?.remote { state.byRemote[remote] = nil }
            return session
        }
        for waiting in session?.waiting ?? [] { waiting(nil) }
        return session?.remote
    }

    /// Says that the other authhost does not know a name; `whenOpen` is called with the session's next name, nil for none.
    ///
    /// - Returns: whether the caller must resume the session, and tell ``resumed(_:_:)``.
    func lost(
        _ id: SessionID, _ remote: ClientSession, whenOpen: @escaping @Sendable (ClientSession?) -> Void
    ) -> Bool {
        enum Next {
            case call(ClientSession?)
            case wait(isFirst: Bool)
        }
        let next = state.withLock { state -> Next in
            guard var session = state.sessions[id] else { return .call(nil) }
            // Another question may have resumed it meanwhile.
            if let current = session.remote, current != remote { return .call(current) }
            let isFirst = session.remote != nil
            if let current = session.remote { state.byRemote[current] = nil }
            if isFirst { session.lost = session.remote }
            session.remote = nil
            session.waiting.append(whenOpen)
            state.sessions[id] = session
            return .wait(isFirst: isFirst)
        }
        switch next {
        case .call(let remote):
            whenOpen(remote)
            return false
        case .wait(let isFirst): return isFirst
        }
    }

    /// Waits until a session that is being resumed has its next name; false when it is not being resumed.
    func wait(_ id: SessionID, whenOpen: @escaping @Sendable (ClientSession?) -> Void) -> Bool {
        state.withLock { state in
            guard var session = state.sessions[id], session.remote == nil else { return false }
            session.waiting.append(whenOpen)
            state.sessions[id] = session
            return true
        }
    }

    /// Notes that it could not be decided whether a session may be resumed: its lost name is back, for the next question to try.
    func postpone(_ id: SessionID) {
        let waiting = state.withLock { state in
            let session = state.sessions[id]
            if let lost = session?.lost { state.sessions[id] = Session(remote: lost) }
            return session?.waiting ?? []
        }
        for body in waiting { body(nil) }
    }

    /// Gives a session its next name, nil where it could not be resumed: it is forgotten then.
    ///
    /// - Returns: false when it has ended meanwhile.
    func resumed(_ id: SessionID, _ remote: ClientSession?) -> Bool {
        let waiting = state.withLock { state -> [@Sendable (ClientSession?) -> Void]? in
            guard let session = state.sessions[id] else { return nil }
            if let remote {
                state.sessions[id] = Session(remote: remote)
                state.byRemote[remote] = id
            } else {
                state.sessions[id] = nil
            }
            return session.waiting
        }
        for body in waiting ?? [] { body(remote) }
        return waiting != nil
    }
}

import AuthCore
import Synchronization

/// A session of a shadow, and how many of its questions have no answer yet. Its end would answer them, so it is logged out behind the last.
final class ShadowSession: Sendable {
    let id: SessionID
    private let state = Mutex((asking: 0, isOver: false))

    init(_ id: SessionID) { self.id = id }

    /// Notes that it asks a question.
    func noteAsked() { state.withLock { $0.asking += 1 } }

    /// Notes an answer; returns whether the session is to be logged out now.
    func noteAnswered() -> Bool {
        state.withLock { state in
            state.asking -= 1
            return state.isOver && state.asking == 0
        }
    }

    /// Notes that the client's session has ended; returns whether this one is to be logged out now.
    func end() -> Bool {
        state.withLock { state in
            state.isOver = true
            return state.asking == 0
        }
    }
}

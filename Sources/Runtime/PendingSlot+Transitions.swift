import AuthCore
import ModuleHost

extension PendingSlot {
    enum Return {
        /// The answer comes later.
        case keepWaiting
        /// The deadline or a cancellation was first; the slot is free again.
        case dead
        case deliver(Continuation, early: ModuleAnswer?)
    }

    /// A lane starts the entry point; false when the question is over already.
    func enter(_ token: UInt64, _ call: RunningCall) -> Bool {
        state.withLock { state in
            guard self.token(state.generation) == token, case .queued = state.phase else { return false }
            state.phase = .inCall(early: nil)
            state.call = call
            return true
        }
    }

    /// The module has answered and is asked further on the same thread; false when the question is over already, or when the
    /// module has completed it as well.
    ///
    /// - Parameter note: called while nobody else can answer.
    func goOn(_ token: UInt64, _ call: RunningCall, _ key: Key?, note: () -> Void = {}) -> Bool {
        state.withLock { state in
            guard self.token(state.generation) == token, case .inCall(early: nil) = state.phase else { return false }
            state.call = call
            state.due = call.due
            state.key = key
            note()
            return true
        }
    }

    /// Whether the question's time is up; false where it has been given more since, or is over.
    func isDue(_ token: UInt64, at now: Int64) -> Bool {
        state.withLock { self.token($0.generation) == token && $0.due <= now }
    }

    /// The call of this question, while its entry point runs.
    func runningCall(_ token: UInt64) -> RunningCall? {
        state.withLock { state in
            guard self.token(state.generation) == token, case .inCall = state.phase else { return nil }
            return state.call
        }
    }

    /// The entry point returned AUTH_DELAYED on the asking thread: the continuation is kept, or the answer that came early
    /// is returned.
    func park(_ continuation: @escaping Continuation) -> ModuleAnswer? {
        state.withLock { state in
            if case .inCall(let early?) = state.phase {
                state.phase = .over(.answered)
                return early
            }
            state.phase = .waiting
            state.continuation = continuation
            return nil
        }
    }

    /// The entry point returned an answer on the asking thread; false when it had completed the question as well.
    func finish() -> Bool {
        state.withLock { state in
            defer {
                state.phase = .over(.answered)
                state.key = nil
            }
            if case .inCall(early: nil) = state.phase { return true }
            return false
        }
    }

    /// The entry point returned on a lane.
    func returned(_ token: UInt64, delayed: Bool) -> Return {
        state.withLock { state in
            guard self.token(state.generation) == token, case .inCall(let early) = state.phase else { return .dead }
            if delayed && early == nil {
                state.phase = .waiting
                return .keepWaiting
            }
            guard let continuation = state.continuation else { return .dead }
            state.phase = .over(.answered)
            state.continuation = nil
            state.key = nil
            return .deliver(continuation, early: early)
        }
    }

    /// Somebody else answers; nil when the question is over already. `running`: the entry point has not returned.
    func settle(_ token: UInt64, as end: End) -> (Continuation, running: Bool)? {
        state.withLock { state in
            guard self.token(state.generation) == token, let continuation = state.continuation else { return nil }
            let running: Bool
            switch state.phase {
            case .inCall: running = true
            case .queued, .waiting: running = false
            case .idle, .over: return nil
            }
            state.phase = .over(end)
            state.continuation = nil
            state.key = nil
            return (continuation, running)
        }
    }
}

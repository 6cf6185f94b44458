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

    /// The module has answered and is asked further on the same thread. The slot begins a new life: a completion that comes
    /// late for the first entry point does not answer the second.
    ///
    /// - Parameter note: told of the new token while nobody else can answer.
    /// - Returns: the new token; nil when the question is over already, or when the module has completed it as well.
    func goOn(_ token: UInt64, _ call: RunningCall, _ key: Key?, note: (UInt64) -> Void = { _ in }) -> UInt64? {
        state.withLock { state in
            guard self.token(state.generation) == token, case .inCall(early: nil) = state.phase else { return nil }
            state.generation &+= 1
            state.call = call
            state.key = key
            let next = self.token(state.generation)
            note(next)
            return next
        }
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

import AuthCore
import ModuleHost
import Synchronization

/// One question that is with a module: from the moment its token exists until exactly one answer has been taken.
final class PendingSlot: Sendable {
    /// Why a question needs no answer any more.
    enum End: Sendable { case answered, deadline, cancelled }

    enum Phase {
        case idle
        /// In the queue of a lane; the module has not been called yet.
        case queued
        /// The entry point is running. An answer that comes now is kept until it returns.
        case inCall(early: ModuleAnswer?)
        /// The entry point has returned AUTH_DELAYED.
        case waiting
        case over(End)
    }

    typealias Continuation = @Sendable (ModuleAnswer) -> Void

    /// What finds a pending question for Liberator's event callback. Questions of later generations have none, and pay for none.
    final class Key: Sendable {
        let session: UInt64
        let kind: PendingKind?
        let name: ObjectName?
        let contributionID: String?
        let order: UInt64

        init(session: UInt64, kind: PendingKind?, name: ObjectName?, contributionID: String?, order: UInt64) {
            self.session = session
            self.kind = kind
            self.name = name
            self.contributionID = contributionID
            self.order = order
        }

        /// Whether it is about what an event names; what that leaves out matches anything.
        func isAbout(_ wantedName: String?, _ wantedContribution: String?) -> Bool {
            if let wantedName, name?.text.hasBytes(of: wantedName) != true { return false }
            if let wantedContribution, contributionID?.hasBytes(of: wantedContribution) != true { return false }
            return true
        }
    }

    struct State {
        var generation: UInt32 = 0
        var phase = Phase.idle
        var continuation: Continuation?
        var key: Key?
        var session: UInt64 = 0
        /// The call of the module, while it runs.
        var call: RunningCall?
    }

    let index: UInt32
    /// The number of the shard that it is taken from and given back to, whichever thread gives it back.
    let home: Int
    let state = Mutex(State())

    init(index: UInt32, home: Int = 0) {
        self.index = index
        self.home = home
    }

    /// Starts a new life of the slot and returns its token.
    func begin(
        laned: Bool, session: UInt64 = 0, key: Key? = nil, call: RunningCall? = nil
    ) -> UInt64 {
        state.withLock { state in
            state.generation &+= 1
            state.phase = laned ? .queued : .inCall(early: nil)
            state.call = call
            state.session = session
            state.key = key
            state.continuation = nil
            return token(state.generation)
        }
    }

    func token(_ generation: UInt32) -> UInt64 { UInt64(generation) << 32 | UInt64(index) }
}

// MARK: the state machine

extension PendingSlot {
    enum Return {
        /// The answer comes later.
        case keepWaiting
        /// The deadline or a cancellation was first; the slot is free again.
        case dead
        case deliver(Continuation, early: ModuleAnswer?)
    }

    enum Completion {
        case deliver(Continuation)
        case outcome(CompletionOutcome)
    }

    /// The module answers a question that it has left open, or is about to.
    func complete(_ token: UInt64, _ answer: ModuleAnswer) -> Completion {
        state.withLock { state in
            let life = UInt32(token >> 32)
            if life > state.generation || life == 0 { return .outcome(.unknown) }
            if life < state.generation { return .outcome(.late) }
            switch state.phase {
            case .inCall(early: nil):
                state.phase = .inCall(early: answer)
                return .outcome(.taken)
            case .waiting:
                guard let continuation = state.continuation else { return .outcome(.late) }
                state.phase = .over(.answered)
                state.continuation = nil
                state.key = nil
                return .deliver(continuation)
            case .inCall, .over(.answered): return .outcome(.twice)
            case .over: return .outcome(.late)
            case .idle, .queued: return .outcome(.unknown)
            }
        }
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

    /// Whether the question waits for a lane.
    func isQueued(_ token: UInt64) -> Bool {
        state.withLock { state in
            if self.token(state.generation) == token, case .queued = state.phase { true } else { false }
        }
    }

    /// The module has answered and is asked further on the same thread. The slot begins a new life: a completion that comes
    /// late for the first entry point does not answer the second.
    ///
    /// - Parameter note: told of the new token while no other code can answer.
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

    /// Other code answers; nil when the question is over already. `running`: the entry point has not returned.
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

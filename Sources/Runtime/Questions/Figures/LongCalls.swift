import ModuleHost
import Synchronization

/// An entry point that runs, and where.
struct RunningCall: Sendable {
    /// What waits behind it.
    enum Place: Sendable {
        /// The thread that asked, such as an event loop with all its connections.
        case asking
        /// A thread of the module's own: the questions behind it, where there is no other one.
        case own
        /// The thread that tells a module of ends and cancellations.
        case side
    }

    /// The entry point's name.
    let entry: StaticString
    let place: Place
    /// The kernel's number of the thread.
    let thread: Int32
    /// When it was called and when it must have returned, on the monotonic clock.
    let began: Int64
    let due: Int64

    init(_ entry: StaticString, _ place: Place, began: Int64, due: Int64) {
        self.entry = entry
        self.place = place
        self.began = began
        self.due = due
        thread = PosixThread.number
    }

    /// The entry point and its thread, for people.
    var text: String { "\(entry) on thread \(PosixThread.describe(thread))" }
}

/// The calls of one module that have been under way for too long.
final class LongCalls: Sendable {
    /// How long an entry point may keep the thread that asks, in nanoseconds, before the module is asked elsewhere.
    static let patience: Int64 = 1_000_000_000

    private struct State {
        /// Calls that answer nothing, by their own numbers.
        var tellings: [UInt64: RunningCall] = [:]
        var lastTelling: UInt64 = 0
        /// Of questions, by token, and of tellings.
        var questions: [UInt64: (call: RunningCall, isOverdue: Bool)] = [:]
        var overdueTellings: Set<UInt64> = []
    }

    private let state = Mutex(State())
    /// How many calls are known to be too long; read without the lock by every call that returns.
    private let count = Atomic<Int>(0)

    /// Whether no call is too long.
    var isEmpty: Bool { count.load(ordering: .acquiring) == 0 }

    /// Runs a call that answers nothing; `returned` is told of one that took too long.
    func telling(_ call: RunningCall, _ body: () -> Void, returned: (RunningCall) -> Void) {
        let number = state.withLock { state in
            state.lastTelling += 1
            state.tellings[state.lastTelling] = call
            return state.lastTelling
        }
        body()
        let wasOverdue = state.withLock { state in
            state.tellings[number] = nil
            defer { note(state) }
            return state.overdueTellings.remove(number) != nil
        }
        if wasOverdue { returned(call) }
    }

    /// Notes those calls that answer nothing and are over their time, and returns the new ones.
    func overdueTellings(at now: Int64) -> [RunningCall] {
        state.withLock { state in
            let late = state.tellings.filter { $0.value.due <= now && !state.overdueTellings.contains($0.key) }
            state.overdueTellings.formUnion(late.keys)
            note(state)
            return Array(late.values)
        }
    }

    /// Notes a question's call; false when as much was known of it already.
    func note(_ token: UInt64, _ call: RunningCall, isOverdue: Bool) -> Bool {
        state.withLock { state in
            let known = state.questions[token]
            guard known == nil || (isOverdue && known?.isOverdue == false) else { return false }
            state.questions[token] = (call, isOverdue)
            note(state)
            return true
        }
    }

    /// Forgets a question's call, because it has returned; nil when it was not too long.
    func forget(_ token: UInt64) -> (call: RunningCall, isOverdue: Bool)? {
        if isEmpty { return nil }
        return state.withLock { state in
            defer { note(state) }
            return state.questions.removeValue(forKey: token)
        }
    }

    /// How many of the module's own threads have a call that is over its time.
    var lostThreads: Int {
        if isEmpty { return 0 }
        return state.withLock { state in
            state.questions.values.count { $0.call.place == .own && $0.isOverdue }
                + state.overdueTellings.count { state.tellings[$0]?.place == .own }
        }
    }

    /// The calls that are over their time, the longest first.
    var overdue: [RunningCall] {
        if isEmpty { return [] }
        let calls = state.withLock { state in
            state.questions.values.filter(\.isOverdue).map(\.call)
                + state.overdueTellings.compactMap { state.tellings[$0] }
        }
        return calls.sorted { $0.began < $1.began }
    }

    /// A call that keeps a thread which is not the module's own.
    var blocking: RunningCall? {
        if isEmpty { return nil }
        return state.withLock { state in
            let calls = state.questions.values.map(\.call) + state.overdueTellings.compactMap { state.tellings[$0] }
            return calls.first { $0.place != .own }
        }
    }

    /// Whether a call on a thread that asks is over its deadline: what that thread serves gets no answer before it returns.
    var keepsAskerTooLong: Bool {
        if isEmpty { return false }
        return state.withLock { state in
            state.questions.values.contains { $0.isOverdue && $0.call.place == .asking }
        }
    }

    private func note(_ state: borrowing State) {
        count.store(state.questions.count + state.overdueTellings.count, ordering: .releasing)
    }
}

import AuthCore
import ModuleHost
import Synchronization

/// One question to a module, whatever entry point it is for.
struct ModuleQuestion: Sendable {
    /// How long the answer may take.
    enum Limit: Sendable {
        /// As long as the host's deadline for such a question.
        case kind(QuestionKind)
        /// Nanoseconds.
        case nanoseconds(Int64)
    }

    let limit: Limit
    let session: UInt64
    let key: PendingSlot.Key?
    /// Whether AUTH_AGAIN leaves the question open, as AUTH_DELAYED does: whoever has the content will complete it.
    var waitsForContent = false
    let call: @Sendable (LoadedModule, QuestionTicket) -> ModuleAnswer?

    init(
        kind: QuestionKind, session: UInt64, key: PendingSlot.Key?,
        call: @escaping @Sendable (LoadedModule, QuestionTicket) -> ModuleAnswer?
    ) {
        self.init(.kind(kind), session: session, key: key, call: call)
    }

    init(
        _ limit: Limit, session: UInt64, key: PendingSlot.Key?,
        call: @escaping @Sendable (LoadedModule, QuestionTicket) -> ModuleAnswer?
    ) {
        self.limit = limit
        self.session = session
        self.key = key
        self.call = call
    }

    /// Makes a question that no session asks.
    init(within limit: Duration, call: @escaping @Sendable (LoadedModule, QuestionTicket) -> ModuleAnswer?) {
        self.limit = .nanoseconds(limit.nanoseconds)
        session = 0
        key = nil
        self.call = call
    }

    /// Whether an answer leaves the question open.
    func isLeftOpen(by answer: ModuleAnswer) -> Bool {
        answer.status == .delayed || waitsForContent && answer.status == .again && answer.refusal == nil
    }

    var isLogin: Bool { if case .kind(let kind) = limit { kind.isLogin } else { false } }
}

/// Times after which a question is answered for a module.
public struct Deadlines: Sendable {
    public var login: Duration
    public var map: Duration
    public var read: Duration
    public var write: Duration

    public init(
        login: Duration = .seconds(30), map: Duration = .seconds(30), read: Duration = .seconds(30),
        write: Duration = .seconds(30)
    ) {
        self.login = login
        self.map = map
        self.read = read
        self.write = write
    }

    /// How long a session lives on for a question that already has it.
    var grace: Duration { map + max(read, write) }
}

/// Asks one module, on the asking thread or on the lane that the module's declaration calls for, and sees to it that every
/// question gets exactly one answer: the module's, or the deadline's, or the cancellation's.
final class ModuleDecider: Sendable {
    let module: LoadedModule
    private let pending = PendingTable()
    private let lane: WorkLane?
    /// For what must not run on the thread it comes up on: cancels, and the next step after a delayed answer.
    private let side = WorkLane(name: "auth-side", threads: 1, limit: .max)
    private let wheel: Mutex<TimerWheel<UInt64>>
    private let clock: any HostClock
    private let deadlines: LiveDeadlines
    private let wantsReasons: Bool
    private let stuck = Mutex(Set<UInt64>())
    private let report: @Sendable (ModuleIncident) -> Void
    private let ticker = Mutex(false)

    /// - Parameters:
    ///   - queueLimit: questions that may wait for a serial or blocking module; more are *could not decide*.
    ///   - threads: of a blocking module.
    ///   - wantsReasons: whether checks ask for the reason of an allow as well.
    ///   - report: told of everything a module does against its contract. Any thread.
    init(
        _ module: LoadedModule, queueLimit: Int, threads: Int, deadlines: LiveDeadlines, clock: any HostClock,
        wantsReasons: Bool = false, report: @escaping @Sendable (ModuleIncident) -> Void
    ) {
        self.module = module
        self.clock = clock
        self.deadlines = deadlines
        self.wantsReasons = wantsReasons
        self.report = report
        wheel = Mutex(TimerWheel(tick: 10_000_000, slots: 1024, now: clock.monotonic))
        lane =
            switch module.identity.threads {
            case .any: nil
            case .serial: WorkLane(name: "auth-serial", threads: 1, limit: queueLimit)
            case .blocking: WorkLane(name: "auth-blocking", threads: threads, limit: queueLimit)
            }
    }

    /// Asks a question.
    ///
    /// - Returns: the answer, or nil when it comes later: then what `orLater` returned is called with it, exactly once.
    func ask(
        _ question: ModuleQuestion, orLater continuation: (UInt64) -> PendingSlot.Continuation
    ) -> ModuleAnswer? {
        let due = clock.monotonic + limit(of: question)
        let slot = pending.take()
        guard let lane else { return askHere(question, slot, due, continuation) }
        if !stuck.withLock({ $0.isEmpty }) {
            pending.put(slot)
            return refusal(.moduleHung)
        }
        let token = slot.begin(laned: true, session: question.session, key: question.key)
        let ticket = QuestionTicket(token: token, deadline: due, wantsReason: wantsReasons)
        let later = continuation(token)
        slot.state.withLock { $0.continuation = later }
        schedule(token, due)
        let queued = lane.ask { [self] in
            guard slot.enter(token) else { return }
            let answer = question.call(module, ticket) ?? refusal(.noEntry)
            leave(slot, token, answer, question)
        }
        if !queued { _ = settle(slot, token, with: refusal(.queueFull), as: .answered) }
        return nil
    }

    /// Limits how many questions may wait from now on; those that wait stay.
    func limitQueue(to limit: Int) { lane?.limitQueue(to: limit) }

    /// Runs `body` where a module may be called: after a delayed answer has arrived on somebody else's thread.
    func resume(_ body: @escaping @Sendable () -> Void) {
        if lane == nil { side.tell(body) } else { body() }
    }

    /// Tells the module something, where it may be called and after what was said to it before.
    func tell(_ body: @escaping @Sendable (LoadedModule) -> Void) {
        (lane ?? side).tell { [module] in body(module) }
    }

    /// The session that asks a pending question; nil for one that is over.
    func session(of token: UInt64) -> UInt64? {
        guard let slot = pending.slot(of: token) else { return nil }
        return slot.state.withLock { state in
            slot.token(state.generation) == token ? state.session : nil
        }
    }

    /// Tells the module that a session has ended, once no entry of it is running on this thread.
    func tellFree(_ session: UInt64, _ reason: SessionEnd) {
        guard module.learnsEnds else { return }
        let tell: @Sendable () -> Void = { [module, report] in
            if let status = module.freeUser(session: session, reason), status != .ok {
                report(.freeFailed(status))
            }
        }
        if let lane { lane.tell(tell) } else { CallContext.afterCall { [side] in side.tell(tell) } }
    }

    /// Asks for a reload, on the threads where the module is asked.
    func reload(_ done: @escaping @Sendable (Status?) -> Void) {
        (lane ?? side).tell { [module] in done(module.reload()) }
    }

    /// Asks up to 1,000 checks in one call; nil where that is not possible, and they must be asked one by one.
    func batch(_ checks: [(check: Check, object: ObjectName)], _ session: ModuleSession) -> [ModuleAnswer]? {
        guard lane == nil else { return nil }
        let due = clock.monotonic + deadlines.nanoseconds(of: .read)
        return module.checkBatch(checks, session, QuestionTicket(token: 0, deadline: due, wantsReason: wantsReasons))
    }

    /// Answers a question for the module because nobody waits any more.
    func cancel(_ token: UInt64) {
        guard let slot = pending.slot(of: token) else { return }
        if settle(slot, token, with: refusal(.cancelled), as: .cancelled) != nil { tellCancel(token) }
    }

    /// Answers every question of a session for the module, because the session has ended.
    func cancelQuestions(of session: UInt64) { for token in pending.tokens(of: session) { cancel(token) } }

    /// Takes a completion from the module. Any thread.
    func complete(_ token: UInt64, _ answer: ModuleAnswer) -> CompletionOutcome {
        guard let slot = pending.slot(of: token) else { return reported(.unknown) }
        enum Step { case deliver(PendingSlot.Continuation), outcome(CompletionOutcome) }
        let step = slot.state.withLock { state -> Step in
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
        switch step {
        case .outcome(let outcome): return outcome == .taken ? .taken : reported(outcome)
        case .deliver(let continuation):
            pending.put(slot)
            continuation(answer)
            return .taken
        }
    }

    func pendingToken(session: UInt64, kind: PendingKind, name: String?, contributionID: String?) -> UInt64? {
        pending.oldest(session: session, kind: kind, name: name, contributionID: contributionID)
    }

    func key(
        _ session: UInt64, _ kind: PendingKind?, name: ObjectName? = nil, contributionID: String? = nil
    ) -> PendingSlot.Key? {
        module.identity.generation >= 9
            ? nil
            : PendingSlot.Key(
                session: session, kind: kind, name: name, contributionID: contributionID, order: pending.nextOrder())
    }

    /// Whether a call has not returned by its deadline.
    var isHung: Bool { !stuck.withLock { $0.isEmpty } }

    /// Questions without an answer.
    var openQuestions: Int { pending.open.load(ordering: .relaxed) }

    /// Answers every question whose deadline has passed. Called by the ticking thread, or by a test that turns the clock.
    func expireDeadlines() {
        let expired = wheel.withLock { $0.advance(to: clock.monotonic) }
        for token in expired { expire(token) }
    }

    /// Ends the lanes and the instance. Returns whether the module's exit returned in time.
    func stop(within timeout: Duration) -> Bool {
        let module = module
        let ended = DeadlineThread.run(for: timeout) { [lane, side] in
            // Whatever is queued, such as the ends of sessions, is said before the exit, and nothing runs beside it. A lane
            // whose entry point hangs never drains: then the instance is left behind, and its exit is not called.
            lane?.drain()
            side.drain()
            module.exit()
            return true
        }
        return ended ?? false
    }

    private func askHere(
        _ question: ModuleQuestion, _ slot: PendingSlot, _ due: Int64,
        _ continuation: (UInt64) -> PendingSlot.Continuation
    ) -> ModuleAnswer? {
        let token = slot.begin(laned: false, session: question.session, key: question.key)
        let ticket = QuestionTicket(token: token, deadline: due, wantsReason: wantsReasons)
        let answer = question.call(module, ticket) ?? refusal(.noEntry)
        if question.isLeftOpen(by: answer) {
            let later = continuation(token)
            let early = slot.park(later)
            if let early {
                pending.put(slot)
                return checked(early)
            }
            schedule(token, due)
            return nil
        }
        let clean = slot.finish()
        pending.put(slot)
        return clean ? checked(answer) : checked(completedAndReturned(answer))
    }

    /// What a lane does when an entry point has returned.
    private func leave(_ slot: PendingSlot, _ token: UInt64, _ answer: ModuleAnswer, _ question: ModuleQuestion) {
        if stuck.withLock({ $0.remove(token) }) != nil { report(.returnedAtLast(answer.status)) }
        switch slot.returned(token, delayed: question.isLeftOpen(by: answer)) {
        case .keepWaiting: return
        case .dead:
            // The deadline may have marked the call as hung after the look above.
            stuck.withLock { _ = $0.remove(token) }
            pending.put(slot)
            report(.lateReturn(answer.status))
            // The module believes in a session that nobody has; see AUTH_END_REFUSED.
            if question.isLogin && answer.status == .ok { tellFree(question.session, .refused) }
        case .deliver(let continuation, let early):
            pending.put(slot)
            if early != nil, !question.isLeftOpen(by: answer) {
                continuation(checked(completedAndReturned(answer)))
            } else {
                continuation(checked(early ?? answer))
            }
        }
    }

    private func completedAndReturned(_ answer: ModuleAnswer) -> ModuleAnswer {
        var broken = ModuleAnswer(.error)
        broken.breach = "completed a question and then returned \(answer.status.rawValue) instead of AUTH_DELAYED"
        return broken
    }

    private func checked(_ answer: ModuleAnswer) -> ModuleAnswer {
        if let breach = answer.breach { report(.broken(breach)) }
        return answer
    }

    private func expire(_ token: UInt64) {
        guard let slot = pending.slot(of: token) else { return }
        let running = slot.isRunning(token)
        // Before the answer goes out, so that no question slips in behind it.
        if running { stuck.withLock { _ = $0.insert(token) } }
        guard let stillRuns = settle(slot, token, with: refusal(.deadline), as: .deadline) else {
            if running { stuck.withLock { _ = $0.remove(token) } }
            return
        }
        // It may have returned AUTH_DELAYED between the two looks.
        if running && !stillRuns { stuck.withLock { _ = $0.remove(token) } }
        report(stillRuns ? .hung : .deadline)
        tellCancel(token)
    }

    /// Answers for the module, if nobody has answered yet: nil. Returns whether the entry point still runs.
    private func settle(
        _ slot: PendingSlot, _ token: UInt64, with answer: ModuleAnswer, as end: PendingSlot.End
    ) -> Bool? {
        guard let (continuation, running) = slot.settle(token, as: end) else { return nil }
        // A slot whose entry point still runs is not used again before it has returned.
        if !running { pending.put(slot) }
        continuation(answer)
        return running
    }

    private func tellCancel(_ token: UInt64) { side.tell { [module] in module.cancel(token) } }

    private func schedule(_ token: UInt64, _ due: Int64) {
        wheel.withLock { $0.add(token, due: due) }
        guard clock.runs else { return }
        let start = ticker.withLock { running in
            defer { running = true }
            return !running
        }
        if start { startTicking() }
    }

    private func startTicking() {
        _ = PosixThread.start(name: "auth-deadlines") { [weak self] in
            let pause = Semaphore()
            while self != nil {
                _ = pause.wait(for: .milliseconds(10))
                guard let self else { return }
                self.expireDeadlines()
                let idle = self.ticker.withLock { running in
                    if self.wheel.withLock({ $0.isEmpty }) { running = false }
                    return !running
                }
                if idle { return }
            }
        }
    }

    private func limit(of question: ModuleQuestion) -> Int64 {
        switch question.limit {
        case .kind(let kind): deadlines.nanoseconds(of: kind)
        case .nanoseconds(let limit): limit
        }
    }

    private func refusal(_ reason: Reason) -> ModuleAnswer {
        var answer = ModuleAnswer(.error)
        answer.refusal = reason
        return answer
    }

    private func reported(_ outcome: CompletionOutcome) -> CompletionOutcome {
        report(.droppedCompletion(outcome))
        return outcome
    }
}

import AuthCore
import Basics
import Metrics
import ModuleHost
import Synchronization

/// Asks one module, on the asking thread or on the lane that the module's declaration calls for, and sees to it that every
/// question gets exactly one answer: the module's, or the deadline's, or the cancellation's.
///
/// An any-thread module that has once kept a thread for which others wait is asked on the lane from then on.
final class ModuleDecider: Decider {
    let module: LoadedModule
    let instance: UInt32
    let about: DeciderDescription
    /// By what names writes and creates are asked.
    let writeEntry, createEntry: StaticString
    let pending: PendingTable
    /// Where the module is asked, unless it is asked on the asking thread.
    let lane: WorkLane
    /// Checks that wait for the lane.
    let rounds = LaneRounds()
    let threads: Int
    /// Whether some entry point of the module is called on the thread that asks.
    let isAnyThread: Bool
    /// Whether the module may complete by an event that names what was asked, as generations 6 and 7 do.
    let findsByEvent: Bool
    /// Whether an any-thread module is asked on the lane for good.
    let isDemoted = Atomic<Bool>(false)
    let long = LongCalls()
    let times: ModuleTimes
    /// For what must not run on the thread it comes up on: cancels, and the next step after a delayed answer.
    let side = WorkLane(name: "auth-side", threads: 1, limit: .max)
    let wheel: Mutex<TimerWheel<UInt64>>
    let clock: any HostClock
    let deadlines: LiveDeadlines
    let reasons: WantedReasons
    let report: @Sendable (ModuleIncident) -> Void
    let teller: ModuleTeller
    /// Sessions of whose end the module has not been told.
    let ends: UntoldEnds
    let ticker = Mutex(false)
    /// Next steps after delayed answers that have not been taken yet.
    let steps = Atomic<Int>(0)

    /// - Parameters:
    ///   - instance: which loading of a module it is; part of its tokens, so that none is taken for another instance's.
    ///   - queueLimit: questions that may wait for a serial or blocking module; more are *could not decide*.
    ///   - threads: of a blocking module, and of an any-thread one that turned out to block.
    ///   - reasons: whether checks ask for the reason of what is answered.
    ///   - metrics: where its times are counted.
    ///   - report: told of each breach of the contract by a module. Any thread.
    init(
        _ module: LoadedModule, instance: UInt32 = 1, queueLimit: Int, threads: Int, deadlines: LiveDeadlines,
        clock: any HostClock, reasons: WantedReasons = WantedReasons(false),
        metrics: any MetricsFactory = MetricsSystem.factory, report: @escaping @Sendable (ModuleIncident) -> Void
    ) {
        self.module = module
        self.instance = instance
        pending = PendingTable(instance: instance)
        about = DeciderDescription(
            identity: module.identity, path: module.path, entryNames: module.entryNames)
        (writeEntry, createEntry) = (about.entry(of: .write), about.entry(of: .create))
        self.clock = clock
        self.deadlines = deadlines
        self.reasons = reasons
        self.report = report
        wheel = Mutex(TimerWheel(tick: 10_000_000, slots: 1024, now: clock.monotonic))
        let isSerial = module.identity.threads == .serial
        isAnyThread = module.runsOnAskers
        findsByEvent = module.identity.generation < 9
        self.threads = isSerial ? 1 : threads
        let name = isSerial ? "auth-serial" : "auth-blocking"
        lane = WorkLane(name: name, threads: self.threads, limit: queueLimit)
        times = ModuleTimes(module: module.identity.name, lane: name, metrics)
        let teller = ModuleTeller(module: module, long: long, clock: clock, deadlines: deadlines, report: report)
        let place: RunningCall.Place = module.threads(of: "auth_free_user") == .any ? .side : .own
        ends = UntoldEnds(on: place == .side ? side : lane, clock: clock) { teller.tellEnd($0, on: place) }
        self.teller = teller
    }

    func life(of session: UInt64) -> UInt32 { module.helpers?.life(of: session) ?? instance }
    func hasLife(_ life: UInt32) -> Bool { module.helpers?.hasLife(life) ?? (life == instance) }
    func release() -> Int { module.helpers?.release() ?? 0 }

    var maps: Bool { module.maps }
    var learnsEnds: Bool { module.learnsEnds }
    var tracksObjects: Bool { module.tracksObjects }

    /// Asks a question: at once on the calling thread where the module may be called there, else on the module's own.
    ///
    /// - Parameters:
    ///   - question: how far it has come afterwards, where it is answered.
    ///   - now: on the monotonic clock.
    func ask<Question: ModuleQuestion>(_ question: inout Question, at now: Int64) -> Asked<Question> {
        let slot = pending.take()
        if mayCallHere, runsAnywhere(question) { return askHere(&question, slot, now) }
        if isHung {
            pending.put(slot)
            return .answered(.refused(.moduleHung))
        }
        return .open(askOnLane(question, slot, now))
    }

    /// Limits how many questions may wait from now on; those that wait stay.
    func limitQueue(to limit: Int) { lane.limitQueue(to: limit) }

    /// The session that asks a pending question; nil for one that is over.
    func session(of token: UInt64) -> UInt64? {
        guard let slot = pending.slot(of: token) else { return nil }
        return slot.state.withLock { state in
            slot.token(state.generation) == token ? state.session : nil
        }
    }

    /// Answers a question for the module because no client waits any more.
    func cancel(_ token: UInt64) {
        guard let slot = pending.slot(of: token) else { return }
        if settle(slot, token, with: .refused(.cancelled), as: .cancelled) != nil { tellCancel(token) }
    }

    /// Answers what the module has left open, because the helper process that was to answer is gone.
    func failQuestions(of sessions: (UInt64) -> Bool) {
        for (slot, token) in pending.waiting where session(of: token).map(sessions) ?? false {
            _ = settle(slot, token, with: .refused(.moduleError), as: .answered)
        }
    }

    /// Answers every question of a session for the module, because the session has ended.
    func cancelQuestions(of session: UInt64) { for token in pending.tokens(of: session) { cancel(token) } }

    /// Takes a completion from the module. Any thread.
    func complete(_ token: UInt64, _ answer: ModuleAnswer) -> CompletionOutcome {
        guard let slot = pending.slot(of: token) else { return reported(.unknown) }
        switch slot.complete(token, answer) {
        case .outcome(let outcome): return outcome == .taken ? .taken : reported(outcome)
        case .deliver(let continuation):
            pending.put(slot)
            continuation(checked(answer, "host->complete", inCompletion: true))
            return .taken
        }
    }

    func asks(_ token: UInt64) -> Bool { pending.slot(of: token) != nil }

    func pendingToken(session: UInt64, kind: PendingKind, name: String?, contributionID: String?) -> UInt64? {
        pending.oldest(session: session, kind: kind, name: name, contributionID: contributionID)
    }

    /// What the event callback of generations 6 and 7 finds the question by; nil for a question that it need not find.
    func key(_ question: some ModuleQuestion) -> PendingSlot.Key? {
        guard findsByEvent, let subject = question.subject else { return nil }
        return PendingSlot.Key(
            session: question.session, kind: subject.kind, name: subject.name, contributionID: subject.contributionID,
            order: pending.nextOrder())
    }

    /// Whether every entry point that a question is for may be called on the thread that asks.
    private func runsAnywhere(_ question: some ModuleQuestion) -> Bool {
        question.isAboutObject
            ? module.checksRunAnywhere : module.threads(of: question.entry) == .any
    }

    /// Whether an entry point may run on the calling thread.
    var mayCallHere: Bool {
        isAnyThread && !isDemoted.load(ordering: .relaxed) && !CallContext.isThreadKeptFree
    }

    /// Questions without an answer.
    var openQuestions: Int { pending.open + steps.load(ordering: .acquiring) }

    var askedQuestions: UInt64 { pending.begun }

    private func askHere<Question: ModuleQuestion>(
        _ question: inout Question, _ slot: PendingSlot, _ now: Int64
    ) -> Asked<Question> {
        var call = RunningCall(question.entry, .asking, began: now, due: question.due(at: now, deadlines))
        var token = slot.begin(laned: false, session: question.session, key: key(question), call: call)
        var answer: ModuleAnswer
        while true {
            answer = put(&question, token, call)
            if question.isLeftOpen(by: answer) { return park(question, slot, token, call, answer) }
            guard question.goesOn(after: answer) else { break }
            let next = nextCall(of: question, .asking)
            guard let another = slot.goOn(token, next, key(question)) else {
                question.goBack()
                break
            }
            if cameBack(token, answer) {
                // It was late: the module is asked no further.
                question.goBack()
                _ = slot.finish()
                pending.put(slot)
                return .answered(tooLate(answer, question))
            }
            (token, call) = (another, next)
        }
        let clean = slot.finish()
        pending.put(slot)
        if cameBack(token, answer) { return .answered(tooLate(answer, question)) }
        return .answered(checked(clean ? answer : completedAndReturned(answer), call.entry, question.kind))
    }

    /// Keeps a question that the module has left open on the asking thread, unless the answer came early.
    private func park<Question: ModuleQuestion>(
        _ question: Question, _ slot: PendingSlot, _ token: UInt64, _ call: RunningCall, _ answer: ModuleAnswer
    ) -> Asked<Question> {
        let open = OpenQuestion(token, question)
        let early = slot.park(open.deliver)
        let isLate = cameBack(token, answer)
        guard let early else {
            schedule(token, call.due)
            return .open(open)
        }
        pending.put(slot)
        return .answered(
            isLate ? tooLate(early, question) : checked(early, question.entry, question.kind, inCompletion: true))
    }

    /// Calls the question's next entry point.
    func put(_ question: inout some ModuleQuestion, _ token: UInt64, _ call: RunningCall) -> ModuleAnswer {
        let terms = CallTerms(token: token, deadline: call.due, wantsReason: reasons.areWanted)
        let answer = question.call(module, terms) ?? .refused(.noEntry)
        question.returned = clock.monotonic
        times.called(call.entry, nanoseconds: question.returned - call.began)
        return answer
    }

    func nextCall(of question: some ModuleQuestion, _ place: RunningCall.Place) -> RunningCall {
        // The last one has just returned.
        let now = question.returned
        return RunningCall(question.entry, place, began: now, due: question.due(at: now, deadlines))
    }

    /// Answers for the module, if there is no answer yet. Returns whether the entry point still runs, which `before` learns
    /// ahead of the answer, for a command may end with it; nil where the question was answered before.
    func settle(
        _ slot: PendingSlot, _ token: UInt64, with answer: ModuleAnswer, as end: PendingSlot.End,
        before: (Bool) -> Void = { _ in }
    ) -> Bool? {
        guard let (continuation, running) = slot.settle(token, as: end) else { return nil }
        // A slot whose entry point still runs is not used again before it has returned.
        if !running { pending.put(slot) }
        before(running)
        continuation(answer)
        return running
    }
}

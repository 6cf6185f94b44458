import AuthCore
import Basics
import ModuleHost
import Synchronization

/// What a module is told, and what it is asked beside single questions.
extension ModuleDecider {
    /// Runs `body` where a module may be called: after a delayed answer has arrived on another thread.
    func resume(_ body: @escaping @Sendable () -> Void) {
        guard isAnyThread else { return body() }
        steps.add(1, ordering: .acquiringAndReleasing)
        side.tell { [self] in
            body()
            steps.subtract(1, ordering: .acquiringAndReleasing)
        }
    }

    /// Tells the module something, where it may be called and after what was said to it before.
    ///
    /// - Parameter entry: the entry point that is called, for people.
    func tell(_ entry: StaticString, _ body: @escaping @Sendable (LoadedModule) -> Void) {
        tell(entry, on: module.threads(of: entry) == .any ? .side : .own, body)
    }

    func tell(
        _ entry: StaticString, on place: RunningCall.Place, _ body: @escaping @Sendable (LoadedModule) -> Void
    ) {
        let teller = teller
        (place == .side ? side : lane).tell { teller.tell(entry, on: place, body) }
    }

    /// Tells the module that a session has ended, once no entry of it is running on this thread.
    func tellFree(_ session: ModuleSession, _ reason: SessionEnd, _ done: @escaping @Sendable () -> Void = {}) {
        guard module.learnsEnds else { return done() }
        let end = UntoldEnds.End(session: session, reason: reason, isTold: done)
        if isAnyThread { CallContext.afterCall { [ends] in ends.add(end) } } else { ends.add(end) }
    }

    func tellRelease(of object: ObjectName, for session: UInt64, reads: Bool) {
        tell("auth_discard_object") { $0.release(object, for: session, reads: reads) }
    }

    /// Tells the module of new content on its own thread, and then asks again for the reads that waited for it.
    func tellChange(
        of object: ObjectName, from old: ObjectContent?, to content: ObjectContent?, waiting: Set<UInt64>
    ) {
        tell("auth_check_update") { [self] module in
            let refused = module.change(object, from: old, to: content, text: content?.lines ?? "")
            for token in waiting where asks(token) {
                let status = session(of: token).flatMap { refused[$0] }
                _ = complete(token, status.map { ModuleAnswer($0) } ?? .contentCame)
            }
        }
    }

    func tellCompleted(_ destination: Destination, serial: UInt32, accepted: Bool) {
        tell("auth_completed") { $0.completed(destination, serial: serial, accepted: accepted) }
    }

    /// Asks for a reload, on the threads where the module is asked.
    func reload(_ done: @escaping @Sendable (Status?) -> Void) {
        tell("auth_reload") { module in
            let status = module.reload()
            module.noteInvalidation()
            done(status)
        }
    }

    func noteInvalidation() { module.noteInvalidation() }

    var takesBatches: Bool { mayCallHere && module.checksRunAnywhere && module.takesBatches }

    func batch(_ checks: [BatchedCheck], at now: Int64) -> [ModuleAnswer]? {
        guard takesBatches else { return nil }
        // The shortest of the deadlines that its rows would have alone.
        let due = now + min(deadlines.nanoseconds(of: .read), deadlines.nanoseconds(of: .write))
        let slot = pending.take()
        let call = RunningCall("auth_check_batch", .asking, began: now, due: due)
        let token = slot.begin(laned: false, call: call)
        let answers = module.checkBatch(checks, CallTerms(token: 0, deadline: due, wantsReason: reasons.areWanted))
        _ = slot.finish()
        pending.put(slot)
        if cameBack(token, nil) { return answers?.map { _ in .refused(.deadline) } }
        return answers?.enumerated().map { row, answer in
            // A row that is delayed is told where all rows are answered.
            if answer.isToBeAskedAlone || answer.status == .delayed { return answer }
            return checked(answer, "auth_check_batch", checks[row].check.kind)
        }
    }

    /// Ends the lanes and the instance. Returns whether the module's exit returned in time.
    func stop(within timeout: Duration) -> Bool {
        let module = module
        let ended = DeadlineThread.run(for: timeout) { [lane, side, long] in
            // All that is queued, such as the ends of sessions, is said before the exit, and nothing runs beside it. A lane
            // whose entry point hangs never drains: then the instance is left behind, and its exit is not called.
            lane.drain()
            side.drain()
            if long.blocking != nil { return false }
            module.exit()
            return true
        }
        return ended ?? false
    }

    func tellCancel(_ token: UInt64) { tell("auth_cancel", on: .side) { $0.cancel(token) } }
}

/// Calls the entry points by which a module is told something, and sees to those that take too long.
struct ModuleTeller: Sendable {
    let module: LoadedModule
    let long: LongCalls
    let clock: any HostClock
    let deadlines: LiveDeadlines
    let report: @Sendable (ModuleIncident) -> Void

    /// Tells the module something on the calling thread.
    ///
    /// - Parameter entry: the entry point that is called, for people.
    func tell(_ entry: StaticString, on place: RunningCall.Place, _ body: (LoadedModule) -> Void) {
        let now = clock.monotonic
        let call = RunningCall(entry, place, began: now, due: now + deadlines.nanoseconds(of: .login))
        long.telling(call) {
            body(module)
        } returned: {
            report(.returnedAtLast($0, nil))
        }
    }

    /// Tells the module that a session has ended, if it still wants to know.
    func tellEnd(_ end: UntoldEnds.End, on place: RunningCall.Place) {
        guard module.learnsEnds else { return }
        tell("auth_free_user", on: place) { module in
            if let status = module.freeUser(end.session, end.reason), status != .ok { report(.freeFailed(status)) }
        }
    }
}

extension ModuleAnswer {
    /// Whether a row of a batch is to be put to the check's own entry point: its answer is there, or that there is no such entry.
    var isToBeAskedAlone: Bool { status == .askAlone || status == .noEntry }
}

extension ObjectContent {
    /// A line `name=value` for each field; what would end a line or a name is escaped with a backslash.
    fileprivate var lines: String {
        fields.map { field in
            Self.escaped(field.name).replacingEach("=", with: "\\=") + "=" + Self.escaped(field.value)
        }.joined(separator: "\n")
    }

    private static func escaped(_ text: String) -> String {
        text.replacingEach("\\", with: "\\\\").replacingEach("\n", with: "\\n").replacingEach("\r", with: "\\r")
    }
}

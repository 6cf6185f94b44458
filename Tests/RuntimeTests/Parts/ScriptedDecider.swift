import AuthCore
import Synchronization

@testable import ModuleHost
@testable import Runtime

/// Stands in for a module: answers what a test says, and keeps what it is told. For tests that build a part without a host.
final class ScriptedDecider: Decider {
    struct State {
        /// What each entry point answers, or an entry point for one object (`auth_map_object /a`); AUTH_OK where nothing is said.
        var answers: [String: ModuleAnswer] = [:]
        var batch: [ModuleAnswer]?
        /// Called with the entry point before each answer, on the asking thread.
        var before: (@Sendable (String) -> Void)?
        var reload: Status?
        var asked: [String] = []
        var told: [String] = []
        var completed: [UInt64] = []
    }

    let state = Mutex(State())
    let about: DeciderDescription
    let instance: UInt32 = 1
    let maps: Bool
    let learnsEnds = true
    let tracksObjects: Bool
    let isHung = false
    var lateCalls: [String] { [] }
    let hindrance: String? = nil
    let openQuestions = 0
    let askedQuestions: UInt64 = 0

    init(
        entries: [String] = [], maps: Bool = false, tracksObjects: Bool = false, _ set: (inout State) -> Void = { _ in }
    ) {
        about = DeciderDescription(
            identity: ModuleIdentity(name: "scripted", version: "1", generation: 9, threads: .any, bare: false),
            path: "-", entryNames: entries + ["auth_free_user"])
        self.maps = maps
        self.tracksObjects = tracksObjects
        state.withLock { set(&$0) }
    }

    var asked: [String] { state.withLock { $0.asked } }
    var told: [String] { state.withLock { $0.told } }

    private func answer(_ entry: String, about object: String = "") -> ModuleAnswer {
        state.withLock { $0.before }?(entry)
        return state.withLock { state in
            state.asked.append(entry)
            return state.answers["\(entry) \(object)"] ?? state.answers[entry] ?? ModuleAnswer(.ok)
        }
    }

    func ask(_ question: inout ObjectQuestion, at now: Int64) -> Asked<ObjectQuestion> {
        .answered(answer("\(question.entry)", about: question.requested.text))
    }

    func ask(_ question: inout EntryQuestion, at now: Int64) -> Asked<EntryQuestion> {
        var said = answer("\(question.entry)")
        if said.status == .ok, said.user == nil { said.user = question.login?.user }
        return .answered(said)
    }

    func noteBreach(_ what: String, in entry: StaticString) {
        state.withLock { $0.told.append("\(entry): \(what)") }
    }

    var takesBatches: Bool { state.withLock { $0.batch != nil } }

    func batch(_ checks: [BatchedCheck], at now: Int64) -> [ModuleAnswer]? { state.withLock { $0.batch } }

    func resume(_ body: @escaping @Sendable () -> Void) { body() }

    func complete(_ token: UInt64, _ answer: ModuleAnswer) -> CompletionOutcome {
        state.withLock { $0.completed.append(token) }
        return .taken
    }

    func asks(_ token: UInt64) -> Bool { true }
    func pendingToken(session: UInt64, kind: PendingKind, name: String?, contributionID: String?) -> UInt64? { nil }
    func cancel(_ token: UInt64) {}
    func cancelQuestions(of session: UInt64) { tell("cancel") }
    func tellFree(_ session: ModuleSession, _ reason: SessionEnd, _ done: @escaping @Sendable () -> Void) {
        tell("free \(reason)")
        done()
    }
    func tellRelease(of object: ObjectName, for session: UInt64, reads: Bool) { tell("release \(object.text)") }

    func tellChange(
        of object: ObjectName, from old: ObjectContent?, to content: ObjectContent?, waiting: Set<UInt64>
    ) { tell("change \(object.text)") }

    func tellCompleted(_ destination: Destination, serial: UInt32, accepted: Bool) {
        tell("completed \(destination.name) \(serial) \(accepted)")
    }

    func reload(_ done: @escaping @Sendable (Status?) -> Void) {
        tell("reload")
        done(state.withLock { $0.reload })
    }

    func noteInvalidation() { tell("invalidation") }
    func limitQueue(to limit: Int) {}
    func expireDeadlines() {}
    func noticeLongCalls() {}
    func stop(within timeout: Duration) -> Bool { true }

    private func tell(_ what: String) { state.withLock { $0.told.append(what) } }
}

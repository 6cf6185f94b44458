import AuthCore
import Logging
import Metrics
import ModuleHost

/// Something that a module did and an operator should know.
enum ModuleIncident: Sendable {
    /// A call has not returned by its deadline; so many of the module's threads are left.
    case late(RunningCall, left: Int, of: Int)
    /// A call keeps a thread that others wait for.
    case blocks(RunningCall, nanoseconds: Int64)
    case deadline
    /// A call that was late has returned, with its status where it has one.
    case returnedAtLast(RunningCall, ModuleAnswer?)
    case lateReturn(ModuleAnswer)
    case droppedCompletion(CompletionOutcome)
    case freeFailed(Status)
    /// What was found, and in which entry point.
    case broken(String, in: StaticString)
}

extension ModuleIncident {
    /// One word for the metric.
    var word: String {
        switch self {
        case .late: "hung"
        case .blocks: "blocks"
        case .deadline: "deadline"
        case .returnedAtLast: "returned-at-last"
        case .lateReturn: "late-return"
        case .droppedCompletion: "dropped-completion"
        case .freeFailed: "free-failed"
        case .broken: "broken-contract"
        }
    }

    func count() { Counter(label: "authhost_module_incidents_total", dimensions: [("incident", word)]).increment() }

    /// - Parameter module: who did it.
    func write(to log: Logger, of module: String) {
        switch self {
        case .late(let call, let left, let all):
            log.error("\(module): \(call.text) has not returned by its deadline; \(call.place.meaning(left, all))")
        case .blocks(let call, let nanoseconds):
            let seconds = nanoseconds / 1_000_000_000
            log.error(
                """
                \(module): \(call.text) has not returned for \(seconds) s, and whatever else that thread serves waits; an \
                AUTH_ANY_THREAD module must not block: it is asked on threads of its own from now on
                """)
        case .deadline: log.warning("\(module): a delayed answer has not come by its deadline; denied")
        case .returnedAtLast(let call, let answer):
            log.notice("\(module): \(call.entry) has returned at last\(answer.map { " (\($0.shown))" } ?? "")")
        case .lateReturn(let answer):
            log.warning("\(module): an answer (\(answer.shown)) came after its question was over; dropped")
        case .droppedCompletion(let outcome):
            log.warning("\(module): a completion was dropped: \(outcome)")
        case .freeFailed(let status): log.warning("\(module): auth_free_user returned \(status.shown)")
        case .broken(let what, let entry): log.error("\(module): broke its contract in \(entry): \(what); denied")
        }
    }
}

extension RunningCall.Place {
    /// What a call that is late means, in words.
    fileprivate func meaning(_ left: Int, _ all: Int) -> String {
        switch self {
        case .asking:
            "whatever else that thread serves waits, and the module is asked on threads of its own from now on"
        case .side: "it is told of no more ends and cancellations before that"
        case .own where left == 0: "the module is marked hung, and not asked before that"
        case .own: "the module is asked on the other \(left) of its \(all) threads"
        }
    }
}

import AuthCore
import Logging
import Metrics
import ModuleHost

/// What a module did that an operator should know.
enum ModuleIncident: Sendable {
    case hung
    case deadline
    case returnedAtLast(Status)
    case lateReturn(Status)
    case droppedCompletion(CompletionOutcome)
    case freeFailed(Status)
    case broken(String)
}

extension ModuleIncident {
    /// One word for the metric.
    var word: String {
        switch self {
        case .hung: "hung"
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
        case .hung: log.error("\(module): an entry point has not returned by its deadline; the module is marked hung")
        case .deadline: log.warning("\(module): a delayed answer has not come by its deadline; denied")
        case .returnedAtLast(let status):
            log.notice("\(module): the hung entry point has returned (\(status.rawValue)); the module is asked again")
        case .lateReturn(let status):
            log.warning("\(module): an answer (\(status.rawValue)) came after its question was over; dropped")
        case .droppedCompletion(let outcome):
            log.warning("\(module): a completion was dropped: \(outcome)")
        case .freeFailed(let status): log.warning("\(module): auth_free_user returned \(status.rawValue)")
        case .broken(let what): log.error("\(module): broke its contract: \(what); denied")
        }
    }
}

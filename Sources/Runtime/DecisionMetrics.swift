import AuthCore
import Metrics
import Synchronization

/// Counters of what was decided. A counter is made when it is first needed; counting is then an index and an addition.
final class DecisionMetrics: Sendable {
    private final class Cell: Sendable {
        let counter = Mutex<Counter?>(nil)
    }

    private let decisions = (0..<QuestionKind.allCases.count * Reason.allCases.count * Verdict.allCases.count).map {
        _ in Cell()
    }
    private let kinds = Dictionary(uniqueKeysWithValues: zip(QuestionKind.allCases, 0...))
    private let reasons = Dictionary(uniqueKeysWithValues: zip(Reason.allCases, 0...))
    private let verdicts = Dictionary(uniqueKeysWithValues: zip(Verdict.allCases, 0...))

    func count(_ kind: QuestionKind, _ answer: Answer) {
        guard let kindIndex = kinds[kind], let reasonIndex = reasons[answer.reason],
            let verdictIndex = verdicts[answer.verdict]
        else { return }
        let index = (kindIndex * reasons.count + reasonIndex) * verdicts.count + verdictIndex
        let counter = decisions[index].counter.withLock { counter -> Counter in
            if let counter { return counter }
            let made = Counter(
                label: "authhost_decisions_total",
                dimensions: [
                    ("question", kind.rawValue), ("verdict", answer.verdict.rawValue),
                    ("reason", answer.reason.rawValue),
                ])
            counter = made
            return made
        }
        counter.increment()
    }

    func count(_ incident: ModuleIncident) {
        Counter(label: "authhost_module_incidents_total", dimensions: [("incident", incident.word)]).increment()
    }
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
}

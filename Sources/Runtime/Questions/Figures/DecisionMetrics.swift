import AuthCore
import Metrics
import Synchronization

/// Counters of what was decided. A counter is made when it is first needed; counting is then an index and an addition, without a
/// lock.
final class DecisionMetrics: Sendable {
    private struct Key: Hashable {
        let kind: QuestionKind
        let verdict: Verdict
        let reason: Reason
    }

    /// The two reasons that nearly every answer has are found by an index, the others by a key.
    private let granted = QuestionKind.allCases.map { _ in SetOnce<Counter>() }
    private let denied = QuestionKind.allCases.map { _ in SetOnce<Counter>() }
    private let rare = Mutex<[Key: Counter]>([:])
    private let factory: any MetricsFactory

    init(_ factory: any MetricsFactory = MetricsSystem.factory) { self.factory = factory }

    func count(_ kind: QuestionKind, _ answer: Answer) { count(kind, answer.verdict, answer.reason) }

    func count(_ kind: QuestionKind, _ verdict: Verdict, _ reason: Reason, times: Int = 1) {
        let key = Key(kind: kind, verdict: verdict, reason: reason)
        switch (reason, verdict) {
        case (.granted, .allow): increment(granted[kind.ordinal], key, by: times)
        case (.deniedByModule, .deny): increment(denied[kind.ordinal], key, by: times)
        default:
            rare.withLock { rare in
                if rare[key] == nil { rare[key] = counter(key) }
                return rare[key]
            }?.increment(by: times)
        }
    }

    /// Counts an answer when it is there.
    func count(_ kind: QuestionKind, _ outcome: Outcome) {
        // At once where it is decided: what is observed costs a closure.
        if case .decided(let answer) = outcome {
            count(kind, answer)
        } else {
            outcome.observe { [self] in count(kind, $0) }
        }
    }

    /// Counts an answer when it is there, and hands it on.
    func counted(_ kind: QuestionKind, _ outcome: Outcome) -> Outcome {
        count(kind, outcome)
        return outcome
    }

    private func increment(_ cell: SetOnce<Counter>, _ key: Key, by times: Int) {
        if let known = cell.value { return known.increment(by: times) }
        let first = counter(key)
        cell.set(first)
        first.increment(by: times)
    }

    private func counter(_ key: Key) -> Counter {
        Counter(
            label: "authhost_decisions_total",
            dimensions: [
                ("question", key.kind.rawValue), ("verdict", key.verdict.rawValue), ("reason", key.reason.rawValue),
            ], factory: factory)
    }
}

extension QuestionKind {
    /// The position among all kinds.
    var ordinal: Int {
        switch self {
        case .login: 0
        case .resume: 1
        case .map: 2
        case .read: 3
        case .write: 4
        case .create: 5
        }
    }
}

extension Question {
    /// What it counts as; nil for a question that no module is asked.
    var kind: QuestionKind? {
        switch self {
        case .login, .authenticate: .login
        case .resume: .resume
        case .logout: nil
        case .map: .map
        case .check(_, let check): check.kind
        }
    }
}

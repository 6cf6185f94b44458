import AuthCore
import Metrics
import Synchronization

/// Counters of what was decided. A counter is made when it is first needed; counting is then an index and an addition.
final class DecisionMetrics: Sendable {
    private final class Cell: Sendable {
        let counter = Mutex<Counter?>(nil)
    }

    private struct Key: Hashable {
        let kind: QuestionKind
        let verdict: Verdict
        let reason: Reason
    }

    /// The two reasons that nearly every answer has are found by an index, the others by a key.
    private let granted = QuestionKind.allCases.map { _ in Cell() }
    private let denied = QuestionKind.allCases.map { _ in Cell() }
    private let rare = Mutex<[Key: Counter]>([:])

    func count(_ kind: QuestionKind, _ answer: Answer) {
        switch (answer.reason, answer.verdict) {
        case (.granted, .allow): increment(granted[kind.ordinal], kind, answer)
        case (.deniedByModule, .deny): increment(denied[kind.ordinal], kind, answer)
        default:
            let key = Key(kind: kind, verdict: answer.verdict, reason: answer.reason)
            rare.withLock { rare in
                if rare[key] == nil { rare[key] = Self.counter(kind, answer) }
                return rare[key]
            }?.increment()
        }
    }

    private func increment(_ cell: Cell, _ kind: QuestionKind, _ answer: Answer) {
        cell.counter.withLock { counter in
            if counter == nil { counter = Self.counter(kind, answer) }
            return counter
        }?.increment()
    }

    private static func counter(_ kind: QuestionKind, _ answer: Answer) -> Counter {
        Counter(
            label: "authhost_decisions_total",
            dimensions: [
                ("question", kind.rawValue), ("verdict", answer.verdict.rawValue), ("reason", answer.reason.rawValue),
            ])
    }
}

extension QuestionKind {
    /// The position among all kinds.
    fileprivate var ordinal: Int {
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

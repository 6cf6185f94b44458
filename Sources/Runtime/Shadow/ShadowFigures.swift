import AuthCore
import Metrics
import Synchronization

/// What a shadow's comparisons have found, counted.
final class ShadowFigures: Sendable {
    private struct Key: Hashable {
        let question, finding: String
    }

    private struct State {
        var counts: [Key: (count: Int, counter: Counter)] = [:]
        var differences: [ShadowDifference.Kind: (count: Int, counter: Counter, first: ShadowDifference)] = [:]
    }

    private let state = Mutex(State())
    private let factory: any MetricsFactory

    init(_ factory: any MetricsFactory = MetricsSystem.factory) { self.factory = factory }

    /// Counts what was found about a question.
    func note(_ question: String, _ finding: ShadowFinding) {
        let key = Key(question: question, finding: finding.word)
        state.withLock { state in
            if state.counts[key] == nil {
                let counter = Counter(
                    label: "authhost_shadow_questions_total",
                    dimensions: [("question", question), ("outcome", finding.word)], factory: factory)
                state.counts[key] = (0, counter)
            }
            state.counts[key]?.count += 1
            return state.counts[key]?.counter
        }?.increment()
    }

    /// Counts a difference. Returns whether it is the first of its kind.
    func note(_ difference: ShadowDifference) -> Bool {
        let kind = difference.kind
        let (counter, isFirst) = state.withLock { state -> (Counter?, Bool) in
            let isFirst = state.differences[kind] == nil
            if isFirst { state.differences[kind] = (0, makeCounter(kind), difference) }
            state.differences[kind]?.count += 1
            return (state.differences[kind]?.counter, isFirst)
        }
        counter?.increment()
        return isFirst
    }

    private func makeCounter(_ kind: ShadowDifference.Kind) -> Counter {
        Counter(
            label: "authhost_shadow_differences_total",
            dimensions: [
                ("question", kind.question), ("what", kind.what.rawValue), ("was", kind.was.rawValue),
                ("now", kind.now.rawValue),
            ], factory: factory)
    }

    /// How often something was found, over all questions.
    func count(_ finding: String) -> Int {
        state.withLock { $0.counts.filter { $0.key.finding == finding }.reduce(0) { $0 + $1.value.count } }
    }

    /// The differences, those that were met most often first.
    var rows: [(count: Int, first: ShadowDifference)] {
        state.withLock { $0.differences.values.map { ($0.count, $0.first) } }.sorted {
            $0.0 != $1.0 ? $0.0 > $1.0 : ($0.1.question, $0.1.time) < ($1.1.question, $1.1.time)
        }
    }
}

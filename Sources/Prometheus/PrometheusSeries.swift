import CoreMetrics
import Glibc
import Synchronization

/// One line of an exposition, or one histogram.
protocol PrometheusSeries: AnyObject, Sendable {
    func write(_ name: String, _ labels: PrometheusLabels, to text: inout String)
}

/// A number that only grows. Event loops that count at once do so in shares of their own, which are summed when they are read.
final class PrometheusCounter: PrometheusSeries, CounterHandler {
    private final class Share: Sendable {
        let value = Atomic<Int64>(0)
        /// Keeps two shares out of one line of a processor's cache.
        let distance = (Int64(0), Int64(0), Int64(0), Int64(0), Int64(0))
    }

    private let shares = (0..<16).map { _ in Share() }

    func increment(by amount: Int64) {
        // Stacks of threads lie pages apart.
        shares[Int(pthread_self() >> 12) & 15].value.wrappingAdd(amount, ordering: .relaxed)
    }

    func reset() { for share in shares { share.value.store(0, ordering: .relaxed) } }

    func write(_ name: String, _ labels: PrometheusLabels, to text: inout String) {
        let sum = shares.reduce(0) { $0 + $1.value.load(ordering: .relaxed) }
        text += "\(name)\(labels.braced()) \(sum)\n"
    }
}

/// A number with a fraction that is set, or grows, or shrinks.
final class PrometheusValue: PrometheusSeries, FloatingPointCounterHandler, MeterHandler, RecorderHandler {
    private let value = Mutex(0.0)

    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func set(_ new: Int64) { set(Double(new)) }
    func set(_ new: Double) { value.withLock { $0 = new } }
    func record(_ new: Int64) { set(Double(new)) }
    func record(_ new: Double) { set(new) }
    func reset() { set(0.0) }

    func write(_ name: String, _ labels: PrometheusLabels, to text: inout String) {
        text += "\(name)\(labels.braced()) \(PrometheusNumber.text(value.withLock { $0 }))\n"
    }
}

/// Counts of values by their size.
final class PrometheusHistogram: PrometheusSeries, RecorderHandler {
    static let sizes = [1.0, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000]

    private struct State {
        var counts: [Int]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func write(_ name: String, _ labels: PrometheusLabels, to text: inout String) {
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        var total = 0
        for (bound, count) in zip(bounds.map(PrometheusNumber.text) + ["+Inf"], counts) {
            total += count
            text += "\(name)_bucket\(labels.braced(and: "le=\"\(bound)\"")) \(total)\n"
        }
        text += "\(name)_sum\(labels.braced()) \(PrometheusNumber.text(sum))\n"
        text += "\(name)_count\(labels.braced()) \(total)\n"
    }
}

enum PrometheusNumber {
    static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return "\(value)"
    }
}

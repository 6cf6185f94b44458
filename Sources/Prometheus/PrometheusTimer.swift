import CoreMetrics
import Glibc
import Synchronization

/// Counts of times by their size, in buckets that each end at twice the one before: 1 µs (2^10 ns) to 34 s (2^35 ns).
///
/// The bucket is found by counting leading zeros. Event loops that record at once do so in shares of their own, which are summed
/// when they are read: no lock, and no memory.
final class PrometheusTimer: PrometheusSeries, TimerHandler {
    /// The powers of two, in nanoseconds, at which the first bucket and the last one before infinity end.
    static let powers = 10...35

    private final class Share: Sendable {
        let counts = InlineArray<32, Atomic<Int64>> { _ in Atomic(0) }
        let sum = Atomic<Int64>(0)
    }

    private let shares = (0..<8).map { _ in Share() }

    func recordNanoseconds(_ duration: Int64) {
        // Stacks of threads lie pages apart.
        let share = shares[Int(pthread_self() >> 12) & 7]
        share.counts[Self.bucket(of: duration)].wrappingAdd(1, ordering: .relaxed)
        share.sum.wrappingAdd(max(0, duration), ordering: .relaxed)
    }

    /// The first bucket whose end is not below a time.
    static func bucket(of nanoseconds: Int64) -> Int {
        let power = nanoseconds <= 1 ? 0 : Int64.bitWidth - (nanoseconds - 1).leadingZeroBitCount
        return min(max(power, powers.lowerBound), powers.upperBound + 1) - powers.lowerBound
    }

    func write(_ name: String, _ labels: PrometheusLabels, to text: inout String) {
        var total: Int64 = 0
        let sum = shares.reduce(0) { $0 + $1.sum.load(ordering: .relaxed) }
        for bucket in 0...Self.powers.count {
            for share in shares { total += share.counts[bucket].load(ordering: .relaxed) }
            let isLast = bucket == Self.powers.count
            let bound = isLast ? "+Inf" : PrometheusNumber.text(Double(1 << (Self.powers.lowerBound + bucket)) / 1e9)
            text += "\(name)_bucket\(labels.braced(and: "le=\"\(bound)\"")) \(total)\n"
        }
        text += "\(name)_sum\(labels.braced()) \(PrometheusNumber.text(Double(sum) / 1e9))\n"
        text += "\(name)_count\(labels.braced()) \(total)\n"
    }
}

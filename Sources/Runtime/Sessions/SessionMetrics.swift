import AuthCore
import Metrics
import ModuleHost

/// How many sessions there are, and why they ended.
final class SessionMetrics: Sendable {
    private let ends: [Counter]
    private let open: Gauge

    init(_ factory: any MetricsFactory) {
        open = Gauge(label: "authhost_sessions", factory: factory)
        ends = (1...6).map { number in
            Counter(
                label: "authhost_sessions_ended_total",
                dimensions: [("end", SessionEnd(rawValue: number)?.word ?? "unknown")], factory: factory)
        }
    }

    func count(_ end: SessionEnd) { ends[Int(end.rawValue) - 1].increment() }

    func record(open count: Int) { open.record(count) }
}

extension SessionEnd {
    /// One word for the metric.
    var word: String {
        switch self {
        case .logout: "logout"
        case .ejected: "ejected"
        case .expired: "expired"
        case .stop: "stop"
        case .refused: "refused"
        case .swapped: "swapped"
        }
    }
}

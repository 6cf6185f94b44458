import Metrics

/// Whether the host is ready, and each part of it that readiness looks at, as gauges of 1 and 0.
struct ReadinessFigures: Sendable {
    /// What readiness looks at.
    enum Part: String, CaseIterable {
        /// A module is loaded, and answers.
        case module
        /// The audit log can be written.
        case audit
        /// The rules in force are those on disk.
        case rules
        /// The host does not stop.
        case running
    }

    private let ready, open: Gauge
    private let parts: [Gauge]

    init(_ factory: any MetricsFactory) {
        ready = Gauge(label: "authhost_ready", factory: factory)
        open = Gauge(label: "authhost_open_questions", factory: factory)
        parts = Part.allCases.map {
            Gauge(label: "authhost_ready_part", dimensions: [("part", $0.rawValue)], factory: factory)
        }
    }

    func record(ready isReady: Bool, openQuestions: Int, _ isGood: (Part) -> Bool) {
        ready.record(isReady ? 1 : 0)
        for (part, gauge) in zip(Part.allCases, parts) { gauge.record(isGood(part) ? 1 : 0) }
        open.record(openQuestions)
    }
}

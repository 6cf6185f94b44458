import AuthCore
import Metrics

/// What became of log-ins because of wrong passwords.
struct PenaltyMetrics: Sendable {
    /// A step of a log-in.
    enum Step: String, CaseIterable {
        /// A password was wrong, and was not tried before.
        case counted
        /// A log-in waited before the module was asked.
        case delayed
        /// The module was not asked.
        case refused
        /// The module was not asked, since the same password was wrong a moment ago.
        case repeated
    }

    private let counters: [Counter]
    private let subjects: [Gauge]
    private let refusing, waiting: Gauge

    init(_ factory: any MetricsFactory) {
        counters = Step.allCases.flatMap { step in
            PenaltySubject.kinds.map { kind in
                Counter(
                    label: "authhost_penalty_logins_total", dimensions: [("step", step.rawValue), ("by", kind)],
                    factory: factory)
            }
        }
        subjects = PenaltySubject.kinds.map {
            Gauge(label: "authhost_penalty_subjects", dimensions: [("by", $0)], factory: factory)
        }
        refusing = Gauge(label: "authhost_penalty_refusing", factory: factory)
        waiting = Gauge(label: "authhost_penalty_waiting_logins", factory: factory)
    }

    func count(_ step: Step, _ subject: PenaltySubject) {
        let row = Step.allCases.firstIndex(of: step) ?? 0
        counters[row * PenaltySubject.kinds.count + subject.ordinal].increment()
    }

    func record(_ numbers: PenaltyNumbers, waiting count: Int) {
        for (gauge, number) in zip(subjects, [numbers.users, numbers.usual, numbers.networks]) { gauge.record(number) }
        refusing.record(numbers.refused)
        waiting.record(count)
    }
}

extension PenaltySubject {
    /// One word for each, as metrics and operators have them.
    package static let kinds = ["user", "usual", "network"]

    fileprivate var ordinal: Int {
        switch self {
        case .user: 0
        case .usual: 1
        case .network: 2
        }
    }

    /// Its word.
    package var kind: String { Self.kinds[ordinal] }
}

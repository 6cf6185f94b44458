import AuditTrail
import Metrics

/// The figures of one sink.
struct AuditFigures: Sendable {
    let lines: Counter
    let lost: Counter
    let up: Gauge
    private let number: Gauge
    private let value: Gauge

    init(sink: String) {
        let dimensions = [("sink", sink)]
        lines = Counter(label: "authhost_audit_lines_total", dimensions: dimensions)
        lost = Counter(label: "authhost_audit_lost_lines_total", dimensions: dimensions)
        up = Gauge(label: "authhost_audit_up", dimensions: dimensions)
        number = Gauge(label: "authhost_audit_chain_number", dimensions: dimensions)
        value = Gauge(label: "authhost_audit_chain_value", dimensions: dimensions)
    }

    /// The number of the last line that a mark covers, and the first 48 bits of its value, which a double holds.
    func note(_ head: ChainHead?) {
        guard let head else { return }
        number.record(Double(head.number))
        value.record(Double(UInt64(head.value.text.prefix(12), radix: 16) ?? 0))
    }
}

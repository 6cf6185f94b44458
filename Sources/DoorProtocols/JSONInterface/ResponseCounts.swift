import Metrics
import Synchronization

/// Counts the replies of the HTTP door.
final class ResponseCounts: Sendable {
    private struct Key: Hashable {
        let endpoint: String
        let status: Int
    }

    private let factory: any MetricsFactory
    private let responses = Mutex<[Key: Counter]>([:])

    init(factory: any MetricsFactory) { self.factory = factory }

    /// The counter of replies of one status at one endpoint. Takes a lock: connections keep the counter they used last.
    func responses(_ endpoint: String, _ status: Int) -> Counter {
        responses.withLock { counters in
            let key = Key(endpoint: endpoint, status: status)
            if let counter = counters[key] { return counter }
            let counter = Counter(
                label: "authhost_http_responses_total",
                dimensions: [("endpoint", endpoint), ("code", String(status))], factory: factory)
            counters[key] = counter
            return counter
        }
    }
}

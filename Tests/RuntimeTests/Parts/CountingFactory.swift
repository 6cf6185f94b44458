import Metrics
import Synchronization

/// Counts by the values of a counter's labels. For tests of what is counted, and how often.
final class CountingFactory: MetricsFactory {
    private final class Handler: CounterHandler, RecorderHandler, TimerHandler {
        let count: @Sendable (Int64) -> Void

        init(_ count: @escaping @Sendable (Int64) -> Void) { self.count = count }

        func increment(by amount: Int64) { count(amount) }
        func reset() {}
        func record(_ value: Int64) {}
        func record(_ value: Double) {}
        func recordNanoseconds(_ duration: Int64) {}
    }

    private let counts = Mutex<[String: Int64]>([:])

    var all: [String: Int64] { counts.withLock { $0 } }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let name = dimensions.map(\.1).joined(separator: " ")
        return Handler { [self] amount in counts.withLock { $0[name, default: 0] += amount } }
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        Handler { _ in }
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { Handler { _ in } }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}

import Basics
import Logging
import Metrics
import Synchronization

/// Sends spans to a collector, from a thread of its own. No decision waits for it: a span for which there is no room is dropped and
/// counted.
public final class OTLPExporter: Sendable {
    /// Most spans that wait.
    static let bound = 8192
    /// Most spans of one request.
    private static let batch = 512

    private struct State {
        var spans: [OTLPSpan.Record] = []
        var isStopped = false
        var isFailing = false
    }

    private let state = Mutex(State())
    private let wake = ThreadSemaphore()
    private let ended = ThreadSemaphore()
    private let post: OTLPPost
    private let version: String
    private let log: Logger
    private let sent = Counter(label: "authhost_spans_total", dimensions: [("outcome", "sent")])
    private let dropped = Counter(label: "authhost_spans_total", dimensions: [("outcome", "dropped")])
    private let failed = Counter(label: "authhost_spans_total", dimensions: [("outcome", "failed")])

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - version: of the program.
    ///   - log: told when the collector takes no spans, and when it takes them again.
    /// - Throws: where the system has no thread to give.
    public init(_ endpoint: OTLPEndpoint, version: String, log: Logger) throws {
        post = OTLPPost(endpoint)
        self.version = version
        self.log = log
        let thread = try WorkerThread.start { [self] in run() }
        _ = thread
    }

    func add(_ span: OTLPSpan.Record) {
        let (hasRoom, isFull) = state.withLock { state in
            guard state.spans.count < Self.bound, !state.isStopped else { return (false, false) }
            state.spans.append(span)
            return (true, state.spans.count == Self.batch)
        }
        if !hasRoom { dropped.increment() }
        if isFull { wake.signal() }
    }

    /// Sends what there is, and ends. Blocks for five seconds at most.
    public func stop() {
        state.withLock { $0.isStopped = true }
        wake.signal()
        _ = ended.wait(for: .seconds(5))
    }

    private func run() {
        defer { ended.signal() }
        while true {
            _ = wake.wait(for: .seconds(1))
            while send() {}
            if state.withLock({ $0.isStopped }) { return }
        }
    }

    /// Sends the oldest spans; returns whether there may be more to send now.
    private func send() -> Bool {
        let spans = state.withLock { state in
            let spans = Array(state.spans.prefix(Self.batch))
            state.spans.removeFirst(spans.count)
            return spans
        }
        if spans.isEmpty { return false }
        let fault = post.send(OTLPText.request(spans, service: "authhost", version: version))
        (fault == nil ? sent : failed).increment(by: spans.count)
        let isNews = state.withLock { state in
            defer { state.isFailing = fault != nil }
            return state.isFailing != (fault != nil)
        }
        if isNews {
            if let fault {
                log.warning("spans: the collector at \(post.endpoint.authority) takes none: \(fault)")
            } else {
                log.notice("spans: the collector at \(post.endpoint.authority) takes them again")
            }
        }
        return fault == nil && spans.count == Self.batch
    }
}

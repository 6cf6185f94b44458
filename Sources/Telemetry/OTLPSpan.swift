import Synchronization
import Tracing

/// A span on its way to the collector: it is handed over when it ends.
public final class OTLPSpan: Span {
    struct State: Sendable {
        var name: String
        var attributes = SpanAttributes()
        var status: SpanStatus?
        var isEnded = false
    }

    /// What is told of a span that has ended.
    struct Record: Sendable {
        let context: TraceContext
        let parent: String?
        let kind: SpanKind
        let state: State
        /// Nanoseconds since 1970.
        let began, ended: UInt64
    }

    /// Where it stands.
    public let context: ServiceContext
    /// Whether anybody will see it.
    public var isRecording: Bool { trace.isSampled && !state.withLock { $0.isEnded } }
    private let trace: TraceContext
    private let parent: String?
    private let kind: SpanKind
    private let began: UInt64
    private let state: Mutex<State>
    private let end: @Sendable (Record) -> Void

    init(
        _ name: String, _ trace: TraceContext, parent: String?, in context: ServiceContext, kind: SpanKind,
        began: UInt64,
        end: @escaping @Sendable (Record) -> Void
    ) {
        var context = context
        context.trace = trace
        self.context = context
        (self.trace, self.parent, self.kind, self.began, self.end) = (trace, parent, kind, began, end)
        state = Mutex(State(name: name))
    }

    /// What it is called.
    public var operationName: String {
        get { state.withLock { $0.name } }
        set { state.withLock { $0.name = newValue } }
    }

    /// What is known of it.
    public var attributes: SpanAttributes {
        get { state.withLock { $0.attributes } }
        set { state.withLock { $0.attributes = newValue } }
    }

    /// Says how it went.
    public func setStatus(_ status: SpanStatus) { state.withLock { $0.status = status } }

    /// Says that it failed; the error's own words may hold what no collector should know.
    public func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) { setStatus(SpanStatus(code: .error)) }

    /// Passes over: decisions have no events.
    public func addEvent(_ event: SpanEvent) {}
    /// Passes over: decisions have no links.
    public func addLink(_ link: SpanLink) {}

    /// Hands it over; the first end counts.
    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        let ended = instant().nanosecondsSinceEpoch
        let last = state.withLock { state -> State? in
            if state.isEnded { return nil }
            state.isEnded = true
            return state
        }
        guard let last, trace.isSampled else { return }
        end(Record(context: trace, parent: parent, kind: kind, state: last, began: began, ended: ended))
    }
}

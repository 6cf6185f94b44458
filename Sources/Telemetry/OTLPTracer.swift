import Tracing

/// Makes spans and sends those that are recorded to a collector, by OTLP over HTTP with JSON.
public final class OTLPTracer: Tracer {
    private let exporter: OTLPExporter
    /// The part of the traces that begin here which is recorded, 0...1.
    private let ratio: Double

    /// - Parameter ratio: the part of the traces that begin here which is recorded, 0...1; others are as their parents say.
    public init(_ exporter: OTLPExporter, ratio: Double) {
        self.exporter = exporter
        self.ratio = ratio
    }

    /// Begins a span.
    public func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> OTLPSpan {
        let context = context()
        let trace = context.trace?.child() ?? .fresh(sampled: ratio >= 1 || Double.random(in: 0..<1) < ratio)
        return OTLPSpan(
            operationName, trace, parent: context.trace?.span, in: context, kind: kind,
            began: instant().nanosecondsSinceEpoch
        ) { [exporter] in exporter.add($0) }
    }

    /// Waits for nothing: what is there goes out within a second.
    public func forceFlush() {}

    /// Takes a `traceparent` over.
    public func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        if let text = extractor.extract(key: "traceparent", from: carrier), let trace = TraceContext(text) {
            context.trace = trace
        }
    }

    /// Hands a `traceparent` on.
    public func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        if let trace = context.trace { injector.inject(trace.text, forKey: "traceparent", into: &carrier) }
    }
}

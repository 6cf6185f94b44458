import AuthCore
import Basics
import Tracing

/// Makes a span of each decision, when its answer is there: its id, door, question, verdict, reason and the module's time. Neither
/// users nor objects are in it: a collector is no audit log, and the id leads there.
final class DecisionSpans: Sendable {
    /// A moment that was measured.
    private struct Instant: TracerInstant {
        let nanosecondsSinceEpoch: UInt64

        static func < (one: Instant, other: Instant) -> Bool { one.nanosecondsSinceEpoch < other.nanosecondsSinceEpoch }
    }

    private struct Attributes: Extractor {
        func extract(key: String, from attributes: [Field]) -> String? {
            key == "traceparent" ? attributes.first { $0.name == DoorAttribute.traceParent.rawValue }?.value : nil
        }
    }

    private let tracer: any Tracer
    private let clock: any HostClock

    init(tracer: any Tracer, clock: any HostClock) {
        self.tracer = tracer
        self.clock = clock
    }

    /// Notes a decision.
    ///
    /// - Parameters:
    ///   - door: "" where it is not known, of a session that is not.
    ///   - attributes: what the door knows of the question, a trace's parent among it.
    ///   - began: on the monotonic clock.
    ///   - moduleTime: nanoseconds that the module took; 0 where it was not asked.
    func note(
        _ kind: QuestionKind, _ answer: Answer, _ decision: DecisionID, door: String, _ attributes: [Field],
        began: Int64, moduleTime: Int64
    ) {
        note(kind.rawValue, answer, decision, door: door, attributes, began: began, moduleTime: moduleTime)
    }

    /// Notes a decision about a question by its word, as the audit log has it.
    func note(
        _ question: String, _ answer: Answer, _ decision: DecisionID, door: String, _ attributes: [Field],
        began: Int64, moduleTime: Int64
    ) {
        note(by: tracer, question, answer, decision, door: door, attributes, began: began, moduleTime: moduleTime)
    }

    private func note(
        by tracer: some Tracer, _ question: String, _ answer: Answer, _ decision: DecisionID, door: String,
        _ attributes: [Field], began: Int64, moduleTime: Int64
    ) {
        var context = ServiceContext.topLevel
        tracer.extract(attributes, into: &context, using: Attributes())
        let now = clock.now
        let start = UInt64(max(0, now.wall - (now.monotonic - began)))
        let span = tracer.startSpan(
            "authhost \(question)", context: context, ofKind: .server,
            at: Instant(nanosecondsSinceEpoch: start))
        if span.isRecording {
            var known = SpanAttributes()
            if !decision.isNone { known["authhost.decision_id"] = decision.hexadecimal }
            if !door.isEmpty { known["authhost.door"] = door }
            known["authhost.question"] = question
            known["authhost.verdict"] = answer.verdict.rawValue
            known["authhost.reason"] = answer.reason.rawValue
            known["authhost.module_time_ns"] = moduleTime
            span.attributes = known
            if answer.verdict == .undecided { span.setStatus(SpanStatus(code: .error)) }
        }
        span.end(at: Instant(nanosecondsSinceEpoch: UInt64(max(0, now.wall))))
    }
}

import Basics
import Tracing

/// Spans as OTLP has them in JSON (`ExportTraceServiceRequest`): ids in hexadecimal, 64-bit numbers as texts, enumerations as numbers.
enum OTLPText {
    static func request(_ spans: [OTLPSpan.Record], service: String, version: String) -> String {
        let resource = [attribute("service.name", service), attribute("service.version", version)]
        return #"{"resourceSpans":[{"resource":{"attributes":[\#(resource.joined(separator: ","))]},"#
            + #""scopeSpans":[{"scope":{"name":"authhost"},"spans":[\#(spans.map(span).joined(separator: ","))]}]}]}"#
    }

    private static func span(_ span: OTLPSpan.Record) -> String {
        var members = [
            #""traceId":"\#(span.context.trace)""#, #""spanId":"\#(span.context.span)""#,
            #""name":\#(span.state.name.jsonQuoted)"#, #""kind":\#(number(of: span.kind))"#,
            #""startTimeUnixNano":"\#(span.began)""#, #""endTimeUnixNano":"\#(max(span.began, span.ended))""#,
        ]
        if let parent = span.parent { members.append(#""parentSpanId":"\#(parent)""#) }
        var attributes: [String] = []
        span.state.attributes.forEach { name, value in
            switch value {
            case .int64(let number): attributes.append(Self.attribute(name, number))
            case .string(let text): attributes.append(Self.attribute(name, text))
            default: attributes.append(Self.attribute(name, "\(value)"))
            }
        }
        members.append(#""attributes":[\#(attributes.joined(separator: ","))]"#)
        if span.state.status?.code == .error { members.append(#""status":{"code":2}"#) }
        return "{\(members.joined(separator: ","))}"
    }

    private static func number(of kind: SpanKind) -> Int {
        switch kind {
        case .internal: 1
        case .server: 2
        case .client: 3
        case .producer: 4
        case .consumer: 5
        }
    }

    private static func attribute(_ name: String, _ text: String) -> String {
        #"{"key":\#(name.jsonQuoted),"value":{"stringValue":\#(text.jsonQuoted)}}"#
    }

    private static func attribute(_ name: String, _ number: Int64) -> String {
        #"{"key":\#(name.jsonQuoted),"value":{"intValue":"\#(number)"}}"#
    }
}

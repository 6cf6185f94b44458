import Tracing

/// Where a span stands in a trace, as W3C Trace Context has it.
public struct TraceContext: Sendable, Equatable {
    /// 32 hexadecimal digits, not all zero.
    public let trace: String
    /// 16 hexadecimal digits, not all zero.
    public let span: String
    /// Whether the trace is recorded.
    public let isSampled: Bool

    /// A trace that begins.
    static func fresh(sampled: Bool) -> TraceContext {
        TraceContext(trace: digits(32), span: digits(16), isSampled: sampled)
    }

    /// A span below this one.
    func child() -> TraceContext { TraceContext(trace: trace, span: Self.digits(16), isSampled: isSampled) }

    private init(trace: String, span: String, isSampled: Bool) {
        (self.trace, self.span, self.isSampled) = (trace, span, isSampled)
    }

    /// Reads a `traceparent` (version 00, and what later versions have in common with it); nil for any other text.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].utf8.count == 2, parts[0] != "ff", parts[0] != "00" || parts.count == 4,
            parts[1].utf8.count == 32, parts[2].utf8.count == 16, parts[3].utf8.count == 2,
            parts[...3].allSatisfy({ $0.utf8.allSatisfy(Self.isDigit) }), !parts[1].allSatisfy({ $0 == "0" }),
            !parts[2].allSatisfy({ $0 == "0" }), let flags = UInt8(parts[3], radix: 16)
        else { return nil }
        self.init(trace: String(parts[1]), span: String(parts[2]), isSampled: flags & 1 == 1)
    }

    /// The `traceparent`.
    public var text: String { "00-\(trace)-\(span)-\(isSampled ? "01" : "00")" }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    private static func digits(_ count: Int) -> String {
        var text = ""
        while text.utf8.count < count {
            // Never all zero.
            let word = String(UInt64.random(in: 1 ... .max), radix: 16)
            text += String(repeating: "0", count: 16 - word.utf8.count) + word
        }
        return text
    }
}

/// Finds the trace's context in a service's.
private enum TraceContextKey: ServiceContextKey {
    typealias Value = TraceContext
}

extension ServiceContext {
    /// Where the span that is under way stands; nil outside of a trace.
    public var trace: TraceContext? {
        get { self[TraceContextKey.self] }
        set { self[TraceContextKey.self] = newValue }
    }
}

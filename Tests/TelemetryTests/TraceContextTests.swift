import Testing
import Tracing

@testable import Telemetry

@Suite struct `A place in a trace` {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let span = "b7ad6b7169203331"

    @Test(arguments: [
        ("00-\(trace)-\(span)-01", true), ("00-\(trace)-\(span)-00", false), ("cc-\(trace)-\(span)-01-x", true),
    ])
    func `is read from a traceparent`(text: String, isSampled: Bool) throws {
        let context = try #require(TraceContext(text))
        #expect(context.trace == Self.trace && context.span == Self.span && context.isSampled == isSampled)
        let child = context.child()
        #expect(child.trace == Self.trace && child.span != Self.span && child.isSampled == isSampled)
        #expect(TraceContext(child.text) == child)
    }

    @Test(arguments: [
        "", "00", "ff-\(trace)-\(span)-01", "00-\(trace)-\(span)-01-x", "00-\(trace)-\(span)", "00-\(trace)-\(span)-1",
        "00-00000000000000000000000000000000-\(span)-01", "00-\(trace)-0000000000000000-01", "00-\(trace)-\(span)-0x",
        "00-0AF7651916CD43DD8448EB211C80319C-\(span)-01",
    ]) func `is none in anything else`(text: String) { #expect(TraceContext(text) == nil) }

    @Test func `of a trace that begins here has digits of its own`() {
        let contexts = (0..<100).map { _ in TraceContext.fresh(sampled: true) }
        #expect(Set(contexts.map(\.trace)).count == 100)
        #expect(contexts.allSatisfy { TraceContext($0.text) == $0 })
    }
}

@Suite struct `A collector's place` {
    @Test(arguments: [
        ("http://localhost", "localhost", 4318, "/v1/traces"), ("http://[::1]:80/", "::1", 80, "/v1/traces"),
        ("http://10.0.0.1:4318/otlp/v1/traces", "10.0.0.1", 4318, "/otlp/v1/traces"),
        ("http://[::1]", "::1", 4318, "/v1/traces"),
    ]) func `is read`(text: String, host: String, port: Int, path: String) throws {
        let endpoint = try #require(OTLPEndpoint(text))
        #expect(endpoint.host == host && Int(endpoint.port) == port && endpoint.path == path)
    }

    @Test(arguments: [
        "", "localhost:4318", "https://localhost", "http://", "http://:80", "http://a:0", "http://a:65536",
        "http://a:x",
        "http://::1", "http://a b", "http://a/\r\nX: y", "http://user@a", "http://a:80:90", "http://é",
    ]) func `is none in anything else`(text: String) { #expect(OTLPEndpoint(text) == nil) }
}

@Suite struct `A span as JSON` {
    @Test func `has its ids, its parent, its times and what is known of it`() throws {
        let parent = try #require(TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
        var attributes = SpanAttributes()
        attributes["door"] = "a\"b"
        attributes["ns"] = Int64(7)
        let context = parent.child()
        let state = OTLPSpan.State(name: "authhost read", attributes: attributes, status: SpanStatus(code: .error))
        let record = OTLPSpan.Record(
            context: context, parent: parent.span, kind: .server, state: state, began: 5, ended: 4)
        let text = OTLPText.request([record], service: "authhost", version: "1")
        for part in [
            #""traceId":"0af7651916cd43dd8448eb211c80319c""#, #""spanId":"\#(context.span)""#,
            #""parentSpanId":"b7ad6b7169203331""#, #""kind":2"#, #""startTimeUnixNano":"5","endTimeUnixNano":"5""#,
            #"{"key":"door","value":{"stringValue":"a\"b"}}"#, #"{"key":"ns","value":{"intValue":"7"}}"#,
            #""status":{"code":2}"#, #"{"key":"service.name","value":{"stringValue":"authhost"}}"#,
        ] { #expect(text.contains(part), "\(part): \(text)") }
    }
}

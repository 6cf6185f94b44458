import Foundation
import Testing

/// Spans, as a collector of the test's own gets them.
@Suite(.needs(.curl, .python3)) struct SpanTests {
    /// Writes each body that is posted to a file, a line each.
    private static let collector = """
        import http.server, sys
        class Taker(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                open(sys.argv[1], "ab").write(self.path.encode() + b" " + body + b"\\n")
                self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers(); self.wfile.write(b"{}")
            def log_message(self, *_): pass
        server = http.server.HTTPServer(("127.0.0.1", 0), Taker)
        print("port", server.server_port, "ready", flush=True)
        server.serve_forever()
        """

    private func start(
        _ folder: Folder, ratio: String = "1", _ module: [String] = ["--module", "openauth"]
    ) throws -> (Server, ChildProcess) {
        let script = try folder.write(Self.collector, to: "collector.py")
        let collector = try ChildProcess(["python3", script, folder.path("spans")])
        try collector.wait(for: "ready")
        let port = collector.seen.split(separator: " ")[1]
        let server = try Server(
            module + ["--otlp-endpoint", "http://127.0.0.1:\(port)", "--otlp-ratio", ratio], in: folder)
        return (server, collector)
    }

    private func spans(_ folder: Folder) -> String {
        (try? String(contentsOfFile: folder.path("spans"), encoding: .utf8)) ?? ""
    }

    @Test func `have door, question, verdict and the module's time, and hang below the client's`() throws {
        let folder = try Folder()
        let (server, collector) = try start(folder)
        let trace = "0af7651916cd43dd8448eb211c80319c"
        let parent = "00-\(trace)-b7ad6b7169203331-01"
        let answer = try server.client.get(
            "/auth", user: "ann:sesame", headers: Forwarded.headers("/page") + ["traceparent: \(parent)"])
        #expect(answer.status == 204)
        try server.process.wait(until: {
            spans(folder).contains("authhost read") && spans(folder).contains("authhost login")
        })
        let found = spans(folder)
        #expect(found.hasPrefix("/v1/traces {"))
        for part in [
            #""traceId":"\#(trace)""#, #""parentSpanId":"b7ad6b7169203331""#,
            #"{"key":"authhost.door","value":{"stringValue":"http"}}"#,
            #"{"key":"authhost.question","value":{"stringValue":"read"}}"#,
            #"{"key":"authhost.verdict","value":{"stringValue":"allow"}}"#,
        ] { #expect(found.contains(part), "\(part): \(found)") }
        let times = found.matches(of: /"authhost.module_time_ns","value":\{"intValue":"([0-9]+)"/).compactMap {
            Int($0.1)
        }
        #expect(times.count == 2 && times.allSatisfy { $0 > 0 }, "\(found)")
        #expect(!found.contains("sesame") && !found.contains("ann"))
        let metrics = try server.client.get("/metrics").body
        #expect(metrics.contains(#"authhost_spans_total{outcome="sent"} 2"#), "\(metrics)")
        _ = collector
    }

    @Test func `name the decision, whichever way it went, as the reply and the audit log do`() throws {
        let folder = try Folder()
        let audit = folder.path("audit.log")
        let (server, collector) = try start(folder, AuthHost.xmlauth() + ["--audit-log", audit, "--audit-required"])
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let trace = ["traceparent: \(parent)"]
        let login = try server.client.post("/v1/login", #"{"user":"alice","password":"wonderland"}"#, headers: trace)
        let session = try #require(login.member("session"))
        let check = try server.client.post(
            "/v1/check", #"{"session":"\#(session)","action":"read","object":"/A"}"#, headers: trace)
        let unknown = try server.client.post(
            "/v1/check", #"{"session":"\#(String(repeating: "0", count: 32))","action":"read","object":"/A"}"#,
            headers: trace)
        let batch = try server.client.post(
            "/v1/checks",
            #"{"session":"\#(session)","checks":[{"action":"read","object":"/A"},{"action":"write","object":"/B"}]}"#,
            headers: trace)
        let map = try server.client.post("/v1/map", #"{"session":"\#(session)","object":"/A"}"#, headers: trace)
        let logout = try server.client.post("/v1/logout", #"{"session":"\#(session)"}"#, headers: trace)
        let ids = try [login, check, unknown, map, logout].map {
            try #require($0.headers["x-auth-decision-id"], "\($0)")
        }
        let rows = batch.body.matches(of: /"decision_id":"([0-9a-f]{32})"/).map { String($0.1) }
        #expect(rows.count >= 2, "\(batch)")
        let text = try String(contentsOfFile: audit, encoding: .utf8)
        for id in ids + rows {
            try server.process.wait(until: {
                spans(folder).contains(#"{"key":"authhost.decision_id","value":{"stringValue":"\#(id)"}}"#)
            })
            #expect(text.contains("decision=\(id)"), "\(text)")
        }
        #expect(text.components(separatedBy: "trace=\(parent)").count == ids.count + rows.count + 1, "\(text)")
        let children = spans(folder).matches(of: /"parentSpanId":"b7ad6b7169203331"/).count
        #expect(children == ids.count + rows.count, "\(spans(folder))")
        _ = collector
    }

    @Test func `are made as the client's trace says, whatever the ratio`() throws {
        let folder = try Folder()
        let (server, collector) = try start(folder, ratio: "0")
        for (flags, trace) in [("00", "1"), ("01", "2")] {
            let parent = "00-\(String(repeating: trace, count: 32))-b7ad6b7169203331-\(flags)"
            _ = try server.client.get(
                "/auth", user: "a:b", headers: Forwarded.headers("/\(trace)") + ["traceparent: \(parent)"])
        }
        _ = try server.client.get("/auth", user: "a:b", headers: Forwarded.headers("/"))
        try server.process.wait(until: { spans(folder).contains(String(repeating: "2", count: 32)) })
        server.process.terminate()
        #expect(try server.process.finish().status == 0)
        #expect(!spans(folder).contains(String(repeating: "1", count: 32)))
        // A log-in and a check.
        #expect(spans(folder).components(separatedBy: #""traceId""#).count == 3)
        _ = collector
    }

    @Test func `keep no answer back where the collector is gone or silent, and are counted`() throws {
        let folder = try Folder()
        // A socket that accepts no connection.
        let server = try Server(
            ["--module", "openauth", "--otlp-endpoint", "http://127.0.0.1:\(try Place.freePort())"], in: folder)
        for number in 0..<20 {
            #expect(try server.client.get("/auth", user: "a:b", headers: Forwarded.headers("/\(number)")).status == 204)
        }
        try server.process.wait(for: "spans: the collector at 127.0.0.1:")
        try server.process.wait(until: {
            ((try? server.client.get("/metrics").body) ?? "").contains(#"authhost_spans_total{outcome="failed"}"#)
        })
        server.process.terminate()
        #expect(try server.process.finish().status == 0)
    }

    @Test func `are refused where the endpoint is none`() throws {
        let ending = try AuthHost.run(["config", "check", "--module", "openauth", "--otlp-endpoint", "https://x"])
        #expect(
            ending.status == 3 && (ending.output + ending.errors).contains("`otlp-endpoint` takes `http://"),
            "\(ending)")
    }
}

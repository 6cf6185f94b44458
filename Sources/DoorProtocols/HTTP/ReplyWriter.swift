import AuthCore

/// Writes replies as HTTP/1.1 bytes (RFC 9112, section 4), without making any string on the way.
struct ReplyWriter {
    var date = HTTPDate()

    /// Appends a reply.
    ///
    /// - Parameters:
    ///   - isHTTP11: of the request; a client of HTTP/1.0 is told when its connection stays.
    ///   - keepsAlive: whether the connection stays open behind this reply.
    ///   - withoutContent: for HEAD, whose replies end with their header.
    ///   - trace: the value of the request's `traceparent`, which goes back as it came.
    mutating func write(
        _ reply: Reply, to out: inout OutgoingBytes, isHTTP11: Bool, keepsAlive: Bool, withoutContent: Bool,
        trace: [UInt8]? = nil
    ) {
        out.write(Self.statusLine(reply.status))
        out.write(date.line())
        if let verdict = reply.verdict { Self.write("x-auth-verdict", verdict.rawValue, to: &out) }
        if let reason = reply.reason { Self.write("x-auth-reason", reason.rawValue, to: &out) }
        if !reply.decision.isNone {
            out.write("x-auth-decision-id: " as StaticString)
            out.write(reply.decision)
            out.write("\r\n" as StaticString)
        }
        if let trace {
            out.write("traceparent: " as StaticString)
            out.write(trace)
            out.write("\r\n" as StaticString)
        }
        for field in reply.fields { Self.write(field.name, field.value, to: &out) }
        if !keepsAlive {
            out.write("connection: close\r\n" as StaticString)
        } else if !isHTTP11 {
            out.write("connection: keep-alive\r\n" as StaticString)
        }
        Self.writeContent(reply, to: &out, isHTTP11: isHTTP11, withoutContent: withoutContent)
    }

    private static func write(_ name: String, _ value: String, to out: inout OutgoingBytes) {
        out.write(name)
        out.write(": " as StaticString)
        out.write(value)
        out.write("\r\n" as StaticString)
    }

    private static func writeContent(
        _ reply: Reply, to out: inout OutgoingBytes, isHTTP11: Bool, withoutContent: Bool
    ) {
        switch reply.content {
        case .none where reply.status == 204:
            // A 204 must not tell a length (RFC 9110, section 8.6).
            out.write("\r\n" as StaticString)
        case .none: out.write("content-length: 0\r\n\r\n" as StaticString)
        case .json(let bytes):
            writeHeader("application/json", bytes.count, to: &out)
            if !withoutContent { out.write(bytes) }
        case .text(let text, let type):
            writeHeader(type, text.utf8.count, to: &out)
            if !withoutContent { out.write(text) }
        case .stream(let stream):
            write("content-type", stream.type, to: &out)
            if isHTTP11 { out.write("transfer-encoding: chunked\r\n" as StaticString) }
            out.write("cache-control: no-store\r\n\r\n" as StaticString)
        }
    }

    private static func writeHeader(_ type: String, _ length: Int, to out: inout OutgoingBytes) {
        write("content-type", type, to: &out)
        write("content-length", String(length), to: &out)
        out.write("cache-control: no-store\r\n\r\n" as StaticString)
    }

    private static func statusLine(_ status: Int) -> StaticString {
        switch status {
        case 200: "HTTP/1.1 200 OK\r\n"
        case 204: "HTTP/1.1 204 No Content\r\n"
        case 302: "HTTP/1.1 302 Found\r\n"
        case 303: "HTTP/1.1 303 See Other\r\n"
        case 400: "HTTP/1.1 400 Bad Request\r\n"
        case 401: "HTTP/1.1 401 Unauthorized\r\n"
        case 403: "HTTP/1.1 403 Forbidden\r\n"
        case 404: "HTTP/1.1 404 Not Found\r\n"
        case 405: "HTTP/1.1 405 Method Not Allowed\r\n"
        case 408: "HTTP/1.1 408 Request Timeout\r\n"
        case 409: "HTTP/1.1 409 Conflict\r\n"
        case 413: "HTTP/1.1 413 Content Too Large\r\n"
        case 414: "HTTP/1.1 414 URI Too Long\r\n"
        case 415: "HTTP/1.1 415 Unsupported Media Type\r\n"
        case 417: "HTTP/1.1 417 Expectation Failed\r\n"
        case 429: "HTTP/1.1 429 Too Many Requests\r\n"
        case 431: "HTTP/1.1 431 Request Header Fields Too Large\r\n"
        case 501: "HTTP/1.1 501 Not Implemented\r\n"
        case 502: "HTTP/1.1 502 Bad Gateway\r\n"
        case 503: "HTTP/1.1 503 Service Unavailable\r\n"
        case 504: "HTTP/1.1 504 Gateway Timeout\r\n"
        case 505: "HTTP/1.1 505 HTTP Version Not Supported\r\n"
        case 507: "HTTP/1.1 507 Insufficient Storage\r\n"
        // A status that is not listed denies.
        default: "HTTP/1.1 500 Internal Server Error\r\n"
        }
    }
}

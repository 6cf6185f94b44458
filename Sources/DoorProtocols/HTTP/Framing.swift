/// What the fields say about where a request ends and what becomes of the connection (RFC 9112, sections 6 and 9).
struct Framing: Sendable {
    private(set) var close = false
    private(set) var keepAlive = false
    private(set) var hasAuthorization = false
    private var contentLength: Int?
    private var transferCodings = 0
    private var isChunked = false
    private var hosts = 0
    private var expects = false
    private var expectsMore = false

    private static let contentLengthName = FieldName("content-length")
    private static let transferEncodingName = FieldName("transfer-encoding")
    private static let connectionName = FieldName("connection")
    private static let expectName = FieldName("expect")

    mutating func note(_ bytes: Span<UInt8>, _ field: RequestHead.Field) throws(RequestRefusal) {
        // The lengths tell the five names apart, and most fields from all of them.
        switch field.name.count {
        case 4 where FieldName.host.matches(bytes, field.name): try noteHost(bytes, field.value)
        case 6 where Self.expectName.matches(bytes, field.name): noteExpectation(bytes, field.value)
        case 10 where Self.connectionName.matches(bytes, field.name): noteConnection(bytes, field.value)
        case 13 where FieldName.authorization.matches(bytes, field.name): hasAuthorization = true
        case 14 where Self.contentLengthName.matches(bytes, field.name): try noteLength(bytes, field.value)
        case 17 where Self.transferEncodingName.matches(bytes, field.name):
            transferCodings += 1
            isChunked = Self.chunkedCoding.matches(bytes, field.value)
        default: break
        }
    }

    /// Whether a field is about how the body is framed.
    static func describesBody(_ bytes: Span<UInt8>, _ name: Range<Int>) -> Bool {
        contentLengthName.matches(bytes, name) || transferEncodingName.matches(bytes, name)
    }

    /// How a body is framed.
    enum Body {
        case length(Int)
        case chunked
    }

    /// Tells how the body is framed, and whether the client waits to be told that it is wanted.
    func finish(_ head: RequestHead, limit: Int) throws(RequestRefusal) -> (body: Body, expectsContinue: Bool) {
        if head.isHTTP11 && hosts == 0 { throw .bad("there is no host field") }
        let body = try body(head, limit)
        guard expects, head.isHTTP11 else { return (body, false) }
        // Proxies pass a client's expectation on with a question that has no body to wait for.
        if case .length(0) = body { return (body, false) }
        if !expectsMore { throw RequestRefusal(417, "the one expectation that is met here is `100-continue`") }
        return (body, true)
    }

    private func body(_ head: RequestHead, _ limit: Int) throws(RequestRefusal) -> Body {
        if transferCodings > 0 {
            // Both at once is the classic way to smuggle a request (section 6.1), and a reader of HTTP/1.0 on the way
            // would not know the coding.
            if contentLength != nil { throw .bad("there are both a content length and a transfer coding") }
            if !head.isHTTP11 { throw .bad("HTTP/1.0 has no transfer codings") }
            if transferCodings > 1 { throw .bad("there is more than one transfer coding") }
            if !isChunked { throw RequestRefusal(501, "the one transfer coding that is known here is `chunked`") }
            return .chunked
        }
        let length = contentLength ?? 0
        if length > limit { throw .tooLong(limit) }
        return .length(length)
    }

    private mutating func noteExpectation(_ bytes: Span<UInt8>, _ value: Range<Int>) {
        expectsMore = !expects && Self.continueExpectation.matches(bytes, value)
        expects = true
    }

    private mutating func noteHost(_ bytes: Span<UInt8>, _ value: Range<Int>) throws(RequestRefusal) {
        hosts += 1
        if hosts > 1 { throw .bad("there is more than one host field") }
        let allowed = RequestGrammar.isHost
        for index in value where !allowed[Int(bytes[index])] { throw .bad("the host field is not a host") }
    }

    private mutating func noteLength(_ bytes: Span<UInt8>, _ value: Range<Int>) throws(RequestRefusal) {
        if contentLength != nil { throw .bad("there is more than one content length") }
        // Eighteen digits fit an Int; no client sends that much.
        guard (1...18).contains(value.count), bytes[value.upperBound] != RequestGrammar.tab else {
            // RFC 9112 allows a tab there, which some proxies in front do not take.
            throw .bad("the content length is not a number")
        }
        var length = 0
        for index in value {
            let byte = bytes[index]
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
                throw .bad("the content length is not a number")
            }
            length = length * 10 + Int(byte - UInt8(ascii: "0"))
        }
        contentLength = length
    }

    private mutating func noteConnection(_ bytes: Span<UInt8>, _ value: Range<Int>) {
        var start = value.lowerBound
        for index in value.lowerBound...value.upperBound {
            guard index == value.upperBound || bytes[index] == UInt8(ascii: ",") else { continue }
            let option = Self.trimmed(bytes, start..<index)
            if Self.closeOption.matches(bytes, option) { close = true }
            if Self.keepAliveOption.matches(bytes, option) { keepAlive = true }
            start = index + 1
        }
    }

    private static let chunkedCoding = FieldName("chunked")
    private static let continueExpectation = FieldName("100-continue")
    private static let closeOption = FieldName("close")
    private static let keepAliveOption = FieldName("keep-alive")

    private static func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, bytes[start] == RequestGrammar.space || bytes[start] == RequestGrammar.tab { start += 1 }
        while end > start, bytes[end - 1] == RequestGrammar.space || bytes[end - 1] == RequestGrammar.tab { end -= 1 }
        return start..<end
    }
}

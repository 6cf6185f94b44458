/// Reads HTTP/1.1 requests the way RFC 9112 wants them sent, and nothing else.
///
/// A pure value: the caller shows it the same request again with more bytes at its end until it is complete. Every
/// byte is looked at once or twice. What RFC 9112 allows a reader to repair is refused, since two readers that repair
/// differently see different requests in the same bytes:
///
/// - lines end with CR LF, never with LF alone, and CR stands nowhere else (section 2.2);
/// - one space between the parts of the request line, an origin-form target, a known version (section 3);
/// - no white space before a colon and no folded line (sections 5.1 and 5.2);
/// - one `Content-Length` of digits or one `Transfer-Encoding: chunked`, never both (section 6), one `Host` (section 3.2);
/// - chunks as ``ChunkReader`` takes them (section 7.1).
struct StrictRequestReader: Sendable {
    /// In bytes, but `fields` and `targets`.
    struct Limits: Sendable {
        var requestLine = 8 * 1024
        /// All fields with their line ends.
        var fieldSection = 16 * 1024
        var fields = 64
        var body = 64 * 1024
        var targets = TargetGrammar.uri
    }

    private enum Stage {
        case requestLine, fields, body, chunks
    }

    /// Those of the body may be set for each request, between its request line and the rest.
    var limits: Limits
    private(set) var head = RequestHead()
    private var stage = Stage.requestLine
    private var lineStart = 0
    /// The end of the present line is not before it.
    private var scanned = 0
    private var fieldsStart = 0
    private var framing = Framing()
    private var chunks = ChunkReader()

    init(limits: Limits = Limits()) { self.limits = limits }

    /// Whether a body is waited for.
    var isInBody: Bool { stage == .body || stage == .chunks }

    /// Where the request ends, once it is complete.
    var end: Int { head.chunks == nil ? head.body.upperBound : chunks.position }

    /// Forgets the request, keeping the memory for the next one.
    mutating func reset() {
        head.fields.removeAll(keepingCapacity: true)
        head.body = 0..<0
        head.chunks = nil
        head.expectsContinue = false
        head.hasAuthorization = false
        stage = .requestLine
        lineStart = 0
        scanned = 0
        framing = Framing()
    }

    /// Reads the request line; false: it is not complete yet. Method, path and query are known then.
    mutating func readRequestLine(_ bytes: Span<UInt8>) throws(RequestRefusal) -> Bool {
        guard stage == .requestLine else { return true }
        // One empty line may stand before a request (section 2.2).
        if lineStart == 0, bytes.count >= 2, bytes[0] == RequestGrammar.carriageReturn,
            bytes[1] == RequestGrammar.lineFeed
        {
            lineStart = 2
            scanned = 2
        }
        guard let end = try lineEnd(bytes) else {
            if scanned - lineStart > limits.requestLine { throw RequestRefusal(414, "the request line is too long") }
            return false
        }
        if end - lineStart > limits.requestLine { throw RequestRefusal(414, "the request line is too long") }
        try RequestLine.read(bytes, lineStart..<end, into: &head, targets: limits.targets)
        stage = .fields
        lineStart = scanned
        fieldsStart = scanned
        return true
    }

    /// Reads the fields and waits for the body; false: the request is not complete yet.
    mutating func readRest(_ bytes: Span<UInt8>) throws(RequestRefusal) -> Bool {
        while stage == .fields {
            guard let end = try lineEnd(bytes) else {
                try checkFieldSection()
                return false
            }
            try checkFieldSection()
            if end == lineStart {
                try endFields()
            } else {
                try readField(bytes, lineStart..<end)
                lineStart = scanned
            }
        }
        guard stage == .chunks else { return bytes.count >= head.body.upperBound }
        guard try chunks.read(bytes, limits) else { return false }
        head.chunks = chunks.data
        return true
    }

    /// Reads both; false: the request is not complete yet.
    mutating func read(_ bytes: Span<UInt8>) throws(RequestRefusal) -> Bool {
        guard try readRequestLine(bytes) else { return false }
        return try readRest(bytes)
    }

    private func checkFieldSection() throws(RequestRefusal) {
        if scanned - fieldsStart > limits.fieldSection { throw RequestRefusal(431, "the header section is too large") }
    }

    private mutating func endFields() throws(RequestRefusal) {
        let (body, expectsContinue) = try framing.finish(head, limit: limits.body)
        head.keepsAlive = framing.close ? false : head.isHTTP11 || framing.keepAlive
        head.expectsContinue = expectsContinue
        head.hasAuthorization = framing.hasAuthorization
        switch body {
        case .length(let length):
            head.body = scanned..<scanned + length
            stage = .body
        case .chunked:
            head.body = scanned..<scanned
            head.chunks = []
            chunks = ChunkReader(at: scanned)
            stage = .chunks
        }
    }

    private mutating func readField(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(RequestRefusal) {
        if head.fields.count == limits.fields { throw RequestRefusal(431, "there are too many fields") }
        let field = try Self.split(bytes, line)
        try framing.note(bytes, field)
        head.fields.append(field)
    }

    static func split(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(RequestRefusal) -> RequestHead.Field {
        var colon = line.lowerBound
        let tokens = RequestGrammar.isToken
        while colon < line.upperBound, tokens[Int(bytes[colon])] { colon += 1 }
        guard colon < line.upperBound, colon > line.lowerBound, bytes[colon] == UInt8(ascii: ":") else {
            let first = bytes[line.lowerBound]
            let folded = first == RequestGrammar.space || first == RequestGrammar.tab
            throw .bad(folded ? "a field is folded over two lines" : "a line of the header is not a name and a colon")
        }
        var start = colon + 1
        var end = line.upperBound
        while start < end, bytes[start] == RequestGrammar.space || bytes[start] == RequestGrammar.tab { start += 1 }
        while end > start, bytes[end - 1] == RequestGrammar.space || bytes[end - 1] == RequestGrammar.tab { end -= 1 }
        return RequestHead.Field(name: line.lowerBound..<colon, value: start..<end)
    }

    private mutating func lineEnd(_ bytes: Span<UInt8>) throws(RequestRefusal) -> Int? {
        try RequestGrammar.lineEnd(bytes, from: &scanned, of: "header")
    }
}

/// Takes a request line apart (RFC 9112, section 3).
enum RequestLine {
    static func read(
        _ bytes: Span<UInt8>, _ line: Range<Int>, into head: inout RequestHead, targets: TargetGrammar = .uri
    ) throws(RequestRefusal) {
        let afterMethod = word(bytes, line)
        let afterTarget = word(bytes, min(afterMethod + 1, line.upperBound)..<line.upperBound)
        guard afterMethod < line.upperBound, afterTarget < line.upperBound else {
            throw .bad("the request line is not a method, a target and a version")
        }
        head.isHTTP11 = try version(bytes, afterTarget + 1..<line.upperBound)
        head.method = try method(bytes, line.lowerBound..<afterMethod)
        try target(bytes, afterMethod + 1..<afterTarget, targets, into: &head)
    }

    /// The end of the word at the start of the range: a space, or the range's end.
    private static func word(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        var end = range.lowerBound
        while end < range.upperBound, bytes[end] != RequestGrammar.space { end += 1 }
        return end
    }

    private static func version(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(RequestRefusal) -> Bool {
        if equals(bytes, range, "HTTP/1.1") { return true }
        if equals(bytes, range, "HTTP/1.0") { return false }
        let digits = range.count == 8 && equals(bytes, range.lowerBound..<range.lowerBound + 5, "HTTP/")
        throw digits
            ? RequestRefusal(505, "the version is not HTTP/1.1 or HTTP/1.0")
            : .bad("the request line does not end with a version")
    }

    private static func method(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(RequestRefusal) -> RequestMethod {
        for method in RequestMethod.allCases where equals(bytes, range, method.rawValue) { return method }
        let tokens = RequestGrammar.isToken
        for index in range where !tokens[Int(bytes[index])] { throw .bad("the method is not a token") }
        if range.isEmpty { throw .bad("there is no method") }
        throw RequestRefusal(501, "the method is not known")
    }

    private static func target(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ targets: TargetGrammar, into head: inout RequestHead
    ) throws(RequestRefusal) {
        guard !range.isEmpty, bytes[range.lowerBound] == UInt8(ascii: "/") else {
            throw .bad("the target does not start with a slash")
        }
        let allowed = targets == .uri ? RequestGrammar.isTarget : RequestGrammar.isVisible
        var question: Int?
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%"), targets == .uri {
                guard index + 2 < range.upperBound, RequestGrammar.hexadecimalValue(bytes[index + 1]) != nil,
                    RequestGrammar.hexadecimalValue(bytes[index + 2]) != nil
                else { throw .bad("the target holds a `%` without two hexadecimal digits") }
                index += 3
                continue
            }
            guard allowed[Int(byte)] else { throw .bad("the target holds a byte that must be percent-encoded") }
            if byte == UInt8(ascii: "?"), question == nil { question = index }
            index += 1
        }
        head.path = range.lowerBound..<(question ?? range.upperBound)
        head.query = question.map { $0 + 1..<range.upperBound } ?? range.upperBound..<range.upperBound
    }

    static func equals(_ bytes: Span<UInt8>, _ range: Range<Int>, _ text: String) -> Bool {
        guard range.count == text.utf8.count else { return false }
        var text = text
        return text.withUTF8 { text in
            for place in text.indices where bytes[range.lowerBound + place] != text[place] { return false }
            return true
        }
    }
}

/// What a connection of HTTP has received, with the reader that is at work on it.
struct RequestInput: ~Copyable {
    private var received = ReceivedBytes()
    private var reader: StrictRequestReader

    init(limits: StrictRequestReader.Limits) { reader = StrictRequestReader(limits: limits) }

    var isEmpty: Bool { received.isEmpty }
    /// What is known of the request that is being read.
    var head: RequestHead { reader.head }
    /// What is not read yet, from the beginning of that request on.
    var span: Span<UInt8> { @_lifetime(borrow self) get { received.span } }

    /// Whether the body of that request is waited for, and nothing of it has come.
    var waitsForBody: Bool { reader.isInBody && received.count == reader.head.body.lowerBound }
    var isInBody: Bool { reader.isInBody }

    mutating func append(_ bytes: Span<UInt8>) { received.append(bytes) }

    /// Overwrites what was received.
    mutating func wipe() { received.wipe() }

    /// Reads the request line; false: it is not complete yet.
    mutating func readRequestLine() throws(RequestRefusal) -> Bool { try reader.readRequestLine(of: received) }

    /// Reads the rest, and takes the request out; nil: it is not complete yet.
    ///
    /// - Parameter bodyLimit: most bytes of its body.
    mutating func readRest(bodyLimit: Int) throws(RequestRefusal) -> StrictRequest? {
        reader.limits.body = bodyLimit
        guard try reader.readRest(of: received) else { return nil }
        let request = StrictRequest(received.span, reader.head)
        received.discard(reader.end)
        reader.reset()
        return request
    }
}

extension StrictRequestReader {
    // Lends what was received as a whole: a span of one part of a value would lend all of it.
    fileprivate mutating func readRequestLine(of received: borrowing ReceivedBytes) throws(RequestRefusal) -> Bool {
        try readRequestLine(received.span)
    }

    fileprivate mutating func readRest(of received: borrowing ReceivedBytes) throws(RequestRefusal) -> Bool {
        try readRest(received.span)
    }
}

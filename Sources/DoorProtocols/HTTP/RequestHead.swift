/// The methods that the strict reader lets through. Others are 501 (RFC 9110, section 9.1).
enum RequestMethod: String, Sendable, CaseIterable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
    case options = "OPTIONS"
    case patch = "PATCH"
}

/// What the strict reader found. Every range counts from the first byte of the request.
struct RequestHead: Sendable {
    struct Field: Sendable {
        let name: Range<Int>
        /// Without the white space around it.
        let value: Range<Int>
    }

    var method = RequestMethod.get
    var path = 0..<0
    /// Without the question mark; empty where there is none.
    var query = 0..<0
    var isHTTP11 = true
    var fields: [Field] = []
    /// As one piece; of a body in chunks it is where the first of them begins, until they are put together.
    var body = 0..<0
    /// Where the data of a body in chunks is (RFC 9112, section 7.1); nil for a body of a known length.
    var chunks: [Range<Int>]?
    /// Whether the client waits to be told that its body is wanted (RFC 9110, section 10.1.1).
    var expectsContinue = false
    /// Whether there is an `Authorization`.
    var hasAuthorization = false
    /// Whether the client wants the connection to stay.
    var keepsAlive = true

    /// Whether a password may be in it.
    var mayHoldSecret: Bool { hasAuthorization || !body.isEmpty }

    /// Where the value of a field is, nil without one.
    ///
    /// - Throws: a refusal where the field is there more than once: readers differ about which of them counts.
    func field(_ name: FieldName, in bytes: Span<UInt8>) throws(RequestRefusal) -> Range<Int>? {
        var found: Range<Int>?
        for field in fields where name.matches(bytes, field.name) {
            if found != nil { throw .bad("the field `\(name.text)` is given more than once") }
            found = field.value
        }
        return found
    }
}

/// The name of a field, in small letters, for comparing without regard to case (RFC 9110, section 5.1).
struct FieldName: Sendable {
    let text: String
    private let bytes: [UInt8]

    init(_ text: String) {
        self.text = text
        bytes = text.utf8.map(RequestGrammar.lowercased)
    }

    func matches(_ span: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count == bytes.count else { return false }
        for (index, byte) in bytes.enumerated()
        where RequestGrammar.lowercased(span[range.lowerBound + index]) != byte {
            return false
        }
        return true
    }

    static let authorization = FieldName("authorization")
    static let contentType = FieldName("content-type")
    static let cookie = FieldName("cookie")
    static let host = FieldName("host")
    static let originalMethod = FieldName("x-original-method")
    static let originalURI = FieldName("x-original-uri")
    static let realAddress = FieldName("x-real-ip")
}

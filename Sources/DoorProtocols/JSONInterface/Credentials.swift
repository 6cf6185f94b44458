import AuthCore

/// What a request presents to be recognised.
enum Credentials {
    case session(SessionID)
    /// HTTP Basic (RFC 7617): the user and the password.
    case basic(user: String, password: Secret)
    /// Nothing that this door understands.
    case none

    private static let sessionScheme = FieldName("session")
    private static let basicScheme = FieldName("basic")

    /// Reads `Authorization: Session` or `Authorization: Basic`, else the session cookie.
    ///
    /// An `Authorization` of another scheme belongs to the application behind the proxy and is passed over. One of
    /// ours that is malformed is no credential, and neither is a cookie beside it.
    static func read(_ request: StrictRequest, cookie: CookieName) throws(RequestRefusal) -> Credentials {
        if let value = try request.field(.authorization) {
            let span = request.span
            var end = value.lowerBound
            while end < value.upperBound, span[end] != RequestGrammar.space { end += 1 }
            let scheme = value.lowerBound..<end
            let rest = min(end + 1, value.upperBound)..<value.upperBound
            if sessionScheme.matches(span, scheme) { return session(span, rest) }
            if basicScheme.matches(span, scheme) { return basic(span, rest) }
        }
        guard let value = try request.field(.cookie) else { return .none }
        let span = request.span
        guard let range = cookie.find(span, value) else { return .none }
        return session(span, range)
    }

    private static func session(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Credentials {
        SessionText.read(bytes, range).map { .session($0) } ?? .none
    }

    private static func basic(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Credentials {
        guard let decoded = Base64.decodeSecret(bytes, range), let colon = decoded.firstIndex(of: UInt8(ascii: ":")),
            let user = decoded.withBytes(0..<colon, { String(utf8: $0.span) })
        else { return .none }
        return .basic(user: user, password: decoded.secret(colon + 1..<decoded.count))
    }
}

/// Reads session names where they stand, without copying them.
enum SessionText {
    /// Reads 32 lower-case hexadecimal digits; nil for anything else.
    static func read(_ bytes: Span<UInt8>, _ range: Range<Int>) -> SessionID? {
        guard range.count == 32, let high = word(bytes, range.lowerBound),
            let low = word(bytes, range.lowerBound + 16)
        else { return nil }
        return SessionID(high: high, low: low)
    }

    private static func word(_ bytes: Span<UInt8>, _ start: Int) -> UInt64? {
        var word: UInt64 = 0
        for index in start..<start + 16 {
            switch bytes[index] {
            case let digit where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit):
                word = word << 4 | UInt64(digit - UInt8(ascii: "0"))
            case let letter where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(letter):
                word = word << 4 | UInt64(letter - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return word
    }
}

/// The name of a cookie, compared exactly (RFC 6265, section 5.4).
struct CookieName: Sendable {
    private let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }

    /// Finds the value; nil without one, and also with two of the name, since a stranger may have added one of them.
    func find(_ span: Span<UInt8>, _ field: Range<Int>) -> Range<Int>? {
        var found: Range<Int>?
        var start = field.lowerBound
        while start < field.upperBound {
            var end = start
            while end < field.upperBound, span[end] != UInt8(ascii: ";") { end += 1 }
            if let value = value(span, start..<end) {
                if found != nil { return nil }
                found = value
            }
            start = end + 1
            while start < field.upperBound, span[start] == RequestGrammar.space { start += 1 }
        }
        return found
    }

    private func value(_ span: Span<UInt8>, _ pair: Range<Int>) -> Range<Int>? {
        guard pair.count > bytes.count, span[pair.lowerBound + bytes.count] == UInt8(ascii: "=") else { return nil }
        for (index, byte) in bytes.enumerated() where span[pair.lowerBound + index] != byte { return nil }
        return pair.lowerBound + bytes.count + 1..<pair.upperBound
    }
}

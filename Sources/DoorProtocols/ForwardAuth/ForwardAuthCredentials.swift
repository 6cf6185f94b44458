import AuthCore
import JSONReading

/// What a held-back request presents to be recognised.
enum ForwardAuthCredentials {
    case session(SessionID, isInAuthorization: Bool)
    case password(user: String, Secret)
    /// Something in `Authorization` that is meant for authhost and is malformed.
    case unusable
    case none

    /// Whether there is anything to ask the host about.
    var arePresent: Bool {
        switch self {
        case .session, .password: true
        case .unusable, .none: false
        }
    }

    /// Whether a program has made them, rather than a browser that kept a cookie.
    var areInAuthorization: Bool {
        switch self {
        case .session(_, let isInAuthorization): isInAuthorization
        case .password, .unusable: true
        case .none: false
        }
    }

    private static let sessionScheme = FieldName("session")
    private static let basicScheme = FieldName("basic")
    private static let bearerScheme = FieldName("bearer")

    /// Reads `Authorization`, else the session cookie.
    static func read(
        _ request: StrictRequest, cookie: CookieName, bearer: ForwardAuthHandler.BearerUse
    ) throws(RequestRefusal) -> ForwardAuthCredentials {
        if bearer != .none, let token = try self.bearer(request) {
            let span = request.span
            if let session = SessionText.read(span, token) { return .session(session, isInAuthorization: true) }
            if bearer == .token {
                guard let user = TokenSubject.read(span.extracting(token)) else { return .unusable }
                return .password(user: user, request.secret(token))
            }
        }
        switch try Credentials.read(request, cookie: cookie) {
        case .session(let session):
            return .session(session, isInAuthorization: try has(sessionScheme, request))
        case .basic(let user, let password): return .password(user: user, password)
        case .none:
            let isBasic = try has(basicScheme, request)
            let isSession = try has(sessionScheme, request)
            return isBasic || isSession ? .unusable : .none
        }
    }

    /// The token behind `Bearer`; nil for another scheme or none.
    private static func bearer(_ request: StrictRequest) throws(RequestRefusal) -> Range<Int>? {
        guard try has(bearerScheme, request), let value = try request.field(.authorization) else { return nil }
        return min(value.lowerBound + bearerScheme.text.utf8.count + 1, value.upperBound)..<value.upperBound
    }

    private static func has(_ scheme: FieldName, _ request: StrictRequest) throws(RequestRefusal) -> Bool {
        guard let value = try request.field(.authorization) else { return false }
        let end = value.lowerBound + scheme.text.utf8.count
        let span = request.span
        guard end <= value.upperBound, end == value.upperBound || span[end] == RequestGrammar.space else {
            return false
        }
        return scheme.matches(span, value.lowerBound..<end)
    }
}

/// The user that a JSON Web Token says it is for. Nothing is checked here: the module that gets the token as a password does that.
enum TokenSubject {
    /// The claim `sub` of a token in compact form (RFC 7515, section 7.1); nil for any other text.
    static func read(_ token: Span<UInt8>) -> String? {
        let dots = token.indices.filter { token[$0] == UInt8(ascii: ".") }
        guard dots.count == 2, token.count <= 4096 else { return nil }
        // The claims alone are no secret: what makes a password of them is the signature.
        var text = token.copied(dots[0] + 1..<dots[1]).map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): 0
            default: byte
            }
        }
        while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
        guard let json = Base64.decode(text.span, text.indices) else { return nil }
        let claims = try? JSONReader.read(json, as: "token") { node throws(JSONFault) in
            try node.members { member throws(JSONFault) in member.withText { String(decoding: $0, as: UTF8.self) } }
        }
        return claims?["sub"] ?? nil
    }
}

import AuthCore

/// What a door answers to one request, before it becomes bytes of any protocol version.
struct Reply: Sendable {
    enum Content: Sendable {
        case none
        case json([UInt8])
        /// Text of the given media type.
        case text(String, type: String)
        /// What comes in pieces, as the client takes them.
        case stream(ReplyStream)
    }

    struct Field: Sendable {
        /// In small letters.
        let name: String
        /// Printable ASCII.
        let value: String
    }

    var status: Int
    /// Goes out as `x-auth-verdict`.
    var verdict: Verdict?
    /// Goes out as `x-auth-reason`. Not set for refused log-ins: a guesser must not learn which half was wrong.
    var reason: Reason?
    /// Goes out as `x-auth-decision-id`: which decision the reply tells; none where no question was asked.
    var decision = DecisionID.none
    var fields: [Field] = []
    var content = Content.none

    init(_ status: Int, verdict: Verdict? = nil, reason: Reason? = nil) {
        self.status = status
        self.verdict = verdict
        self.reason = reason
    }

    init(_ status: Int, json: some Encodable) {
        self.init(status)
        content = .json(JSON.encode(json))
    }

    /// A JSON object of texts, by their names in their order, and of attributes, where there are any.
    init(_ status: Int, texts: KeyValuePairs<StaticString, String>, attributes: [AuthCore.Field]) {
        self.init(status)
        content = .json(JSON.encode(texts: texts, attributes))
    }

    init(_ refusal: RequestRefusal) {
        self.init(refusal.status, json: ErrorBody(error: refusal.code, detail: refusal.detail))
    }

    var isStream: Bool { if case .stream = content { true } else { false } }

    func adding(_ name: String, _ value: String) -> Reply {
        var reply = self
        reply.fields.append(Field(name: name, value: value))
        return reply
    }
}

/// One step on the way from a request to its reply: pure, so that each protocol reader can walk it in its own way.
enum Step: Sendable {
    case reply(Reply)
    /// Ask the host, and go on with its answer.
    case ask(Question, then: @Sendable (Answer) -> Step)
    /// Ask the host many checks of one session, and go on with the answers in their order.
    case askAll([Check], SessionID, then: @Sendable ([Answer]) -> Step)
    /// Ask whether a user may use an HTTP realm, and go on with the answer.
    case askRealm(@Sendable () -> Outcome, then: @Sendable (Answer) -> Step)
    /// Do something that may take a while, where no event loop waits for it.
    case work(@Sendable () -> Reply)
    /// Begin something that gives the reply once, on any thread.
    case begin(@Sendable (@escaping @Sendable (Reply) -> Void) -> Void)
    /// Go on behind an answer that had to be waited for.
    indirect case decided(DecisionID, Step)

    /// Walks as far as can be gone at once. Must be called on an event loop.
    ///
    /// - Parameter decision: which decision the reply will tell, as far as is known: the last, but for log-outs behind it.
    func walk(asking host: some QuestionAnswering, _ decision: inout DecisionID) -> Walk {
        var step = self
        while true {
            switch step {
            case .reply(var reply):
                reply.decision = decision
                return .arrived(reply)
            case .ask(let question, let next):
                let isLogOut = if case .logout = question { true } else { false }
                switch host.ask(question) {
                case .decided(let answer):
                    if !isLogOut || decision.isNone { decision = answer.decision }
                    step = next(answer)
                case .delayed(let ticket): return .waiting(PendingStep(ticket, next))
                }
            case .askRealm(let ask, let next):
                switch ask() {
                case .decided(let answer):
                    decision = answer.decision
                    step = next(answer)
                case .delayed(let ticket): return .waiting(PendingStep(ticket, next))
                }
            case .decided(let id, let next):
                decision = id
                step = next
            case .work(let body): return .waiting(PendingStep(body))
            case .begin(let body): return .waiting(PendingStep(body))
            case .askAll(let checks, let session, let next):
                let gathering = GatheredAnswers(host.ask(checks, session: session))
                guard let answers = gathering.complete else { return .waiting(PendingStep(gathering, next)) }
                step = next(answers)
            }
        }
    }
}

/// Which HTTP status an answer becomes: the table of `docs/http-api.md`.
enum VerdictStatus {
    /// Of an answer that is not "yes", or of a query whose answer is its status.
    static func of(_ answer: Answer) -> Int {
        switch answer.verdict {
        case .allow: 200
        case .deny where answer.reason == .unknownSession: 401
        case .deny: 403
        case .wrongCredentials: 401
        case .overLimit: 429
        case .ejected: 401
        case .undecided: 503
        }
    }

    /// What nginx understands: 2xx, 401, 403, and everything else is its own error 500.
    static func forwarded(_ answer: Answer) -> Int {
        switch of(answer) {
        case 200: 204
        case 429: 403
        case let status: status
        }
    }

    /// What a client is told in words: the module's own, else as little as helps.
    static func detail(_ answer: Answer) -> String {
        if let text = answer.clientText { return text }
        switch answer.verdict {
        case .allow: return "allowed"
        case .deny where answer.reason == .unknownSession: return "there is no such session"
        case .deny: return "not permitted"
        case .wrongCredentials: return "the user name or the password is wrong"
        case .overLimit: return "a limit on sessions is reached (\(answer.reason.rawValue))"
        case .ejected: return "the session was ended"
        case .undecided: return "could not decide (\(answer.reason.rawValue)); try again later"
        }
    }
}

/// Writes replies as HTTP/1.1 bytes (RFC 9112, section 4), without making any string on the way.
struct ReplyWriter {
    var date = HTTPDate()

    /// Appends a reply.
    ///
    /// - Parameters:
    ///   - seconds: when, since 1970.
    ///   - isHTTP11: of the request; a client of HTTP/1.0 is told when its connection stays.
    ///   - keepsAlive: whether the connection stays open behind this reply.
    ///   - withoutContent: for HEAD, whose replies end with their header.
    ///   - trace: the value of the request's `traceparent`, which goes back as it came.
    mutating func write(
        _ reply: Reply, to out: inout OutgoingBytes, at seconds: Int64, isHTTP11: Bool, keepsAlive: Bool,
        withoutContent: Bool, trace: [UInt8]? = nil
    ) {
        out.write(Self.statusLine(reply.status))
        out.write(date.line(at: seconds))
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
        case 202: "HTTP/1.1 202 Accepted\r\n"
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

import AuthCore
import JSONReading

extension Endpoints {
    /// `GET /v1/check?action=…&object=…` with `Authorization: Session …`: the answer is the status, without a body.
    func checkQuery(_ request: StrictRequest, _ peer: DoorPeer) throws(RequestRefusal) -> Step {
        let query = try CheckQuery(request)
        guard case .session(let session) = try Credentials.read(request, cookie: cookie) else {
            return .reply(Reply(401).adding("www-authenticate", sessionChallenge))
        }
        switch query.name {
        case .failure: return .reply(Reply(403, verdict: .deny, reason: .invalidName))
        case .success(let name):
            // A query without fields needs nothing remembered: the closure captures the challenge alone.
            var check = Check(query.action, name)
            check.attributes = attributes(request, peer)
            return .ask(.check(session, check)) { [sessionChallenge] answer in
                .reply(Self.reply(toQuery: answer, about: name, sessionChallenge))
            }
        }
    }

    func reply(toQuery answer: Answer, about name: ObjectName) -> Reply {
        Self.reply(toQuery: answer, about: name, sessionChallenge)
    }

    private static func reply(toQuery answer: Answer, about name: ObjectName, _ challenge: String) -> Reply {
        var reply = Reply(VerdictStatus.of(answer), verdict: answer.verdict, reason: answer.reason)
        if let mapped = answer.mappedName, mapped != name {
            reply = reply.adding("x-auth-object", PercentEncoding.encode(mapped.bytes))
        }
        return reply.status == 401 ? reply.adding("www-authenticate", challenge) : reply
    }

    /// `POST /v1/check`
    func check(_ request: StrictRequest, _ peer: DoorPeer) throws(RequestRefusal) -> Step {
        let body = try JSON.decode(CheckBody.self, request)
        let session = try Self.session(body.session)
        switch try body.item.check() {
        case .failure(let error): return .reply(Reply(200, json: CheckResult(error)))
        case .success(var check):
            check.attributes = attributes(request, peer)
            return .ask(.check(session, check)) { answer in .reply(reply(toCheck: answer)) }
        }
    }

    func reply(toCheck answer: Answer) -> Reply {
        switch VerdictStatus.of(answer) {
        case 200, 403: Reply(200, json: CheckResult(answer))
        default: refused(answer)
        }
    }

    /// Most checks of one batch.
    static let maximumChecks = 1000

    /// `POST /v1/checks`
    func checks(_ request: StrictRequest, _ peer: DoorPeer) throws(RequestRefusal) -> Step {
        let body = try JSON.decode(ChecksBody.self, request, within: .large)
        let session = try Self.session(body.session)
        if body.checks.count > Self.maximumChecks { throw .bad("there are more than \(Self.maximumChecks) checks") }
        var results: [CheckResult?] = []
        var asked: [Check] = []
        let attributes = attributes(request, peer)
        for item in body.checks {
            switch try item.check() {
            case .success(var check):
                check.attributes = attributes
                asked.append(check)
                results.append(nil)
            case .failure(let error): results.append(CheckResult(error))
            }
        }
        return .askAll(asked, session) { [results] answers in
            var rest = answers[...]
            let complete = results.compactMap { $0 ?? rest.popFirst().map(CheckResult.init) }
            guard complete.count == results.count else {
                return .reply(refused(Answer(.undecided, .brokenAnswer)))
            }
            return .reply(Reply(200, json: ChecksResult(answers: complete)))
        }
    }
}

/// The query of `GET /v1/check`.
struct CheckQuery {
    let action: Check.Action
    let name: Result<ObjectName, NameError>

    /// Reads exactly one `action` and one `object`, percent-encoded.
    init(_ request: StrictRequest) throws(RequestRefusal) {
        let span = request.span
        let query = request.head.query
        var action: Check.Action?
        var object: Result<ObjectName, NameError>?
        var start = query.lowerBound
        while start < query.upperBound {
            var end = start
            while end < query.upperBound, span[end] != UInt8(ascii: "&") { end += 1 }
            var equals = start
            while equals < end, span[equals] != UInt8(ascii: "=") { equals += 1 }
            let name = start..<equals
            let value = min(equals + 1, end)..<end
            if action == nil, RequestLine.equals(span, name, "action") {
                action = try Self.action(span, value)
            } else if object == nil, RequestLine.equals(span, name, "object") {
                object = try Self.object(span, value)
            } else {
                throw .bad("the query holds something besides one `action` and one `object`")
            }
            start = end + 1
        }
        guard let action, let object else { throw .bad("the query must hold an `action` and an `object`") }
        self.action = action
        name = object
    }

    private static func action(_ span: Span<UInt8>, _ value: Range<Int>) throws(RequestRefusal) -> Check.Action {
        // Without the list of them, which would be made anew each time.
        if RequestLine.equals(span, value, "read") { return .read }
        if RequestLine.equals(span, value, "write") { return .write }
        if RequestLine.equals(span, value, "create") { return .create }
        throw .bad("the action must be `read`, `write` or `create`")
    }

    /// A plus is a space to some programs and a plus to others, so it must be written as `%2B` or `%20`.
    private static func object(_ span: Span<UInt8>, _ value: Range<Int>) throws(RequestRefusal)
        -> Result<ObjectName, NameError>
    {
        var isEncoded = false
        for index in value {
            if span[index] == UInt8(ascii: "+") {
                throw .bad("the object holds a plus; write `%2B` for a plus and `%20` for a space")
            }
            if span[index] == UInt8(ascii: "%") { isEncoded = true }
        }
        let decoded = isEncoded ? PercentEncoding.decode(span, value) : []
        guard let decoded else { throw .bad("the object is not percent-encoded") }
        do throws(NameError) {
            return .success(isEncoded ? try ObjectName(decoded) : try ObjectName(span.extracting(value)))
        } catch {
            return .failure(error)
        }
    }
}

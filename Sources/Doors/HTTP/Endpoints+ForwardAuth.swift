import AuthCore

/// `/auth`: the question of nginx's `auth_request`. Replies never have a body: a body costs nginx a new connection
/// each time.
extension Endpoints {
    func forwardAuth(_ request: StrictRequest, _ peer: Peer) throws(RequestRefusal) -> Step {
        let forwarded = try ForwardedRequest(request)
        let credentials = try Credentials.read(request, cookie: cookie)
        if case .none = credentials { return .reply(challenge(Reply(401))) }
        guard let check = forwarded.check(template) else {
            return .reply(Reply(403, verdict: .deny, reason: .invalidName))
        }
        switch credentials {
        case .none: return .reply(challenge(Reply(401)))
        case .session(let session): return ask(check, session, user: nil)
        case .basic(let user, let password):
            let address = try peer.clientAddress(request)
            guard let login = try? Login(user: user, password: password, address: address, door: HTTPDoor.name) else {
                return .reply(challenge(Reply(401, verdict: .wrongCredentials)))
            }
            return .ask(.authenticate(login)) { answer in
                guard answer.verdict == .allow, let session = answer.session else { return .reply(refusal(answer)) }
                return ask(check, session, user: answer.user ?? user, isOneUse: answer.isOneUse)
            }
        }
    }

    /// - Parameter isOneUse: whether the session was opened for this question alone, and ends with it.
    private func ask(_ check: Check, _ session: SessionID, user: String?, isOneUse: Bool = false) -> Step {
        .ask(.check(session, check)) { answer in
            let reply = reply(to: answer, check, user: user)
            return isOneUse ? .ask(.logout(session)) { _ in .reply(reply) } : .reply(reply)
        }
    }

    private func reply(to answer: Answer, _ check: Check, user: String?) -> Reply {
        guard answer.verdict == .allow else { return refusal(answer, isCheck: true) }
        var reply = Reply(204, verdict: .allow, reason: answer.reason)
        if let user = answer.user ?? user {
            reply = reply.adding("x-auth-user", PercentEncoding.encode(user.utf8))
        }
        if let mapped = answer.mappedName, mapped != check.name {
            reply = reply.adding("x-auth-object", PercentEncoding.encode(mapped.bytes))
        }
        return reply
    }

    /// - Parameter isCheck: whether the reason may be told; why a login failed must not be.
    private func refusal(_ answer: Answer, isCheck: Bool = false) -> Reply {
        // "Allowed" without a session is a broken answer.
        let status = answer.verdict == .allow ? 503 : VerdictStatus.forwarded(answer)
        let verdict = answer.verdict == .allow ? .undecided : answer.verdict
        let reply = Reply(status, verdict: verdict, reason: isCheck ? answer.reason : nil)
        return status == 401 ? challenge(reply) : reply
    }

    private func challenge(_ reply: Reply) -> Reply { reply.adding("www-authenticate", basicChallenge) }
}

/// What the proxy says about the request it holds back.
struct ForwardedRequest {
    private let uri: [UInt8]
    private let method: [UInt8]
    private let host: [UInt8]

    /// - Throws: a refusal where the proxy is not set up to send both `X-Original-URI` and `X-Original-Method`.
    init(_ request: StrictRequest) throws(RequestRefusal) {
        guard let uri = try request.field(.originalURI) else { throw .bad("the field `x-original-uri` is missing") }
        guard let method = try request.field(.originalMethod) else {
            throw .bad("the field `x-original-method` is missing")
        }
        self.uri = request.copy(uri)
        self.method = request.copy(method)
        host = try request.field(.host).map { request.copy($0) } ?? []
    }

    /// Reading is what the safe methods of RFC 9110, section 9.2.1 do, but TRACE; everything else is writing.
    private var action: Check.Action {
        let safe = ["GET", "HEAD", "OPTIONS"]
        return safe.contains { method.elementsEqual($0.utf8) } ? .read : .write
    }

    /// The host without its port; an IPv6 address keeps its brackets.
    private var hostName: [UInt8] {
        guard let colon = host.lastIndex(of: UInt8(ascii: ":")), host.last != UInt8(ascii: "]") else { return host }
        return Array(host[..<colon])
    }

    /// The question, nil where what was requested has no name that a module may see.
    func check(_ template: ObjectTemplate) -> Check? {
        let end = uri.firstIndex(of: UInt8(ascii: "?")) ?? uri.count
        // A fragment never reaches a server; where one stands, somebody tries something.
        guard uri.first == UInt8(ascii: "/"), !uri[..<end].contains(UInt8(ascii: "#")),
            let path = PercentEncoding.decode(uri.span, 0..<end),
            method.allSatisfy({ RequestGrammar.isToken[Int($0)] }), !method.isEmpty,
            let name = try? template.name(path: path, method: method, host: hostName)
        else { return nil }
        return Check(action, name)
    }
}

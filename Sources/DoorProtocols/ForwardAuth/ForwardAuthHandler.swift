import AuthCore

/// Answers a proxy's question about a request that it holds back, whichever proxy it is.
///
/// Replies never have a body: it would cost nginx a new connection each time, and the other proxies would pass it on.
struct ForwardAuthHandler: Sendable {
    /// What becomes of `Authorization: Bearer`.
    enum BearerUse: String, Sendable, CaseIterable {
        /// It is the application's, and passed over.
        case none
        /// One of 32 hexadecimal digits names a session; any other is the application's.
        case session
        /// Any other is a JSON Web Token, and the password of the user that its claim `sub` names.
        case token
    }

    let door: String
    var applicationID = ""
    let cookie: CookieName
    let template: ObjectTemplate
    /// The fields of an allowing reply that say who it is, in small letters.
    let identityFields: [String]
    /// The fields of an allowing reply that have attributes, in small letters.
    var attributeFields = AttributeNames.none
    /// `WWW-Authenticate` towards clients.
    let challenge: String
    var bearer = BearerUse.none
    /// The path of the log-in page as browsers see it; nil for none.
    var logInPath: String?

    func answer(
        _ proxy: ForwardingProxy, _ request: StrictRequest, _ asker: ForwardAuthAsker
    ) throws(RequestRefusal) -> Step {
        let forwarded = try ForwardedRequest(proxy, request.head, request.span)
        let credentials = try ForwardAuthCredentials.read(request, cookie: cookie, bearer: bearer)
        let client = ForwardAuthClient(
            proxy: proxy, forwarded: forwarded, request: request, mayLogIn: !credentials.areInAuthorization)
        guard credentials.arePresent else { return .reply(challenge(Reply(401), client)) }
        guard var check = forwarded.check(template) else {
            return .reply(Reply(403, verdict: .deny, reason: .invalidName))
        }
        check.attributes = try asker.attributes(request, forwarded)
        switch credentials {
        case .none, .unusable: return .reply(challenge(Reply(401), client))
        case .session(let session, _): return ask(check, session, client, asker.host, user: nil)
        case .password(let user, let password):
            let address = try asker.address(request)
            guard
                var login = try? Login(
                    user: user, password: password, address: address, applicationID: applicationID, door: door)
            else { return .reply(challenge(Reply(401, verdict: .wrongCredentials), client)) }
            login.attributes = check.attributes
            return .ask(.authenticate(login)) { [check] answer in
                guard answer.verdict == .allow, let session = answer.session else {
                    return .reply(refusal(answer, client))
                }
                return ask(
                    check, session, client, asker.host, user: answer.user ?? user, isOneUse: answer.isOneUse)
            }
        }
    }

    /// - Parameter isOneUse: whether the session was opened for this question alone, and ends with it.
    private func ask(
        _ check: Check, _ session: SessionID, _ client: ForwardAuthClient, _ host: any QuestionAnswering,
        user: String?, isOneUse: Bool = false
    ) -> Step {
        .ask(.check(session, check)) { answer in
            let answer = attributeFields.isEmpty ? answer : answer.joined(with: host.describe(session))
            let reply = reply(to: answer, check, client, user: user)
            return isOneUse
                ? .ask(.logout(session, attributes: check.attributes)) { _ in .reply(reply) } : .reply(reply)
        }
    }

    /// What an answer to a check becomes.
    func reply(to answer: Answer, _ check: Check, _ client: ForwardAuthClient, user: String?) -> Reply {
        guard answer.verdict == .allow else { return refusal(answer, client, isCheck: true) }
        // The application could take a client's own field for one that is left out.
        guard let user = answer.user ?? user else { return refusal(Answer(.undecided, .brokenAnswer), client) }
        var reply = Reply(client.proxy == .nginx ? 204 : 200, verdict: .allow, reason: answer.reason)
        // A part of a user's groups would be taken for the whole.
        guard let attributes = attributeFields.values(in: answer.attributes) else {
            return refusal(Answer(.undecided, .brokenAnswer), client, isCheck: true)
        }
        let identity = PercentEncoding.encode(user.utf8)
        for name in identityFields { reply = reply.adding(name, identity) }
        for (name, value) in attributes { reply = reply.adding(name, value) }
        return reply.adding("x-auth-object", PercentEncoding.encode((answer.mappedName ?? check.name).bytes))
    }

    /// What an answer that is not "yes" becomes.
    ///
    /// - Parameter isCheck: whether the reason may be told; why a log-in failed must not be.
    func refusal(_ answer: Answer, _ client: ForwardAuthClient, isCheck: Bool = false) -> Reply {
        // "Allowed" without a session is a broken answer.
        let isBroken = answer.verdict == .allow
        let status =
            isBroken ? 503 : client.proxy == .nginx ? VerdictStatus.forwarded(answer) : VerdictStatus.of(answer)
        let verdict = isBroken ? .undecided : answer.verdict
        let reply = Reply(status, verdict: verdict, reason: isCheck ? answer.reason : nil)
        return status == 401 ? challenge(reply, client) : reply
    }

    /// Asks for credentials: programs with a challenge, browsers with the log-in page, where there is one.
    private func challenge(_ reply: Reply, _ client: ForwardAuthClient) -> Reply {
        guard let logInPath, client.isBrowser else { return reply.adding("www-authenticate", challenge) }
        var place = logInPath
        if let path = client.returnPath { place += "?rd=\(path.queryValue)" }
        if reply.verdict == .ejected { place += place.contains("?") ? "&ended=1" : "?ended=1" }
        switch client.proxy {
        case .nginx:
            // nginx passes no redirect on; its configuration makes one of this field.
            return reply.adding("x-auth-redirect", place)
        case .caddy, .envoy: return reply.redirected(to: place)
        case .traefik:
            // Traefik takes a path without a host for one of the door's.
            guard let origin = client.origin else { return reply.adding("www-authenticate", challenge) }
            return reply.redirected(to: origin + place)
        }
    }
}

extension Answer {
    /// The answer to a check, and behind it what the log-in was answered with. A session that has ended
    /// meanwhile has no answer.
    fileprivate func joined(with session: SessionDescription?) -> Answer {
        guard verdict == .allow else { return self }
        guard let session else { return Answer(.deny, .unknownSession) }
        var answer = self
        answer.attributes += session.attributes
        return answer
    }
}

/// The client behind the proxy, as far as replies depend on it; looked at when a reply needs it.
struct ForwardAuthClient: Sendable {
    let proxy: ForwardingProxy
    let forwarded: ForwardedRequest
    let request: StrictRequest
    /// False for a client whose credentials a program has made.
    let mayLogIn: Bool

    /// Whether it is a browser that may be shown the log-in page.
    var isBrowser: Bool {
        mayLogIn && forwarded.mayShowPage && request.head.acceptsHTML(request.span)
    }

    /// Where it may be led back to; nil where it asks for nothing that has a name, or where that is longer than a query may be.
    var returnPath: ReturnPath? {
        guard let target = forwarded.target, target.bytes.count <= ReturnPath.maximumLength else { return nil }
        return ReturnPath(target)
    }

    /// Scheme and host as the client named them; nil where they are not fit for a redirect.
    var origin: String? {
        let proto = (try? request.field(.forwardedProto)).flatMap { $0 }.map { request.copy($0) } ?? []
        let isHost =
            !forwarded.host.isEmpty
            && forwarded.host.allSatisfy { byte in
                RequestGrammar.isHost[Int(byte)] && !"!$&'()*+,;=%~".utf8.contains(byte)
            }
        guard let scheme = ["https", "http"].first(where: { proto.elementsEqual($0.utf8) }), isHost else { return nil }
        return "\(scheme)://\(String(decoding: forwarded.host, as: UTF8.self))"
    }
}

extension Reply {
    /// The same, as a redirect that nothing keeps.
    fileprivate func redirected(to place: String) -> Reply {
        var reply = self
        reply.status = 302
        return reply.adding("location", place).adding("cache-control", "no-store")
    }
}

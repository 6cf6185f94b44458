import AuthCore

/// Answers a proxy's question about a request that it holds back, whichever proxy it is.
///
/// Replies never have a body: a body costs nginx a new connection each time, and the other proxies give it to the client.
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
    /// `WWW-Authenticate` towards clients.
    let challenge: String
    var bearer = BearerUse.none
    /// The path of the log-in page as browsers see it; nil for none.
    var logInPath: String?

    /// - Parameter address: of the client behind the proxy.
    func answer(
        _ proxy: ForwardingProxy, _ request: StrictRequest, address: () throws(RequestRefusal) -> String
    ) throws(RequestRefusal) -> Step {
        let forwarded = try ForwardedRequest(proxy, request.head, request.span)
        let credentials = try ForwardAuthCredentials.read(request, cookie: cookie, bearer: bearer)
        let client = ForwardAuthClient(
            proxy: proxy, forwarded: forwarded, request: request, mayLogIn: !credentials.areInAuthorization)
        guard credentials.arePresent else { return .reply(challenge(Reply(401), client)) }
        guard let check = forwarded.check(template) else {
            return .reply(Reply(403, verdict: .deny, reason: .invalidName))
        }
        switch credentials {
        case .none, .unusable: return .reply(challenge(Reply(401), client))
        case .session(let session, _): return ask(check, session, client, user: nil)
        case .password(let user, let password):
            let address = try address()
            guard
                let login = try? Login(
                    user: user, password: password, address: address, applicationID: applicationID, door: door)
            else { return .reply(challenge(Reply(401, verdict: .wrongCredentials), client)) }
            return .ask(.authenticate(login)) { answer in
                guard answer.verdict == .allow, let session = answer.session else {
                    return .reply(refusal(answer, client))
                }
                return ask(check, session, client, user: answer.user ?? user, isOneUse: answer.isOneUse)
            }
        }
    }

    /// - Parameter isOneUse: whether the session was opened for this question alone, and ends with it.
    private func ask(
        _ check: Check, _ session: SessionID, _ client: ForwardAuthClient, user: String?, isOneUse: Bool = false
    ) -> Step {
        .ask(.check(session, check)) { answer in
            let reply = reply(to: answer, check, client, user: user)
            return isOneUse ? .ask(.logout(session)) { _ in .reply(reply) } : .reply(reply)
        }
    }

    /// What an answer to a check becomes.
    func reply(to answer: Answer, _ check: Check, _ client: ForwardAuthClient, user: String?) -> Reply {
        guard answer.verdict == .allow else { return refusal(answer, client, isCheck: true) }
        // A field that is left out could be the client's own in the application's eyes.
        guard let user = answer.user ?? user else { return refusal(Answer(.undecided, .brokenAnswer), client) }
        var reply = Reply(client.proxy == .nginx ? 204 : 200, verdict: .allow, reason: answer.reason)
        let identity = PercentEncoding.encode(user.utf8)
        for name in identityFields { reply = reply.adding(name, identity) }
        return reply.adding("x-auth-object", PercentEncoding.encode((answer.mappedName ?? check.name).bytes))
    }

    /// What an answer that is not "yes" becomes.
    ///
    /// - Parameter isCheck: whether the reason may be told; why a login failed must not be.
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

/// The client behind the proxy, as far as replies depend on it; looked at when a reply needs it.
struct ForwardAuthClient: Sendable {
    let proxy: ForwardingProxy
    let forwarded: ForwardedRequest
    let request: StrictRequest
    /// False for a client that has presented credentials of its own making.
    let mayLogIn: Bool

    /// Whether it is a browser that may be shown a page to log in at.
    var isBrowser: Bool {
        mayLogIn && forwarded.mayShowPage && request.head.acceptsHTML(request.span)
    }

    /// Where it may be led back to; nil where it asks for nothing that has a name, or with more bytes than a query holds.
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

import AuthCore

/// The pages that people log in and out at: below one path that the proxy passes on as it is.
///
/// A form is only taken with the token that the browser was given with it, once in the form and once in a cookie that no
/// other site, not even a sibling of the host, can set or read (`__Host-`).
struct ForwardAuthPages: Sendable {
    let door: String
    let applicationID: String
    /// What they have in common: `/login` and `/logout` are below it.
    let path: String
    let title: String
    private let sessionCookie: String
    private let tokenCookie: String
    private let session: CookieName
    private let token: CookieName
    private let challenge: String

    init(door: String, applicationID: String, path: String, title: String, cookie: String) {
        self.door = door
        self.applicationID = applicationID
        self.path = path
        self.title = title
        sessionCookie = cookie
        tokenCookie = cookie + "-form"
        session = CookieName(sessionCookie)
        token = CookieName(tokenCookie)
        challenge = "Session realm=\(Endpoints.quoted(title))"
    }

    var logInPath: String { path + "/login" }
    private var logOutPath: String { path + "/logout" }

    /// Whether there is a page of that path.
    func covers(_ path: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
        RequestLine.equals(bytes, path, logInPath) || RequestLine.equals(bytes, path, logOutPath)
    }

    /// Answers a request for a page; nil where there is none of that path.
    func answer(
        _ request: StrictRequest, _ asker: ForwardAuthAsker
    ) throws(RequestRefusal) -> Step? {
        let span = request.span
        let isLogIn = RequestLine.equals(span, request.head.path, logInPath)
        guard isLogIn || RequestLine.equals(span, request.head.path, logOutPath) else { return nil }
        switch request.head.method {
        case .get, .head:
            let query = try FormFields(span, request.head.query)
            let problem = isLogIn && query["ended"] != nil ? "Your session was ended. Please log in again." : nil
            let purpose: FormPage.Purpose = isLogIn ? .logIn(user: "") : .logOut
            return .reply(show(purpose, 200, request, query["rd"].flatMap { ReturnPath($0) }, problem))
        case .post:
            try Self.checkType(request)
            let form = try FormFields(span, request.head.body)
            return isLogIn ? try logIn(form, request, asker) : try logOut(form, request, asker)
        default:
            return .reply(Reply(RequestRefusal(405, "GET and POST are accepted")).adding("allow", "GET, HEAD, POST"))
        }
    }

    // MARK: - Logging in

    private func logIn(
        _ form: FormFields, _ request: StrictRequest, _ asker: ForwardAuthAsker
    ) throws(RequestRefusal) -> Step {
        guard let userBytes = form["user"], let password = form.secret("password") else {
            throw .bad("the form has no `user` or no `password`")
        }
        let place = form["rd"].flatMap { ReturnPath($0) }
        let user = String(decoding: userBytes, as: UTF8.self)
        guard isOwn(form, request) else { return .reply(stale(.logIn(user: user), request, place)) }
        let address = try asker.address(request)
        guard String(validating: userBytes, as: UTF8.self) != nil,
            var login = try? Login(
                user: user, password: password, address: address, applicationID: applicationID,
                door: door)
        else { return .reply(reply(to: Answer(.wrongCredentials, .invalidUser), user, request, place)) }
        let attributes = try asker.attributes(request, nil)
        login.attributes = attributes
        let logIn = Step.ask(.login(login)) { answer in .reply(reply(to: answer, user, request, place)) }
        // A browser has one session: the one before ends, and takes no place from the one that begins.
        guard let old = presented(session, request).flatMap({ SessionID($0) }) else { return logIn }
        return .ask(.logout(old, attributes: attributes)) { _ in logIn }
    }

    /// What the answer to a log-in becomes.
    func reply(to answer: Answer, _ user: String, _ request: StrictRequest, _ place: ReturnPath?) -> Reply {
        if answer.verdict == .allow, let session = answer.session {
            return Reply(303, verdict: .allow).adding("location", place?.text ?? "/")
                .adding("set-cookie", Self.cookie(sessionCookie, session.hexadecimal))
                .adding("cache-control", "no-store")
        }
        // "Allowed" without a session is a broken answer.
        let isBroken = answer.verdict == .allow
        let status = isBroken ? 503 : VerdictStatus.of(answer)
        var reply = show(.logIn(user: user), status, request, place, Self.sentence(answer))
        reply.verdict = isBroken ? .undecided : answer.verdict
        return status == 401 ? reply.adding("www-authenticate", challenge) : reply
    }

    private static func sentence(_ answer: Answer) -> String {
        if let text = answer.clientText { return text }
        return switch answer.verdict {
        case .wrongCredentials: "The user name or the password is wrong."
        case .overLimit: "You have as many sessions as you may have. Log out elsewhere first."
        case .deny: "You may not log in here."
        case .ejected: "Your session was ended. Please log in again."
        case .undecided, .allow: "It could not be decided whether you may log in. Please try again later."
        }
    }

    // MARK: - Logging out

    private func logOut(
        _ form: FormFields, _ request: StrictRequest, _ asker: ForwardAuthAsker
    ) throws(RequestRefusal) -> Step {
        guard isOwn(form, request) else { return .reply(stale(.logOut, request, nil)) }
        guard let session = presented(session, request).flatMap({ SessionID($0) }) else {
            return .reply(loggedOut(request))
        }
        return .ask(.logout(session, attributes: try asker.attributes(request, nil))) { answer in
            if answer.verdict == .undecided {
                return .reply(
                    show(.logOut, 503, request, nil, "Your session could not be ended. Please try again later."))
            }
            return .reply(loggedOut(request))
        }
    }

    private func loggedOut(_ request: StrictRequest) -> Reply {
        show(.loggedOut, 200, request, nil).adding("set-cookie", Self.cookie(sessionCookie, "", "; Max-Age=0"))
    }

    // MARK: - Forms

    /// Whether the form is one that this browser was given.
    private func isOwn(_ form: FormFields, _ request: StrictRequest) -> Bool {
        guard (try? request.isOfOtherSite) == false, let sent = form["token"], let kept = presented(token, request),
            SessionID(kept) != nil
        else {
            return false
        }
        // In a time that does not depend on where they differ.
        return sent.count == kept.count && zip(sent, kept).reduce(0) { $0 | $1.0 ^ $1.1 } == 0
    }

    private func stale(_ purpose: FormPage.Purpose, _ request: StrictRequest, _ place: ReturnPath?) -> Reply {
        show(purpose, 403, request, place, "This form was too old or was not sent from here. Please try again.")
    }

    private func presented(_ name: CookieName, _ request: StrictRequest) -> [UInt8]? {
        guard let field = (try? request.field(.cookie)).flatMap({ $0 }) else { return nil }
        return name.find(request.span, field).map { request.copy($0) }
    }

    private func show(
        _ purpose: FormPage.Purpose, _ status: Int, _ request: StrictRequest, _ place: ReturnPath?,
        _ problem: String? = nil
    ) -> Reply {
        // A token that the browser has already is kept, so that forms in other windows stay good.
        let kept = presented(token, request).flatMap { SessionID($0) }
        let page = FormPage(
            purpose: purpose, title: title, path: path, token: (kept ?? .random()).hexadecimal, returnPath: place,
            problem: problem)
        let nonce = SessionID.random().hexadecimal
        var reply = Reply(status)
        reply.content = .text(page.html(styleNonce: nonce), type: "text/html; charset=utf-8")
        reply = reply.adding("content-security-policy", FormPage.policy(styleNonce: nonce))
            .adding("x-content-type-options", "nosniff").adding("x-frame-options", "DENY")
            .adding("referrer-policy", "strict-origin")
        return kept == nil ? reply.adding("set-cookie", Self.cookie(tokenCookie, page.token)) : reply
    }

    /// A cookie that goes back to this host alone, over TLS alone, and that no script sees (RFC 6265bis, section 4.1.3).
    private static func cookie(_ name: String, _ value: String, _ more: String = "") -> String {
        "\(name)=\(value); Path=/; Secure; HttpOnly; SameSite=Lax\(more)"
    }

    private static let formType = FieldName("application/x-www-form-urlencoded")

    private static func checkType(_ request: StrictRequest) throws(RequestRefusal) {
        let span = request.span
        guard let value = try request.field(.contentType) else {
            throw RequestRefusal(415, "the body must be `\(formType.text)`")
        }
        var end = value.lowerBound
        while end < value.upperBound, span[end] != UInt8(ascii: ";"), span[end] != RequestGrammar.space { end += 1 }
        guard formType.matches(span, value.lowerBound..<end) else {
            throw RequestRefusal(415, "the body must be `\(formType.text)`")
        }
    }
}

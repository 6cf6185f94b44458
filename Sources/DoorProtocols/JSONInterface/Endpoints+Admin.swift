import AuthCore

extension Route {
    /// What administrators reach, where an HTTP realm that covers the path is configured.
    static let administrative = [
        Route(.get, "/v1/admin/sessions") { (endpoints, request, peer) throws(RequestRefusal) in
            try endpoints.administer(request, peer) { request throws(RequestRefusal) in try .sessions(request) }
        },
        Route(.get, "/v1/admin/status") { (endpoints, request, peer) throws(RequestRefusal) in
            try endpoints.administer(request, peer) { request throws(RequestRefusal) in
                _ = try AdministratorQuery(request, names: [])
                return AdministratorErrand(ControlRequest(.status))
            }
        },
        Route(.get, "/v1/admin/events") { (endpoints, request, peer) throws(RequestRefusal) in
            try endpoints.administer(request, peer) { request throws(RequestRefusal) in try .events(request) }
        },
        Route(.post, "/v1/admin/eject") { (endpoints, request, peer) throws(RequestRefusal) in
            try endpoints.administer(request, peer) { request throws(RequestRefusal) in
                try AdministratorErrand(JSON.decode(AdministratorBody.self, request).request(.eject))
            }
        },
        Route(.post, "/v1/admin/invalidate") { (endpoints, request, peer) throws(RequestRefusal) in
            try endpoints.administer(request, peer) { request throws(RequestRefusal) in
                try AdministratorErrand(JSON.decode(AdministratorBody.self, request).request(.invalidate))
            }
        },
    ]
}

extension AdministratorErrand {
    fileprivate static func sessions(_ request: StrictRequest) throws(RequestRefusal) -> AdministratorErrand {
        let query = try AdministratorQuery(
            request, names: SessionFilter.members.map(\.name) + ["offset", "limit", "cluster"])
        var asked = ControlRequest(.sessions)
        for member in SessionFilter.members { asked.filter[keyPath: member.path] = query[member.name] }
        asked.offset = try query.number("offset").map(Int.init)
        asked.limit = try query.number("limit").map(Int.init)
        asked.cluster = try query.flag("cluster")
        return AdministratorErrand(asked)
    }

    fileprivate static func events(_ request: StrictRequest) throws(RequestRefusal) -> AdministratorErrand {
        let query = try AdministratorQuery(request, names: ["from", "limit"])
        let limit = try query.number("limit") ?? 100
        guard (1...1024).contains(limit) else { throw .bad("`limit` takes a number from 1 to 1024") }
        return AdministratorErrand(eventsFrom: try query.number("from"), limit: Int(limit))
    }
}

/// The administrator's requests: the module alone lets a user in.
extension Endpoints {
    func serves(_ route: Route) -> Bool {
        if route.path.hasPrefix(Self.credentialsPath) { return destinations != nil }
        return !route.path.hasPrefix(Administration.root + "/") || administration?.directory(of: route.path) != nil
    }

    /// Reads the request, asks who sends it and whether the module permits it, and then does it.
    func administer(
        _ request: StrictRequest, _ peer: DoorPeer,
        _ read: (StrictRequest) throws(RequestRefusal) -> AdministratorErrand
    ) throws(RequestRefusal) -> Step {
        let path = String(decoding: request.copy(request.head.path), as: UTF8.self)
        guard let administration, let directory = administration.directory(of: path),
            let name = try? ObjectName(path),
            let object = try? ObjectName("/authhost" + path.dropFirst("/v1".utf8.count))
        else { throw RequestRefusal(404, "there is nothing at this path") }
        try refuseOtherSites(request)
        let challenge = "Basic realm=\(Self.quoted(directory.realm)), charset=\"UTF-8\""
        // A cookie or a session is no credential here: a browser would send the one along unasked.
        guard case .basic(let user, let password) = try Credentials.read(request, cookie: cookie),
            var login = try? Login(
                user: user, password: password, address: peer.clientAddress(request), applicationID: "",
                machineID: "", door: door)
        else { return .reply(unauthenticated(challenge)) }
        let errand = try read(request)
        let attributes = attributes(request, peer)
        login.attributes = attributes
        let method = request.head.method.inDirectory
        return .ask(.authenticate(login)) { [login] answer in
            guard answer.verdict == .allow, let session = answer.session else {
                return .reply(refused(answer, challenge))
            }
            // The name that was typed may stand for another user.
            let administrator = answer.user ?? user
            var asked = RealmRequest(method, path: name, user: administrator, password: login.password)
            asked.attributes = attributes
            return .askRealm({ [asked] in administration.operators.permits(asked, session: session, object: object) }) {
                permitted in
                let next = Self.proceed(
                    permitted, refused(permitted, challenge), errand, administration.operators, administrator)
                return answer.isOneUse ? .ask(.logout(session, attributes: attributes)) { _ in next } : next
            }
        }
    }

    private static func proceed(
        _ permitted: Answer, _ refusal: Reply, _ errand: AdministratorErrand, _ operators: any OperatorAnswering,
        _ user: String
    ) -> Step {
        guard permitted.verdict == .allow else { return .reply(refusal) }
        switch errand.way {
        case .here(let run): return .work { reply(run(operators, user)) }
        case .everywhere(let request):
            return .begin { done in operators.answer(ofCluster: request, for: user) { done(reply($0)) } }
        }
    }

    /// 504 where a host of the cluster has not done it: the body has each of them. 202 where all go on with it. 503 where none
    /// could be asked.
    private static func reply(_ reply: ControlReply) -> Reply {
        let hosts = reply.hosts ?? []
        let done = reply.pending == nil ? 200 : 202
        if reply.ok { return Reply(hosts.contains { $0.error != nil } ? 504 : done, json: reply) }
        return Reply(RequestRefusal(reply.hosts == nil ? 400 : 503, reply.error ?? "refused"))
    }

    /// What a page of another site makes a browser send is refused, credentials that the browser keeps or not.
    private func refuseOtherSites(_ request: StrictRequest) throws(RequestRefusal) {
        if try request.isOfOtherSite { throw RequestRefusal(403, "requests from pages of other sites are refused") }
    }

    private func unauthenticated(_ challenge: String) -> Reply {
        Reply(RequestRefusal(401, "a user name and a password are needed")).adding("www-authenticate", challenge)
    }

    private func refused(_ answer: Answer, _ challenge: String) -> Reply {
        // "Allowed" without a session is a broken answer.
        let answer = answer.verdict == .allow ? Answer(.undecided, .brokenAnswer) : answer
        let status = VerdictStatus.of(answer)
        var reply = Reply(status, json: ErrorBody(answer))
        reply.verdict = answer.verdict
        return status == 401 ? reply.adding("www-authenticate", challenge) : reply
    }
}

extension RequestMethod {
    fileprivate var inDirectory: RealmRequest.Method {
        switch self {
        case .get: .get
        case .head: .head
        case .post: .post
        case .put: .put
        case .delete: .delete
        case .options, .patch: .other
        }
    }
}

import AuthCore
import CResources

extension Endpoints {
    /// `POST /v1/login`
    func login(_ request: StrictRequest, _ peer: DoorPeer) throws(RequestRefusal) -> Step {
        let body = try JSON.decode(LoginBody.self, request)
        let address = try peer.clientAddress(request)
        var login: Login
        do throws(LoginError) {
            login = try Login(
                user: body.user, password: body.password, address: address,
                applicationID: applicationID ?? body.applicationID ?? "", machineID: body.machineID ?? "",
                door: door)
        } catch {
            throw .bad(error.description)
        }
        login.attributes = attributes(request, peer)
        return .ask(.login(login)) { [user = login.user] answer in .reply(reply(toLogin: answer, user: user)) }
    }

    /// - Parameter user: the user that the client named.
    func reply(toLogin answer: Answer, user: String) -> Reply {
        guard answer.verdict == .allow else { return refused(answer) }
        guard let session = answer.session else { return refused(Answer(.undecided, .brokenAnswer)) }
        let (id, user) = (session.hexadecimal, answer.user ?? user)
        guard let decision = answer.decision.text else {
            return Reply(200, texts: ["session": id, "user": user], attributes: answer.attributes)
        }
        return Reply(
            200, texts: ["decision_id": decision, "session": id, "user": user], attributes: answer.attributes)
    }

    /// `POST /v1/logout`
    func logout(_ request: StrictRequest, _ peer: DoorPeer) throws(RequestRefusal) -> Step {
        let session = try Self.session(JSON.decode(LogoutBody.self, request).session)
        return .ask(.logout(session, attributes: attributes(request, peer))) { answer in
            guard answer.verdict == .allow else { return .reply(refused(answer)) }
            return .reply(
                Reply(
                    200,
                    json: LogoutResult(
                        verdict: answer.verdict.rawValue, reason: answer.reason.rawValue,
                        decisionID: answer.decision.text)))
        }
    }

    /// `POST /v1/map`
    func map(_ request: StrictRequest, _ peer: DoorPeer) throws(RequestRefusal) -> Step {
        let body = try JSON.decode(MapBody.self, request)
        let session = try Self.session(body.session)
        let name: ObjectName
        do throws(NameError) {
            name = try ObjectName(body.object)
        } catch {
            throw .bad(error.description)
        }
        return .ask(.map(session, name, attributes: attributes(request, peer))) { answer in
            guard answer.verdict == .allow else { return .reply(refused(answer)) }
            let result = MapResult(object: (answer.mappedName ?? name).text, decisionID: answer.decision.text)
            return .reply(Reply(200, json: result))
        }
    }

    /// `GET /health`: the process runs and its event loops turn.
    func health(_ request: StrictRequest, _ peer: DoorPeer) -> Step {
        .reply(Reply(200, json: HealthResult(status: "alive")))
    }

    /// `GET /ready`
    func ready(_ request: StrictRequest, _ peer: DoorPeer) -> Step {
        let (ready, detail) = host.readiness
        return .reply(Reply(ready ? 200 : 503, json: ReadinessResult(ready: ready, detail: detail)))
    }

    /// `GET /metrics`, in the text format of Prometheus.
    func metricsText(_ request: StrictRequest, _ peer: DoorPeer) -> Step {
        var reply = Reply(200)
        reply.content = .text(metrics(), type: "text/plain; version=0.0.4; charset=utf-8")
        return .reply(reply)
    }

    /// The description of the interface.
    static let openAPIDocument: [UInt8] = {
        let document = cresource_openapi()
        // SAFETY: the bytes are a constant of the program.
        return Array(UnsafeBufferPointer(start: document.bytes, count: document.count))
    }()

    /// `GET /openapi.json`
    func openAPI(_ request: StrictRequest, _ peer: DoorPeer) -> Step {
        var reply = Reply(200)
        reply.content = .json(Self.openAPIDocument)
        return .reply(reply)
    }
}

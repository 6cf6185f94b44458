import AuthCore

/// The credentials of an outgoing connection.
struct CredentialResult: Encodable {
    let user: String
    let secret: String
    /// Seconds since 1970-01-01 00:00 UTC; left out for one that is used once.
    let expires: Int64?
}

/// What became of telling that credentials were refused.
struct RejectResult: Encodable {
    let rejected: String
}

/// The destinations that the HTTP door gives credentials of.
public struct DestinationAccess: Sendable {
    let names: Set<String>
    let service: any ControlAnswering

    /// - Parameter service: gives them, as on the control socket.
    public init(names: some Sequence<String>, service: any ControlAnswering) {
        self.names = Set(names)
        self.service = service
    }
}

extension Route {
    /// What local users reach that may have credentials of outgoing connections, where any destination is configured.
    static let ofCredentials = [
        Route(.post, Endpoints.credentialsPath) { (endpoints, request, peer) throws(RequestRefusal) in
            try endpoints.credential(request, peer)
        },
        Route(.post, Endpoints.credentialsPath + "/reject") { (endpoints, request, peer) throws(RequestRefusal) in
            try endpoints.rejectCredential(request, peer)
        },
    ]
}

/// The credentials of destinations, for local users that the module lets read `/credentials/DESTINATION`.
extension Endpoints {
    static let credentialsPath = "/v1/credentials"

    func credential(_ request: StrictRequest, _ peer: DoorPeer) throws(RequestRefusal) -> Step {
        try permitted(request, peer) { destination, service in
            var asked = ControlRequest(.credential)
            asked.destination = destination
            return .begin { [asked] done in
                service.credential(asked) { reply in
                    guard let given = reply.credential else { return done(Self.failed(reply)) }
                    done(
                        Reply(
                            200,
                            json: CredentialResult(
                                user: given.user, secret: given.secret, expires: given.expires?.seconds)))
                }
            }
        }
    }

    func rejectCredential(_ request: StrictRequest, _ peer: DoorPeer) throws(RequestRefusal) -> Step {
        try permitted(request, peer) { destination, service in
            var asked = ControlRequest(.reject)
            asked.destination = destination
            return .work { [asked] in
                let reply = service.answer(asked)
                return reply.ok ? Reply(200, json: RejectResult(rejected: destination)) : Self.failed(reply)
            }
        }
    }

    /// Asks whether a local session may read the destination's object, and goes on if it may.
    private func permitted(
        _ request: StrictRequest, _ peer: DoorPeer,
        _ next: @escaping @Sendable (String, any ControlAnswering) -> Step
    ) throws(RequestRefusal) -> Step {
        guard let destinations else { throw RequestRefusal(404, "no destination is configured") }
        guard peer.isLocal else {
            throw RequestRefusal(403, "credentials are given over the unix socket and from this machine alone")
        }
        let body = try JSON.decode(CredentialBody.self, request)
        let object: ObjectName
        do throws(NameError) {
            object = try ObjectName("/credentials/\(body.destination)")
        } catch {
            throw .bad("the destination cannot be an object's name: \(error)")
        }
        return .ask(.check(try Self.session(body.session), Check(.read, object))) { answer in
            guard answer.verdict == .allow else { return .reply(refused(answer)) }
            // A user who may not have it is not told whether it is there.
            guard destinations.names.contains(body.destination) else {
                return .reply(Reply(RequestRefusal(404, "there is no such destination")))
            }
            return next(body.destination, destinations.service)
        }
    }

    private static func failed(_ reply: ControlReply) -> Reply {
        Reply(RequestRefusal(502, reply.error ?? "the host gave no credential"))
    }
}

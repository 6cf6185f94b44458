import AuthConfiguration
import AuthCore
import DoorProtocols
import Runtime

extension ControlService {
    /// What the HTTP door gives to local users; nil without a destination.
    var destinationAccess: DestinationAccess? {
        host.broker.map { DestinationAccess(names: $0.names, service: self) }
    }

    func credential(_ request: ControlRequest, _ done: @escaping @Sendable (ControlReply) -> Void) {
        guard let broker = host.broker else { return done(.failure(Host.noDestinations)) }
        let name = request.destination ?? ""
        guard broker.serves(request) else { return done(ControlReply()) }
        recorded(request, done) { done in
            broker.ask(name) { done(ControlReply($0, broker.servers(of: name))) }
        }
    }

    func reject(_ request: ControlRequest) -> ControlReply {
        guard let broker = host.broker else { return .failure(Host.noDestinations) }
        guard let name = request.destination, broker.names.contains(name) else {
            return .failure(broker.unknown(request.destination ?? "").description)
        }
        guard broker.serves(request) else { return ControlReply() }
        return recorded(request) {
            if let secret = request.secret {
                broker.reject(name, secret: Secret(secret))
            } else {
                broker.rejectNewest(name)
            }
            return ControlReply()
        }
    }

    func destinations() -> ControlReply {
        var reply = ControlReply()
        reply.destinations = (host.broker?.statuses() ?? []).map { status in
            ControlReply.Destination(
                name: status.name, address: status.address, authenticator: status.authenticator,
                fetched: status.fetched, refresh: status.refresh, expires: status.expiry, failure: status.failure)
        }
        return reply
    }
}

extension Host {
    fileprivate static let noDestinations = "no destination is configured: `add-destination` blocks name them"

    /// Asks for the credentials of a destination and waits; for commands, which have a thread to spare.
    func credentialReply(_ request: ControlRequest) -> ControlReply {
        guard let broker else { return .failure(Self.noDestinations) }
        let name = request.destination ?? ""
        guard broker.serves(request) else { return ControlReply() }
        return ControlReply(broker.credential(for: name), broker.servers(of: name))
    }
}

extension CredentialBroker {
    /// Whether the server that a request names, if any, is one of its destination's. A destination that does not exist serves
    /// all of them: the request fails for another reason, which is told.
    fileprivate func serves(_ request: ControlRequest) -> Bool {
        guard let server = request.server, let name = request.destination, names.contains(name) else { return true }
        guard let server = ServerName(url: server) else { return false }
        return servers(of: name).contains(server.description)
    }
}

extension ControlReply {
    /// Spells what came of asking for credentials.
    fileprivate init(_ outcome: CredentialOutcome, _ servers: [String]) {
        switch outcome {
        case .failure(let failure): self = .failure(failure.description)
        case .success(let credential):
            self.init()
            let secret = credential.secret.withTerminatedBytes { String(validating: $0.dropLast(), as: UTF8.self) }
            guard let secret else {
                self = .failure("the secret is not UTF-8, which the control socket cannot carry")
                return
            }
            self.servers = servers
            self.credential = Credential(user: credential.user, secret: secret, expires: credential.expiry)
        }
    }
}

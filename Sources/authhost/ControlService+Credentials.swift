import AuthCore
import Doors
import Runtime

extension ControlService {
    /// What the HTTP door gives to local users; nil without a destination.
    var destinationAccess: DestinationAccess? {
        host.broker.map { DestinationAccess(names: $0.names, service: self) }
    }

    func credential(_ request: ControlRequest, _ done: @escaping @Sendable (ControlReply) -> Void) {
        guard let broker = host.broker else { return done(.failure(Host.noDestinations)) }
        broker.ask(request.destination ?? "") { done(ControlReply($0)) }
    }

    func reject(_ request: ControlRequest) -> ControlReply {
        guard let broker = host.broker else { return .failure(Host.noDestinations) }
        guard let name = request.destination, broker.names.contains(name) else {
            return .failure(broker.unknown(request.destination ?? "").description)
        }
        broker.rejectNewest(name)
        return ControlReply()
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
    func credentialReply(for destination: String) -> ControlReply {
        guard let broker else { return .failure(Self.noDestinations) }
        return ControlReply(broker.credential(for: destination))
    }
}

extension ControlReply {
    /// Spells what came of asking for credentials.
    fileprivate init(_ outcome: CredentialOutcome) {
        switch outcome {
        case .failure(let failure): self = .failure(failure.description)
        case .success(let credential):
            self.init()
            let secret = credential.secret.withTerminatedBytes { String(validating: $0.dropLast(), as: UTF8.self) }
            guard let secret else {
                self = .failure("the secret is not UTF-8, which the control socket cannot carry")
                return
            }
            self.credential = Credential(user: credential.user, secret: secret, expires: credential.expiry)
        }
    }
}

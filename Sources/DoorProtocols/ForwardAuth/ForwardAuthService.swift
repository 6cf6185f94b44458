import AuthCore
import Logging
import Metrics

/// What one connection of the door does with its requests.
final class ForwardAuthService: HTTPService {
    enum Endpoint {
        case question(ForwardingProxy)
        case page
        case untrusted
    }

    let door: ForwardAuthDoor
    let client: DoorClient
    private let isTrusted: Bool

    init(door: ForwardAuthDoor, client: DoorClient) {
        self.door = door
        self.client = client
        let peer = client.peer
        isTrusted = peer.isUnixSocket || door.proxies.permits(peer)
        guard !isTrusted else { return }
        client.countFault("untrusted-proxy")
        client.log.warning(
            """
            door \(door.settings.name): what \(peer.described) says of requests is not believed, and each is refused: \
            it is not among the `trusted-proxies`
            """)
    }

    var host: any QuestionAnswering { door.host }
    var limits: StrictRequestReader.Limits { .forwarded }
    var requestTimeout: Duration { client.timeout }
    var keepAliveTimeout: Duration { door.settings.idleTimeout }

    func bodyLimit(of endpoint: Endpoint) -> Int { StrictRequestReader.Limits().body }

    func refusal(of head: RequestHead, _ bytes: Span<UInt8>, at endpoint: Endpoint) -> Reply? {
        switch endpoint {
        case .untrusted: Reply(403)
        case .page where door.pages?.covers(head.path, bytes) != true: Reply(Self.nothingHere)
        case .page, .question: nil
        }
    }

    func endpoint(_ head: RequestHead, _ bytes: Span<UInt8>) -> Endpoint {
        guard isTrusted else { return .untrusted }
        return ForwardingProxy.asking(at: head.path, bytes).map { .question($0) } ?? .page
    }

    func answer(_ request: StrictRequest, at endpoint: Endpoint) -> Step {
        do throws(RequestRefusal) {
            switch endpoint {
            case .question(let proxy):
                return try door.handler.answer(proxy, request, asker)
            case .page:
                let step = try door.pages?.answer(request, asker)
                guard let step else { throw Self.nothingHere }
                return step
            case .untrusted: return .reply(Reply(403))
            }
        } catch {
            refused(error)
            if case .question = endpoint { return .reply(Reply(error.status)) }
            return .reply(Reply(error))
        }
    }

    private static let nothingHere: RequestRefusal = {
        let known = ForwardingProxy.allCases.map { "`\($0.path)`" }.joined(separator: ", ")
        return RequestRefusal(404, "there is nothing here; proxies ask at \(known)")
    }()

    private var asker: ForwardAuthAsker {
        ForwardAuthAsker(host: door.host, peer: client.peer) { peer, request throws(RequestRefusal) in
            try peer.forwardedAddress(request)
        }
    }

    func name(of endpoint: Endpoint) -> String { "" }

    func responses(_ endpoint: String, _ status: Int) -> Counter? { nil }

    func refused(_ refusal: RequestRefusal) {
        client.countFault(refusal.code)
        client.log.debug("door \(door.settings.name): a request was refused: \(refusal.detail)")
    }
}

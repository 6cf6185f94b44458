import AuthCore
import Prometheus

/// What a request is answered with at each path: from its bytes to a question and from the answer to a reply.
///
/// Pure but for the host's description and readiness.
struct Endpoints: Sendable {
    let host: any QuestionAnswering
    /// What sessions and logs call the door.
    let door: String
    /// The application id of all its sessions; nil for the client's.
    let applicationID: String?
    let cookie: CookieName
    let forwardAuthHandler: ForwardAuthHandler
    let metrics: @Sendable () -> String
    /// `WWW-Authenticate` towards programs, so that no browser asks for a password.
    let sessionChallenge: String
    /// What administrators reach; nil where no HTTP realm is configured for them.
    let administration: Administration?
    /// Whose credentials local users may have; nil where no destination is configured.
    let destinations: DestinationAccess?

    /// Throws: ``DoorProblem`` for a template or a cookie that is not valid.
    init(
        _ settings: DoorSettings, host: any QuestionAnswering, services: DoorServices = DoorServices()
    ) throws(DoorProblem) {
        self.host = host
        door = settings.name
        applicationID = settings.applicationID
        destinations = services.destinations
        administration = services.operators.flatMap { Administration(services.administratorRealms, $0) }
        metrics = { [factory = services.metrics] in factory.text() }
        cookie = CookieName(try Self.cookie(settings))
        let realm = Self.quoted(settings.option("realm", of: HTTPDoor.self))
        forwardAuthHandler = ForwardAuthHandler(
            door: settings.name, applicationID: settings.applicationID ?? "", cookie: cookie,
            template: try settings.objectTemplate(of: HTTPDoor.self), identityFields: ["x-auth-user"],
            attributeFields: try ForwardAuthOptions.attributeFields(settings, of: HTTPDoor.self, but: ["x-auth-user"]),
            challenge: "Basic realm=\(realm), charset=\"UTF-8\"")
        sessionChallenge = "Session realm=\(realm)"
    }

    private static func cookie(_ settings: DoorSettings) throws(DoorProblem) -> String {
        let name = settings.option("session-cookie", of: HTTPDoor.self)
        guard !name.isEmpty, name.utf8.allSatisfy({ RequestGrammar.isToken[Int($0)] }) else {
            let line = settings.options.firstIndex { $0.name == "session-cookie" }
            throw DoorProblem(
                line.map { .option($0) } ?? .block,
                "`\(name.clippedForMessage)` is no name of a cookie: characters of a token are accepted")
        }
        return name
    }

    /// A quoted-string (RFC 9110, section 5.6.4); controls and what is not ASCII become spaces.
    static func quoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar -> String in
            if scalar == "\"" || scalar == "\\" { return "\\\(scalar)" }
            return (0x20...0x7e).contains(scalar.value) ? String(scalar) : " "
        }
        return "\"\(escaped.joined())\""
    }

    /// An answer that ends a JSON request without its result.
    func refused(_ answer: Answer) -> Reply {
        let status = VerdictStatus.of(answer)
        var reply = Reply(status, json: ErrorBody(answer))
        reply.verdict = answer.verdict
        return status == 401 ? reply.adding("www-authenticate", sessionChallenge) : reply
    }

    /// What modules that read it are told of a request.
    func attributes(_ request: StrictRequest, _ peer: DoorPeer) -> [Field] {
        host.attributes(of: peer) { $0.addTrace(of: request) }
    }

    static func session(_ text: String) throws(RequestRefusal) -> SessionID {
        guard let id = SessionID(Array(text.utf8)) else {
            throw .bad("a session is 32 hexadecimal digits in small letters")
        }
        return id
    }
}

extension DoorPeer {
    /// The address of the client behind a request: `X-Real-IP` over a unix socket, whose users are trusted to name
    /// their clients; else the peer's own.
    func clientAddress(_ request: StrictRequest) throws(RequestRefusal) -> String {
        guard isUnixSocket, let range = try request.field(.realAddress) else { return address }
        let text = String(decoding: request.copy(range), as: UTF8.self)
        // What nginx says of a client of its own unix socket, which has no address.
        if text == "unix:" { return "" }
        guard DoorPeer.bytes(ofAddress: text) != nil else { throw .bad("`x-real-ip` is not an address") }
        return text
    }
}

import AuthCore
import NIOCore

/// What a request is answered with at each path: from its bytes to a question and from the answer to a reply.
///
/// Pure but for the host's description and readiness.
struct Endpoints: Sendable {
    let host: any QuestionAnswering
    let cookie: CookieName
    let forwardAuthHandler: ForwardAuthHandler
    let metrics: @Sendable () -> String
    /// `WWW-Authenticate` towards programs, so that no browser asks for a password.
    let sessionChallenge: String
    /// What administrators reach; nil where no directory is configured for them.
    let administration: Administration?
    /// Whose credentials local users may have; nil where no destination is configured.
    let destinations: DestinationAccess?

    init(
        configuration: HTTPDoorConfiguration, host: any QuestionAnswering, operators: (any OperatorAnswering)? = nil,
        destinations: DestinationAccess? = nil,
        metrics: @escaping @Sendable () -> String
    ) {
        self.host = host
        self.destinations = destinations
        administration = operators.flatMap { Administration(configuration.administratorDirectories, $0) }
        self.metrics = metrics
        cookie = CookieName(configuration.sessionCookie)
        let realm = Self.quoted(configuration.realm)
        forwardAuthHandler = ForwardAuthHandler(
            door: HTTPDoor.name, cookie: cookie, template: configuration.forwardAuthObject,
            identityFields: ["x-auth-user"], challenge: "Basic realm=\(realm), charset=\"UTF-8\"")
        sessionChallenge = "Session realm=\(realm)"
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
        var reply = Reply(
            status,
            json: ErrorBody(error: answer.verdict.rawValue, detail: VerdictStatus.detail(answer)))
        reply.verdict = answer.verdict
        return status == 401 ? reply.adding("www-authenticate", sessionChallenge) : reply
    }

    static func session(_ text: String) throws(RequestRefusal) -> SessionID {
        guard let id = SessionID(Array(text.utf8)) else {
            throw .bad("a session is 32 hexadecimal digits in small letters")
        }
        return id
    }
}

/// Who asks, as far as the connection tells.
struct Peer: Sendable {
    /// As text; empty over a unix socket.
    let address: String
    /// A program that may open the unix socket is trusted to name its own client.
    let isUnixSocket: Bool

    init(_ address: SocketAddress?) {
        isUnixSocket = address?.protocol == .unix
        self.address = address?.ipAddress ?? ""
    }

    /// Whether it is on this machine, as far as the connection tells.
    var isLocal: Bool { isUnixSocket || address == "::1" || address.hasPrefix("127.") }

    /// The address of the client that stands behind a request: `X-Real-IP` over a unix socket, else the peer's own.
    func clientAddress(_ request: StrictRequest) throws(RequestRefusal) -> String {
        guard isUnixSocket, let range = try request.field(.realAddress) else { return address }
        let text = String(decoding: request.copy(range), as: UTF8.self)
        // What nginx says of a client of its own unix socket, which has no address.
        if text == "unix:" { return "" }
        guard (try? SocketAddress(ipAddress: text, port: 0)) != nil else { throw .bad("`x-real-ip` is not an address") }
        return text
    }
}

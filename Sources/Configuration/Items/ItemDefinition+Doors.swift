// Items of the doors, and of the HTTP door's cache of credentials.
extension ItemDefinition {
    static let httpListen = ItemDefinition(
        "http-listen", .addresses, default: "127.0.0.1:8080", "where the HTTP door listens; `none` for nowhere")

    static let httpSocket = ItemDefinition(
        "http-socket", .path, percent: .expanded("r"), "the unix socket of the HTTP door")

    static let httpSocketMode = ItemDefinition(
        "http-socket-mode", .fileMode, default: "0660", "the permissions of the unix socket")

    static let httpConnections = ItemDefinition(
        "http-max-connections", .integer(.none, 1...1_000_000), default: "10000",
        "how many connections the HTTP door holds at once")

    static let httpClientConnections = ItemDefinition(
        "http-max-client-connections", .integer(.none, 1...1_000_000), note: "half of `http-max-connections`",
        "how many of them one address may have over TCP, or one IPv6 network of 64 bits")

    static let httpTimeout = ItemDefinition(
        "http-timeout", .float(.seconds, 0.1...3600.0), default: "10.0",
        "how long the first byte of a connection may take, and each request from its first byte to its last")

    static let httpIdleTimeout = ItemDefinition(
        "http-idle-timeout", .float(.seconds, 0.1...86_400.0), default: "75.0",
        "how long a connection of the HTTP door may stay without a request")

    static let httpRealm = ItemDefinition(
        "http-realm", .text, default: "authhost", "the realm that browsers show when they ask for a password")

    static let sessionCookie = ItemDefinition(
        "session-cookie", .token, default: "authhost_session", "the name of the session cookie")

    static let httpAttributeHeaders = ItemDefinition(
        "http-attribute-headers", .text,
        "headers of `/auth` that have attributes: `group=Remote-Groups`, with commas between")

    static let forwardAuthObject = ItemDefinition(
        "forward-auth-object", .text, default: "/web%p", percent: .template("pmh"),
        "the object that a forwarded request is checked against: `%p` path, `%m` method, `%h` host")

    static let loginCacheTime = ItemDefinition(
        "login-cache-time", .float(.seconds, 0.0...86_400.0), default: "60.0", reloadable: true,
        "how long a log-in is answered again without the module; 0 keeps none")

    static let loginCacheSize = ItemDefinition(
        "login-cache-size", .integer(.none, 0...10_000_000), default: "10000", reloadable: true,
        "how many log-ins are kept for that")

    static let doorCarrier = ItemDefinition(
        "door-carrier", .choice(["epoll", "nio"]), default: "epoll",
        "what carries connections without TLS: loops of the host's own, or the network library's")

    static let controlSocket = ItemDefinition(
        "control-socket", .path, note: "none", percent: .expanded("rah"),
        "the unix socket through which its owner and root see and eject sessions; unset: there is none")

    static let door = ItemDefinition(
        "add-door",
        .block([
            doorType, doorName, doorListen, doorSocket, doorSocketMode, doorClient, doorObject, doorApplication,
            doorConnections, doorClientConnections, doorTimeout, doorIdleTimeout, doorCertificate, doorKey,
            doorClientAuthority, doorOption,
        ]), note: "none", "a door besides the HTTP door; `docs/doors.md` lists the types and their options")
    static let doorType = ItemDefinition("type", .text, required: true, "the protocol, such as `native`")
    static let doorName = ItemDefinition(
        "name", .text, note: "the type", "what sessions, logs and counters call the door")
    static let doorListen = ItemDefinition("listen", .addresses, note: "none", "where it listens, `host:port`")
    static let doorSocket = ItemDefinition(
        "socket", .path, note: "none", percent: .expanded("rah"), "the unix socket at which it listens")
    static let doorSocketMode = ItemDefinition(
        "socket-mode", .fileMode, default: "0660", "the permissions of the unix socket")
    static let doorClient = ItemDefinition(
        "client", .list, note: "everybody who reaches it",
        "who may connect: addresses, networks such as `10.1.0.0/16`, `uid:NAME`, `cn:NAME` of a certificate")
    static let doorObject = ItemDefinition(
        "object", .text, note: "the type's own",
        "the object that a request is checked against, with the letters of the door's type")
    static let doorApplication = ItemDefinition(
        "application-id", .text, note: "the client's, or none", "the application id of all its sessions")
    static let doorConnections = ItemDefinition(
        "max-connections", .integer(.none, 1...1_000_000), default: "10000", "how many connections it holds at once")
    static let doorClientConnections = ItemDefinition(
        "max-client-connections", .integer(.none, 1...1_000_000), note: "half of `max-connections`",
        "how many of them one address may have over TCP, or one IPv6 network of 64 bits")
    static let doorTimeout = ItemDefinition(
        "timeout", .float(.seconds, 0.1...3600.0), default: "10.0",
        "how long a client may take to greet, and for the rest of what it has begun to say")
    static let doorIdleTimeout = ItemDefinition(
        "idle-timeout", .float(.seconds, 0.1...86_400.0), default: "600.0",
        "how long a connection without questions and sessions may say and hear nothing")
    static let doorCertificate = ItemDefinition(
        "tls-certificate", .path, note: "no TLS", percent: .expanded("r"),
        "the certificate chain in PEM that TCP connections are served with; read again on HUP")
    static let doorKey = ItemDefinition(
        "tls-key", .path, note: "no TLS", percent: .expanded("r"), "the certificate's private key in PEM")
    static let doorClientAuthority = ItemDefinition(
        "tls-client-authority", .path, note: "none", percent: .expanded("r"),
        "certificates in PEM, of which one must have signed that of each client")
    static let doorOption = ItemDefinition(
        "option", .row(["name", "value"]), note: "the type's own", "an option of the door's type; may be repeated")

    static let doorItems = [
        httpListen, httpSocket, httpSocketMode, httpConnections, httpClientConnections, httpTimeout, httpIdleTimeout,
        httpRealm, sessionCookie, httpAttributeHeaders, forwardAuthObject, loginCacheTime,
        loginCacheSize, doorCarrier, controlSocket, door,
    ]
}

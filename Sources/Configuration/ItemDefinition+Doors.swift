// Items of the HTTP door and of its cache of credentials.
extension ItemDefinition {
    static let httpListen = ItemDefinition(
        "http-listen", .addresses, default: "127.0.0.1:8080", "where the HTTP door listens; `none` for nowhere")

    static let httpSocket = ItemDefinition(
        "http-socket", .path, percent: .expanded("r"), "the unix socket of the HTTP door")

    static let httpSocketMode = ItemDefinition(
        "http-socket-mode", .fileMode, default: "0660", "the permissions of the unix socket")

    static let httpRealm = ItemDefinition(
        "http-realm", .text, default: "authhost", "the realm that browsers show when they ask for a password")

    static let sessionCookie = ItemDefinition(
        "session-cookie", .token, default: "authhost_session", "the name of the session cookie")

    static let forwardAuthObject = ItemDefinition(
        "forward-auth-object", .text, default: "/web%p", percent: .template("pmh"),
        "the object that a forwarded request is checked against: `%p` path, `%m` method, `%h` host")

    static let credentialCacheTime = ItemDefinition(
        "credential-cache-time", .float(.seconds, 0.0...86_400.0), default: "60.0", reloadable: true,
        "how long checked credentials stay good; 0 keeps none")

    static let credentialCacheSize = ItemDefinition(
        "credential-cache-size", .integer(.none, 0...10_000_000), default: "10000", reloadable: true,
        "how many checked credentials are kept")

    static let controlSocket = ItemDefinition(
        "control-socket", .path, note: "none", percent: .expanded("rah"),
        "the unix socket through which its owner and root see and eject sessions; without it nobody does")

    static let doorItems = [
        httpListen, httpSocket, httpSocketMode, httpRealm, sessionCookie, forwardAuthObject, credentialCacheTime,
        credentialCacheSize, controlSocket,
    ]
}

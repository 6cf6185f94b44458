// Items of outgoing connections and of the authenticators that give their credentials.
extension ItemDefinition {
    static let declaredModule = ItemDefinition(
        "add-module", .block([declaredModuleName, library]), note: "none",
        "gives a name to an authenticator's file, for `add-authenticator`")
    static let declaredModuleName = ItemDefinition("name", .text, required: true, "the name")
    static let library = ItemDefinition(
        "library", .text, required: true, "the module: a name, a file name or a path, as for auth-module")

    static let destination = ItemDefinition(
        "add-destination", .block([destinationName, destinationType, destinationAddress, gitHost, authenticator]),
        note: "none",
        "an outgoing connection that needs credentials")
    static let destinationName = ItemDefinition("name", .text, required: true, "the destination's name")
    static let destinationType = ItemDefinition(
        "type", .text, note: "none", "what kind of connection it is, for its users")
    static let destinationAddress = ItemDefinition(
        "address", .list, note: "none", "`host:port` of its servers; authenticators are told the first")
    static let gitHost = ItemDefinition(
        "git-host", .list, note: "none",
        "`[protocol://]host[:port]` of further servers for which git, docker and kubectl are given the secret")

    static let authenticator = ItemDefinition(
        "add-authenticator", .moduleOptions, note: "none",
        "who gives the credentials, `exec`, `defaultauth` or an `add-module`, and its options, one a line")

    static let credentialTimeout = ItemDefinition(
        "credential-timeout", .float(.seconds, 0.001...3600.0), default: "30.0",
        "how long an authenticator may take for its answer")

    static let destinationItems = [declaredModule, destination, authenticator, credentialTimeout]
}

// Items of log-in by signed token.
extension ItemDefinition {
    static let signatureKey = ItemDefinition(
        "add-sigkey", .block([keyID, keyFile, hashingAlgorithm, keyTimeout]), note: "none", reloadable: true,
        "a public key that log-in tokens are checked with")
    static let keyID = ItemDefinition("key-id", .text, required: true, "the key's name")
    static let keyFile = ItemDefinition(
        "keyfile", .path, percent: .expanded("r"), required: true, "the file of the public key, in DER or PEM")
    static let hashingAlgorithm = ItemDefinition(
        "hashing-algorithm", .choice(["sha256", "1", "sha384", "2", "sha512", "3"]), default: "sha256",
        refused: [
            "md5": forged("md5"), "0": forged("md5"), "sha1": forged("sha1"), "4": forged("sha1"),
            "ripemd160": unused, "5": unused,
        ], "the signature's hash, by name or number; Liberator's default, md5 or 0, is refused")
    static let keyTimeout = ItemDefinition(
        "timeout", .float(.seconds, 0.0...31_536_000.0), default: "0.0",
        "how long a token is good; 0 for signature-validtime")

    static let signatureValidTime = ItemDefinition(
        "signature-validtime", .float(.seconds, 0.001...31_536_000.0), default: "600.0", reloadable: true,
        "how long a token is good whose key does not say")
    static let signatureLeeway = ItemDefinition(
        "signature-leeway", .float(.seconds, 0.0...3600.0), default: "5.0", reloadable: true,
        "how far the clocks of those who sign tokens may be from this one")
    static let signatureAudience = ItemDefinition(
        "signature-audience", .text, reloadable: true,
        "what the `aud` of a token must name; while unset, tokens with an `aud` are refused")
    static let signatureStore = ItemDefinition(
        "signature-store", .path, default: "%r/var/used-tokens", percent: .expanded("ra"),
        "the file of used tokens, one for each host; needed while there is an `add-sigkey`")
    static let signatureUsedLimit = ItemDefinition(
        "signature-used-limit", .integer(.none, 1...100_000_000), default: "1000000",
        "how many used tokens are remembered until they expire; one more is denied")

    private static let signatureHashSize = ItemDefinition(
        "signature-hashsize", .integer(.none, 1...1_000_000), default: "1024", reloadable: true,
        "accepted and ignored: the table sizes itself")

    static let signatureItems = [
        signatureKey, signatureValidTime, signatureLeeway, signatureAudience, signatureStore, signatureUsedLimit,
        signatureHashSize,
    ]

    private static let unused = "ripemd160 is used by no algorithm for tokens (RFC 7518)"

    private static func forged(_ hash: String) -> String { "signatures over \(hash) can be forged" }
}

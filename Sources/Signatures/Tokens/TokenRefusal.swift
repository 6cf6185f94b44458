/// Why a token is not good; its description is for the log and holds nothing of the token but what its signer wrote
/// into checked claims.
public enum TokenRefusal: Error, Hashable, Sendable {
    /// The token has more bytes than are read.
    case tooLong(Int)
    /// It is not three parts of base64url with a dot between.
    case notCompact
    /// A part is not what its name says; the text says how.
    case malformed(String)
    /// The header's `alg` does not go with the key; the text says what would.
    case algorithm(accepted: [String])
    /// The header names another type than a JWT.
    case type
    /// The header demands extensions.
    case criticalExtension
    /// The header names another key.
    case otherKey
    /// The key's owner did not sign this.
    case signature
    /// A claim that must be there is not.
    case missing(String)
    /// The token is for another user.
    case otherUser
    /// The token is for other audiences than this host.
    case otherAudience
    /// The token's time is over.
    case expired(keyID: String, issued: UnixTime)
    /// The token's time has not come.
    case notYet(claim: String, time: UnixTime)
    /// The `jti` has no byte, or too many.
    case identifierLength(Int)
}

extension TokenRefusal: CustomStringConvertible {
    /// Spells the reason; that of an expired token as Liberator logs it.
    public var description: String {
        switch self {
        case .tooLong(let count): "the token has \(count) bytes: at most \(TokenVerifier.tokenLimit) are accepted"
        case .notCompact: "the token is not a JWT: three parts of base64url with a dot between are accepted (RFC 7515)"
        case .malformed(let how): "the token's \(how)"
        case .algorithm(let accepted):
            "the token's `alg` does not go with the key: "
                + accepted.map { "`\($0)`" }.joined(separator: ", ") + " is accepted"
        case .type: "the token's `typ` is not `JWT`"
        case .criticalExtension: "the token's `crit` demands extensions: none is accepted"
        case .otherKey: "the token's `kid` is not the key-id of the key it is checked with"
        case .signature: "the token's signature was not made with the private key that belongs to the key"
        case .missing(let claim): "the token has no `\(claim)`, which is needed"
        case .otherUser: "the token's `sub` is not the user who logs in"
        case .otherAudience: "the token's `aud` does not name this host's `signature-audience`"
        case .expired(let keyID, let issued): "Signature expired for key_id \(keyID) - \(issued) denying login"
        case .notYet(let claim, let time): "the token's `\(claim)`, \(time), has not come: clocks may differ"
        case .identifierLength(let count):
            "the token's `jti` has \(count) bytes: 1 to \(TokenVerifier.identifierLimit) are accepted"
        }
    }
}

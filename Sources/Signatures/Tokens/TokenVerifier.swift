/// Checks log-in tokens: JSON Web Tokens (RFC 7519) that are signed with a key's private half.
///
/// Everything is checked but single use, which needs a memory: ``UsedTokenStore``. No clock of its own, any thread.
public struct TokenVerifier: Sendable {
    /// How many bytes a token may have.
    public static let tokenLimit = 8192
    /// How many bytes a `jti` may have.
    public static let identifierLimit = 128

    /// How far the clocks of signers may be from this one, at either end of a token's time.
    public var leeway: Duration
    /// What a token with an `aud` must name, and a token must then have; nil refuses every token with an `aud`, as RFC
    /// 7519, section 4.1.3, demands of a verifier without a name.
    public var audience: String?

    /// Makes a verifier.
    public init(leeway: Duration = .seconds(5), audience: String? = nil) {
        self.leeway = leeway
        self.audience = audience
    }

    /// What single use needs to know of a token that is good.
    struct Verified {
        /// Names the token among those of all keys.
        let identity: Digest128
        let issued: UnixTime
    }

    /// Checks that the holder of the key's private half let `user` in, now.
    func check(
        _ token: [UInt8], key: SignatureKey, user: String, now: UnixTime
    ) throws(TokenRefusal) -> Verified {
        let parts = try CompactToken(token)
        let algorithm = try checkHeader(parts.header, key)
        guard key.publicKey.verifies(parts.signature, over: parts.signingInput, by: algorithm) else { throw .signature }
        return try checkPayload(parts.payload, key, user, now)
    }

    /// Returns the algorithm of the signature, when it is one of the key's (RFC 8725, section 3.1).
    private func checkHeader(_ bytes: [UInt8], _ key: SignatureKey) throws(TokenRefusal) -> JWSAlgorithm {
        let header = try TokenObject("header", bytes)
        let name = try header.text("alg")
        guard let algorithm = key.algorithms.first(where: { $0.rawValue == name }) else {
            throw .algorithm(accepted: key.algorithms.map(\.rawValue))
        }
        if let type = try header.text("typ"), type.uppercased() != "JWT" { throw .type }
        if header.has("crit") { throw .criticalExtension }
        if let id = try header.text("kid"), !id.utf8.elementsEqual(key.id.utf8) { throw .otherKey }
        return algorithm
    }

    private func checkPayload(
        _ bytes: [UInt8], _ key: SignatureKey, _ user: String, _ now: UnixTime
    ) throws(TokenRefusal) -> Verified {
        let claims = try TokenObject("payload", bytes)
        guard let subject = try claims.text("sub") else { throw .missing("sub") }
        // Byte for byte: texts that Unicode calls equivalent are different users.
        guard subject.utf8.elementsEqual(user.utf8) else { throw .otherUser }
        try checkAudience(try claims.texts("aud"))
        let issued = try checkTimes(claims, key, now)
        guard let identifier = try claims.text("jti") else { throw .missing("jti") }
        guard (1...Self.identifierLimit).contains(identifier.utf8.count) else {
            throw .identifierLength(identifier.utf8.count)
        }
        return Verified(identity: Digest128(of: key.fingerprint.bytes + identifier.utf8), issued: issued)
    }

    private func checkAudience(_ audiences: [String]?) throws(TokenRefusal) {
        guard let audience else {
            if audiences != nil { throw .otherAudience }
            return
        }
        guard let audiences else { throw .missing("aud") }
        guard audiences.contains(where: { $0.utf8.elementsEqual(audience.utf8) }) else { throw .otherAudience }
    }

    /// Returns `iat` when now is in the token's time: from `iat`, or from `nbf` where that is later, until the key's
    /// lifetime after `iat`, or until `exp` where that is earlier (RFC 7519, sections 4.1.4 to 4.1.6).
    private func checkTimes(
        _ claims: TokenObject, _ key: SignatureKey, _ now: UnixTime
    ) throws(TokenRefusal) -> UnixTime {
        guard let issued = try claims.time("iat") else { throw .missing("iat") }
        let ends = min(issued + key.lifetime, try claims.time("exp") ?? issued + key.lifetime)
        guard now < ends + leeway else { throw .expired(keyID: key.id, issued: issued) }
        for (claim, time) in [("iat", issued), ("nbf", try claims.time("nbf") ?? issued)] where now < time - leeway {
            throw .notYet(claim: claim, time: time)
        }
        return issued
    }
}

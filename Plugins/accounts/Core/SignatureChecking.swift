/// Says whether a signed token proves who a user is.
package enum SignatureVerdict: Sendable, Hashable {
    /// Signature, validity, user name and single use are right.
    case accepted
    /// Something is wrong with the token; `reason` is for the log.
    case refused(reason: String)
    /// No answer can be given; `reason` is for the log.
    case failed(reason: String)
}

/// Checks signed tokens, as the host does.
package protocol SignatureChecking: Sendable {
    /// Checks signature, validity, user name and single use of a token, and uses it up. May block.
    ///
    /// key: the id of the key. token, user: lent for the call.
    func check(key: String, token: Span<UInt8>, user: Span<UInt8>) -> SignatureVerdict
}

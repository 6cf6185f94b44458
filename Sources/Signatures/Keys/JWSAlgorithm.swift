/// The signature algorithms of RFC 7518, section 3.1, that a public key can check.
///
/// `none` and the HMAC family are not among them: only the holder of a private key can make a token.
enum JWSAlgorithm: String, CaseIterable {
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"

    /// How a signature is laid out; for ECDSA the curve, because RFC 7518, section 3.4, gives each hash one curve.
    enum Scheme {
        case pkcs1
        case pss
        case p256
        case p384
        case p521
    }

    var scheme: Scheme {
        switch self {
        case .rs256, .rs384, .rs512: .pkcs1
        case .ps256, .ps384, .ps512: .pss
        case .es256: .p256
        case .es384: .p384
        case .es512: .p521
        }
    }

    var hash: HashAlgorithm {
        switch self {
        case .rs256, .ps256, .es256: .sha256
        case .rs384, .ps384, .es384: .sha384
        case .rs512, .ps512, .es512: .sha512
        }
    }
}

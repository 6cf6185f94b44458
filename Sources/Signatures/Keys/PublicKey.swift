import Crypto
import CryptoExtras
import FoundationEssentials

/// A public key that checks signatures.
enum PublicKey: Sendable {
    case rsa(_RSA.Signing.PublicKey)
    case p256(P256.Signing.PublicKey)
    case p384(P384.Signing.PublicKey)
    case p521(P521.Signing.PublicKey)

    /// What messages call the key.
    var name: String {
        switch self {
        case .rsa(let key): "RSA key of \(key.keySizeInBits) bits"
        case .p256: "ECDSA key on P-256"
        case .p384: "ECDSA key on P-384"
        case .p521: "ECDSA key on P-521"
        }
    }

    /// The key as SubjectPublicKeyInfo in DER, however the file spelled it.
    var derRepresentation: Data {
        switch self {
        case .rsa(let key): key.derRepresentation
        case .p256(let key): key.derRepresentation
        case .p384(let key): key.derRepresentation
        case .p521(let key): key.derRepresentation
        }
    }

    /// Returns the algorithms that a token may name for this key, with one hash or with any.
    func algorithms(_ hash: HashAlgorithm? = nil) -> [JWSAlgorithm] {
        JWSAlgorithm.allCases.filter { ($0.hash == hash || hash == nil) && fits($0.scheme) }
    }

    private func fits(_ scheme: JWSAlgorithm.Scheme) -> Bool {
        switch (self, scheme) {
        case (.rsa, .pkcs1), (.rsa, .pss), (.p256, .p256), (.p384, .p384), (.p521, .p521): true
        default: false
        }
    }

    /// Says whether the holder of the private key made `signature` over `input` by `algorithm`.
    func verifies(_ signature: some DataProtocol, over input: some DataProtocol, by algorithm: JWSAlgorithm) -> Bool {
        guard fits(algorithm.scheme) else { return false }
        switch algorithm.hash {
        case .sha256: return verifies(signature, SHA256.hash(data: input), algorithm.scheme)
        case .sha384: return verifies(signature, SHA384.hash(data: input), algorithm.scheme)
        case .sha512: return verifies(signature, SHA512.hash(data: input), algorithm.scheme)
        }
    }

    /// A signature of another length than the curve's cannot be made into one, and verifies nothing.
    private func verifies(
        _ signature: some DataProtocol, _ digest: some Digest, _ scheme: JWSAlgorithm.Scheme
    ) -> Bool {
        switch self {
        case .rsa(let key):
            // RFC 7518, section 3.3: RSASSA-PKCS1-v1_5; the library's warning is about schemes that choose anew.
            let padding = scheme == .pss ? _RSA.Signing.Padding.PSS : .insecurePKCS1v1_5
            return key.isValidSignature(.init(rawRepresentation: signature), for: digest, padding: padding)
        case .p256(let key):
            guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: digest)
        case .p384(let key):
            guard let signature = try? P384.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: digest)
        case .p521(let key):
            guard let signature = try? P521.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: digest)
        }
    }
}

/// The hash functions that a token's signature may use.
public enum HashAlgorithm: String, CaseIterable, Sendable {
    /// SHA-256 (FIPS 180-4).
    case sha256
    /// SHA-384 (FIPS 180-4).
    case sha384
    /// SHA-512 (FIPS 180-4).
    case sha512

    /// Makes the hash of a `hashing-algorithm` value: the name, or the number that stands for it.
    public init?(configurationValue text: String) {
        switch text {
        case "sha256", "1": self = .sha256
        case "sha384", "2": self = .sha384
        case "sha512", "3": self = .sha512
        default: return nil
        }
    }
}

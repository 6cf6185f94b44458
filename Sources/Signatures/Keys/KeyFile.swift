import Basics

/// Reads the file of a public key, after checking that no other user can have exchanged the key.
enum KeyFile {
    /// How many bytes a key file may have; an RSA key of 16,384 bits in PEM has 3 KB.
    static let limit = 65_536

    /// Returns the content of the file at `path`.
    static func read(_ path: String, owners: Set<UInt32>) throws(FileTrustError) -> [UInt8] {
        try TrustedFile.contents(of: path, FileTrust(owners: owners), limit: limit).bytes
    }
}

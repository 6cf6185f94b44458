import Crypto
import Synchronization

/// The key of a chained audit log: one that makes the values of lines, and a pair of Ed25519 that signs where the chain stands.
///
/// Checking a log needs the first and the public half of the second; neither of these can sign.
package struct AuditKey: Sendable {
    /// The first 16 hexadecimal digits of the SHA-256 of the public key.
    package let id: String
    let chain: [UInt8]
    let publicKey: Curve25519.Signing.PublicKey
    private let privateKey: Curve25519.Signing.PrivateKey?

    private static let title = "authhost audit key"
    private static let digits = 64

    /// Makes a fresh one from the system's generator.
    package static func random() -> AuditKey {
        let pair = Curve25519.Signing.PrivateKey()
        var generator = SystemRandomNumberGenerator()
        let chain = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return AuditKey(chain: chain, pair.publicKey, pair)
    }

    private init(
        chain: [UInt8], _ publicKey: Curve25519.Signing.PublicKey, _ privateKey: Curve25519.Signing.PrivateKey?
    ) {
        self.chain = chain
        self.publicKey = publicKey
        self.privateKey = privateKey
        id = String(Hexadecimal.text(SHA256.hash(data: publicKey.rawRepresentation)).prefix(16))
    }

    /// Reads the text of a key's file.
    ///
    /// - Throws: ``AuditKeyError`` that says where what is wrong; never with a part of the key.
    package init(text: String) throws(AuditKeyError) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.first.map(String.init) == Self.title else {
            throw AuditKeyError("line 1: `\(Self.title)` is expected; `authhost audit key` makes such a file")
        }
        var values: [Substring: [UInt8]] = [:]
        for (index, line) in lines.enumerated().dropFirst() where !line.isEmpty {
            let words = line.split(separator: " ")
            guard words.count == 2, ["chain", "sign", "public"].contains(words[0]), values[words[0]] == nil,
                words[1].utf8.count == Self.digits, let bytes = Hexadecimal.bytes(words[1])
            else {
                throw AuditKeyError(
                    "line \(index + 1): `chain`, `sign` or `public`, once each, and \(Self.digits) digits of 0-9 and a-f are expected"
                )
            }
            values[words[0]] = bytes
        }
        guard let chain = values["chain"] else { throw AuditKeyError("there is no line `chain`") }
        if let seed = values["sign"], let pair = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) {
            self.init(chain: chain, pair.publicKey, pair)
        } else if let bytes = values["public"], let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) {
            self.init(chain: chain, key, nil)
        } else {
            throw AuditKeyError("there is neither a line `sign` nor one `public` with a key of Ed25519")
        }
    }

    /// Whether it can sign, as the host must.
    package var signs: Bool { privateKey != nil }

    /// The text of its file.
    ///
    /// - Parameter forChecking: without what signs.
    package func text(forChecking: Bool) -> String {
        let own = privateKey.flatMap { forChecking ? nil : $0 }
        let second =
            own.map { "sign \(Hexadecimal.text($0.rawRepresentation))" }
            ?? "public \(Hexadecimal.text(publicKey.rawRepresentation))"
        return "\(Self.title)\nchain \(Hexadecimal.text(chain))\n\(second)\n"
    }

    func sign(_ text: String) -> [UInt8]? { try? privateKey.map { Array(try $0.signature(for: Array(text.utf8))) } }

    func verifies(_ signature: [UInt8], _ text: String) -> Bool {
        publicKey.isValidSignature(signature, for: Array(text.utf8))
    }
}

/// Why a text is no key.
package struct AuditKeyError: Error, CustomStringConvertible, Sendable {
    /// What is wrong, in words.
    package let description: String

    init(_ description: String) { self.description = description }
}

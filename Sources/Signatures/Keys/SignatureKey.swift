import Basics
import Crypto

/// What an `add-sigkey` block says about a key.
public struct SignatureKeyDefinition: Sendable {
    /// `key-id`: what users files and modules call the key.
    public var id: String
    /// Where `key-id` stands.
    public var idSource: String
    /// `keyfile`, its `%` letters replaced.
    public var keyFile: String
    /// Where `keyfile` stands, such as `authhost.conf:3:5`.
    public var keyFileSource: String
    /// `hashing-algorithm`.
    public var hash: HashAlgorithm
    /// Where `hashing-algorithm` stands, or the block when it has none.
    public var hashSource: String
    /// How long a token is good from its `iat` on.
    public var lifetime: Duration

    /// Makes a definition of its parts.
    public init(
        id: String, idSource: String, keyFile: String, keyFileSource: String, hash: HashAlgorithm, hashSource: String,
        lifetime: Duration
    ) {
        self.id = id
        self.idSource = idSource
        self.keyFile = keyFile
        self.keyFileSource = keyFileSource
        self.hash = hash
        self.hashSource = hashSource
        self.lifetime = lifetime
    }
}

/// A public key that log-in tokens are checked with.
public struct SignatureKey: Sendable {
    /// What users files and modules call the key.
    public let id: String
    /// How long a token is good from its `iat` on.
    public let lifetime: Duration
    let publicKey: PublicKey
    let hash: HashAlgorithm
    /// Names the key itself: two ids for one key file do not make one token good twice.
    let fingerprint: Digest128

    /// Reads the key file of a definition. Blocks on the disk.
    ///
    /// - Parameter trustedOwners: users besides root and the running one who may own key files.
    /// - Throws: ``SignatureKeyError`` that names the place in the configuration, the file, and what is accepted.
    public init(_ definition: SignatureKeyDefinition, trustedOwners: Set<UInt32> = []) throws(SignatureKeyError) {
        publicKey = try Self.publicKey(definition, trustedOwners)
        guard !publicKey.algorithms(definition.hash).isEmpty else {
            let fitting = publicKey.algorithms().map { "`\($0.hash.rawValue)`" }.joined(separator: ", ")
            throw SignatureKeyError(
                definition.hashSource,
                "key `\(definition.id)`: `hashing-algorithm` `\(definition.hash.rawValue)` does not go with the "
                    + "\(publicKey.name) in `\(definition.keyFile)`: \(fitting) is accepted (RFC 7518, section 3.4)")
        }
        id = definition.id
        lifetime = definition.lifetime
        hash = definition.hash
        fingerprint = Digest128(of: publicKey.derRepresentation)
    }

    /// Reads the key files of all definitions. Blocks on the disk.
    ///
    /// - Parameter trustedOwners: users besides root and the running one who may own key files.
    /// - Throws: ``SignatureKeyError`` for the first key that cannot be used, or whose id another one has.
    public static func keys(
        of definitions: [SignatureKeyDefinition], trustedOwners: Set<UInt32>
    ) throws(SignatureKeyError) -> [SignatureKey] {
        var sources: [String: String] = [:]
        var keys: [SignatureKey] = []
        for definition in definitions {
            if let first = sources.updateValue(definition.idSource, forKey: definition.id) {
                throw SignatureKeyError(
                    definition.idSource,
                    "`key-id` `\(definition.id)` is given twice, first at \(first): each key has its own")
            }
            keys.append(try SignatureKey(definition, trustedOwners: trustedOwners))
        }
        return keys
    }

    private static func publicKey(
        _ definition: SignatureKeyDefinition, _ owners: Set<UInt32>
    ) throws(SignatureKeyError) -> PublicKey {
        func error(_ message: String, isUnreadable: Bool = false) -> SignatureKeyError {
            SignatureKeyError(
                definition.keyFileSource, "key `\(definition.id)`: `keyfile` `\(definition.keyFile)` \(message)",
                isUnreadable: isUnreadable)
        }
        let content: [UInt8]
        do throws(FileTrustError) {
            content = try KeyFile.read(definition.keyFile, owners: owners)
        } catch let fault {
            throw error("cannot be read: \(fault)", isUnreadable: true)
        }
        do throws(PublicKey.Fault) {
            return try PublicKey(fileContent: content)
        } catch let fault {
            throw error(fault.message)
        }
    }

    /// The algorithms that a token's header may name.
    var algorithms: [JWSAlgorithm] { publicKey.algorithms(hash) }
}

/// Why a key cannot be used.
public struct SignatureKeyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The place in the configuration that names what is wrong.
    public let source: String
    /// What was found and what is accepted; never anything of a key.
    public let message: String
    /// Whether the file could not be read, so that what it says is not known.
    public let isUnreadable: Bool

    init(_ source: String, _ message: String, isUnreadable: Bool = false) {
        self.source = source
        self.message = message
        self.isUnreadable = isUnreadable
    }

    /// Spells the error on one line: `authhost.conf:3:5: message`.
    public var description: String { "\(source): \(message)" }
}

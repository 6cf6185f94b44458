import AuthConfiguration
import Logging
import ModuleHost
import Signatures

extension SignatureService {
    /// Makes the service that a configuration describes.
    ///
    /// - Parameters:
    ///   - trustedOwners: users besides root and the running one who may own key files.
    ///   - opensStore: opens the file of used tokens now where there are keys, as a host does that goes on running.
    convenience init(
        _ configuration: Configuration, trustedOwners: Set<UInt32>, opensStore: Bool
    ) throws(Failure) {
        self.init(storePath: configuration.signatureStore, usedLimit: configuration.signatureUsedLimit)
        try takeOver(configuration, trustedOwners: trustedOwners, opensStore: opensStore)
    }

    /// Takes over the keys and rules of a configuration, all or none.
    func takeOver(_ configuration: Configuration, trustedOwners: Set<UInt32>, opensStore: Bool = true) throws(Failure) {
        let keys = try Self.keys(configuration, trustedOwners)
        do {
            if opensStore && !keys.isEmpty { try openStore() }
        } catch {
            throw Failure(
                .badConfiguration, at: configuration.place(of: "signature-store"), "`signature-store`: \(error)",
                isUnreadable: error.code == .system)
        }
        replaceKeys(
            keys,
            verifier: TokenVerifier(leeway: configuration.signatureLeeway, audience: configuration.signatureAudience))
    }

    private static func keys(_ configuration: Configuration, _ owners: Set<UInt32>) throws(Failure) -> [SignatureKey] {
        do {
            return try SignatureKey.keys(of: configuration.keyDefinitions, trustedOwners: owners)
        } catch {
            throw Failure(.badConfiguration, "\(error)", isUnreadable: error.isUnreadable)
        }
    }

    /// Returns the check as the host asks it for a module; a refusal is logged, as Liberator does.
    ///
    /// - Parameter uses: whether tokens are used up by it; not where a shadow asks after the module in force.
    func check(log: Logger, uses: Bool = true)
        -> @Sendable (_ key: String, _ token: String, _ user: String) -> SignatureOutcome
    {
        { key, token, user in
            switch self.check(keyID: key, token: Array(token.utf8), user: user, uses: uses) {
            case .valid: return .valid
            case .refused(let reason):
                log.notice("\(reason)", metadata: ["user": "\(user)"])
                return .refused(reason: reason)
            case .failed(let reason):
                log.error("\(reason)", metadata: ["user": "\(user)"])
                return .failed(reason: reason)
            }
        }
    }
}

extension Configuration {
    fileprivate var keyDefinitions: [SignatureKeyDefinition] {
        signatureKeys.compactMap { key in
            // The table of items accepts no other hash.
            guard let hash = HashAlgorithm(configurationValue: key.hash) else { return nil }
            return SignatureKeyDefinition(
                id: key.id, idSource: "\(key.idSource)", keyFile: key.file, keyFileSource: "\(key.fileSource)",
                hash: hash, hashSource: "\(key.hashSource)", lifetime: key.lifetime)
        }
    }
}

// Typed access to the items of log-in by signed token.
extension Configuration {
    /// An `add-sigkey` block; what its file holds is for the reader of keys to check.
    public struct SignatureKey: Hashable, Sendable {
        /// What users files and modules call the key.
        public let id: String
        /// Where the name stands.
        public let idSource: SettingSource
        /// The path of the public key.
        public let file: String
        /// Where the path stands.
        public let fileSource: SettingSource
        /// The hash, by name or number.
        public let hash: String
        /// Where the hash stands, or the block when the default holds.
        public let hashSource: SettingSource
        /// How long a token is good.
        public let lifetime: Duration
    }

    /// The public keys, in order.
    public var signatureKeys: [SignatureKey] {
        blocks(ItemDefinition.signatureKey.name).compactMap { block in
            guard let (id, idSource) = Self.text(block, .keyID), let (file, fileSource) = Self.text(block, .keyFile),
                let (hash, hashSource) = Self.text(block, .hashingAlgorithm)
            else { return nil }
            return SignatureKey(
                id: id, idSource: idSource, file: file, fileSource: fileSource, hash: hash, hashSource: hashSource,
                lifetime: lifetime(block))
        }
    }

    /// How far the clocks of those who sign tokens may be from the host's.
    public var signatureLeeway: Duration { seconds(.signatureLeeway) }
    /// What the `aud` of a token must name; nil refuses tokens with an `aud`.
    public var signatureAudience: String? { text(.signatureAudience) }
    /// The file of used tokens.
    public var signatureStore: String { text(.signatureStore) ?? "" }
    /// How many used tokens are remembered.
    public var signatureUsedLimit: Int { integer(.signatureUsedLimit) }

    private func lifetime(_ block: ConfigurationBlock) -> Duration {
        guard case .float(let own) = block[ItemDefinition.keyTimeout.name]?.value, own > 0 else {
            return seconds(.signatureValidTime)
        }
        return .seconds(own)
    }

    private static func text(_ block: ConfigurationBlock, _ item: ItemDefinition) -> (String, SettingSource)? {
        guard let setting = block[item.name], case .text(let text) = setting.value else { return nil }
        return (text, setting.source == .builtIn ? block.source : setting.source)
    }
}

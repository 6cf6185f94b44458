import Rules

/// What checking one stored password costs: a kind of hash, and how many of its steps. Equal costs take equal time.
package struct HashCost: Sendable, Hashable {
    /// The kinds of hashes; the steps of two kinds cannot be compared.
    package enum Kind: Sendable, Hashable {
        case saltedSHA256, md5, sunMD5, nt, sha1, sha256, sha512, bcrypt
        /// scrypt, yescrypt and gost-yescrypt of the same parameters, as in `y$j9T`. Other parameters are another kind:
        /// how much of the memory lies in a processor's cache decides their time, and no sum of smaller ones equals it.
        case memoryHard(String)
        /// What a later crypt(3) has beside them.
        case other
    }

    /// How the password is hashed.
    package let kind: Kind
    /// Rounds; for bcrypt two to the power of its cost; 1 where a kind has one cost.
    package let steps: Int

    init(_ kind: Kind, steps: Int) {
        self.kind = kind
        self.steps = steps
    }

    /// Reads the cost of a stored password that ``PasswordHash`` accepts; nil for `{PLAIN}`, which costs no hash.
    init?(of stored: [UInt8]) {
        if stored.starts(with: PasswordHash.saltedPrefix) {
            self.init(.saltedSHA256, steps: 1)
            return
        }
        guard stored.first == UInt8(ascii: "$") else { return nil }
        let fields = stored.dropFirst().prefix(64).split(separator: UInt8(ascii: "$"), maxSplits: 2)
        guard let method = fields.first else { return nil }
        let setting = fields.count > 1 ? fields[1] : []
        switch String(decoding: method, as: UTF8.self) {
        case "1": self.init(.md5, steps: 1)
        case "3": self.init(.nt, steps: 1)
        case "5": self.init(.sha256, steps: Self.rounds(setting) ?? Self.usualRounds)
        case "6": self.init(.sha512, steps: Self.rounds(setting) ?? Self.usualRounds)
        case "7":
            self.init(
                .memoryHard("7$" + String(decoding: setting.prefix(Self.scryptParameters), as: UTF8.self)), steps: 1)
        case "y", "gy":
            let parameters = [method, setting].map { String(decoding: $0, as: UTF8.self) }
            self.init(.memoryHard(parameters.joined(separator: "$")), steps: 1)
        case "sha1": self.init(.sha1, steps: Self.number(setting) ?? 1)
        case "2a", "2b", "2x", "2y": self.init(.bcrypt, steps: 1 << min(Self.number(setting) ?? 0, 31))
        case "md5": self.init(.sunMD5, steps: Self.sunRounds)
        case let name where name.hasPrefix("md5,"):
            self.init(.sunMD5, steps: Self.sunRounds + (Self.rounds(method.dropFirst(4)) ?? 0))
        default: self.init(.other, steps: 1)
        }
    }

    /// Of sha256crypt and sha512crypt without `rounds=`; fewer than ``fewestRounds`` they do not take (crypt(5)).
    static let usualRounds = 5_000
    static let fewestRounds = 1_000
    /// How many letters of scrypt's setting are its parameters: log2 of N, one, then r and p, five each. The salt follows.
    private static let scryptParameters = 11
    /// Of SunMD5, to which `rounds=` adds.
    static let sunRounds = 4_096

    private static func rounds(_ text: ArraySlice<UInt8>) -> Int? {
        let prefix = Array("rounds=".utf8)
        return text.starts(with: prefix) ? number(text.dropFirst(prefix.count)) : nil
    }

    private static func number(_ text: ArraySlice<UInt8>) -> Int? { Int(String(decoding: text, as: UTF8.self)) }
}

import Accounts

/// Says which stored passwords are easier to guess than they need to be.
///
/// Rough on purpose: what is below the costs that crypt(5) and the authors of the schemes give as their defaults.
enum PasswordWeakness {
    private static let schemes: [(prefix: String, reason: String)] = [
        ("{PLAIN}", "`{PLAIN}` is the password itself"),
        ("{SSHA256}", "`{SSHA256}` is one round of SHA-256, fast to guess"),
        ("$1$", "md5crypt (`$1$`) is fast to guess, and its author has withdrawn it"),
        ("$md5", "SunMD5 (`$md5`) is fast to guess"),
        ("$sha1$", "sha1crypt (`$sha1$`) is fast to guess"),
        ("$3$", "the NT hash (`$3$`) has neither a salt nor rounds"),
        ("$2x$", "`$2x$` is of a bcrypt that misread letters beyond ASCII"),
    ]

    /// Returns why a stored password is weak; nil when it is not, or when nothing is known about it.
    static func reason(_ stored: [UInt8]) -> String? {
        let text = String(decoding: stored, as: UTF8.self)
        if let known = schemes.first(where: { text.hasPrefix($0.prefix) }) { return known.reason }
        let fields = text.split(separator: "$", omittingEmptySubsequences: false).map(String.init)
        guard fields.count > 2 else { return nil }
        switch fields[1] {
        case "2a", "2b", "2y": return bcrypt(fields[2])
        case "5", "6": return sha(fields[2])
        case "y", "gy": return yescrypt(fields[2])
        case "7": return scrypt(fields[2])
        default: return nil
        }
    }

    private static func bcrypt(_ cost: String) -> String? {
        guard let cost = Int(cost), cost < 10 else { return nil }
        return "bcrypt with a cost of \(cost), 10 or more is expected"
    }

    /// Without `rounds=` the default of 5,000 holds.
    private static func sha(_ field: String) -> String? {
        guard field.hasPrefix("rounds="), let rounds = Int(field.dropFirst(7)), rounds < 5_000 else { return nil }
        return "\(rounds) rounds, 5000 or more are expected"
    }

    /// The parameters are, in the digits of crypt(5): the flavour, log2 of N, and r; memory is 128 * N * r bytes.
    private static func yescrypt(_ field: String) -> String? {
        let digits = field.utf8.map(CryptDigit.value)
        guard digits.count >= 3, let logN = digits[1], let r = digits[2] else { return nil }
        let memory = 128 * (r + 1) << (logN + 1)
        return memory < 16 << 20 ? "yescrypt with \(memory >> 10) KiB of memory, 16384 or more are expected" : nil
    }

    private static func scrypt(_ field: String) -> String? {
        guard let logN = field.utf8.first.flatMap(CryptDigit.value), logN < 14 else { return nil }
        return "scrypt with N = 2^\(logN), 2^14 or more is expected"
    }
}

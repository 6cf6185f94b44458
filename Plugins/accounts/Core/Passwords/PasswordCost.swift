/// Refuses stored passwords whose cost would hold a thread for minutes, or take more memory than a host has to spare.
enum PasswordCost {
    private static let highestBcrypt = 17
    private static let mostRounds = 10_000_000
    /// Of scrypt and yescrypt together with their repetitions.
    private static let mostMemory = 1 << 30

    /// fields: the stored password, split at each `$`.
    static func refusal(of fields: [String]) -> PasswordHash.Refusal? {
        guard fields.count > 2 else { return nil }
        switch fields[1] {
        case "2a", "2b", "2x", "2y":
            return (Int(fields[2]) ?? .max) <= highestBcrypt
                ? nil : .init("bcrypt with a cost of \(fields[2]), at most \(highestBcrypt) is accepted")
        case "5", "6":
            return fields[2].hasPrefix("rounds=") ? rounds(fields[2].dropFirst("rounds=".count)) : nil
        case "sha1": return rounds(fields[2][...])
        case "y", "gy": return yescrypt(Array(fields[2].utf8))
        case "7": return scrypt(Array(fields[2].utf8))
        default: return fields[1].hasPrefix("md5,rounds=") ? rounds(fields[1].dropFirst("md5,rounds=".count)) : nil
        }
    }

    private static func rounds(_ number: Substring) -> PasswordHash.Refusal? {
        (Int(number) ?? .max) <= mostRounds
            ? nil : .init("\(number.prefix(20)) rounds, at most \(mostRounds) are accepted")
    }

    /// The parameters are the flavour, log2 of N, and r, a digit each; what stands behind them is parallelism and more time.
    private static func yescrypt(_ digits: [UInt8]) -> PasswordHash.Refusal? {
        guard digits.count == 3, let logN = CryptDigit.value(digits[1]), let r = CryptDigit.value(digits[2]) else {
            return .init("yescrypt with more parameters than N and r, those of crypt_gensalt(3) are accepted")
        }
        return memory(logN: logN + 1, r: r + 1, p: 1)
    }

    /// The parameters are log2 of N, one digit, then r and p, five each.
    private static func scrypt(_ digits: [UInt8]) -> PasswordHash.Refusal? {
        guard digits.count > 10, let logN = CryptDigit.value(digits[0]), let r = CryptDigit.number(digits[1...5]),
            let p = CryptDigit.number(digits[6...10])
        else { return .init("scrypt whose parameters N, r and p cannot be read") }
        return memory(logN: logN, r: r, p: p)
    }

    /// Memory is 128 * N * r bytes, and time grows with p.
    private static func memory(logN: Int, r: Int, p: Int) -> PasswordHash.Refusal? {
        let (blocks, overflow) = (r * p).multipliedReportingOverflow(by: 128)
        guard logN <= 30, !overflow, blocks <= mostMemory >> logN else {
            return .init("a cost of more than 1 GiB of memory, at most that is accepted")
        }
        return nil
    }
}

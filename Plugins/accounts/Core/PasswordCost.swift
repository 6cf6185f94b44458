/// Says what crypt(3) would take and nobody can log in with: stored passwords that end before their hash (crypt(5)).
enum CryptShape {
    /// By method, how many parts a stored password has without its `rounds=`, and how many letters its hash.
    private static let methods: [String: (parts: Int, hash: Int)] = [
        "1": (4, 22), "3": (4, 32), "5": (4, 43), "6": (4, 86), "7": (4, 43), "y": (5, 43), "gy": (5, 43),
        "sha1": (5, 28), "2a": (4, 53), "2b": (4, 53), "2x": (4, 53), "2y": (4, 53),
    ]

    /// fields: the stored password, split at each `$`.
    static func refusal(of fields: [String]) -> PasswordHash.Refusal? {
        guard fields.count > 2, let method = methods[fields[1]] else { return nil }
        let hasRounds = ["5", "6"].contains(fields[1]) && fields[2].hasPrefix("rounds=")
        guard fields.count == method.parts + (hasRounds ? 1 : 0), let hash = fields.last,
            hash.utf8.count == method.hash, hash.utf8.allSatisfy(isLetter)
        else {
            return .init(
                "the stored password is not whole: behind its setting a hash of \(method.hash) letters, digits, `.` and `/`"
                    + " is expected")
        }
        return nil
    }

    private static func isLetter(_ byte: UInt8) -> Bool { CryptDigit.value(byte) != nil }
}

/// Reads the digits of crypt(5): `./0-9A-Za-z`.
package enum CryptDigit {
    /// The value of a digit, 0...63; nil when it is none.
    package static func value(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: ".")...UInt8(ascii: "9"): Int(byte) - 46
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(byte) - 65 + 12
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte) - 97 + 38
        default: nil
        }
    }

    /// The number that five digits stand for, the lowest first (scrypt of crypt(5)); nil when one is none.
    static func number(_ digits: some Collection<UInt8>) -> Int? {
        var number = 0
        for (index, byte) in digits.enumerated() {
            guard let value = value(byte) else { return nil }
            number |= value << (6 * index)
        }
        return number
    }
}

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

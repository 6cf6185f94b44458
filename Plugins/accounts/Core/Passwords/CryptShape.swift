/// Finds stored passwords that end before their hash (crypt(5)): crypt(3) takes them, and no user can log in with one.
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

import CLibCrypt

/// The ways in which a users file may keep a password.
enum PasswordScheme: Sendable, Hashable {
    case plain
    /// base64(sha256(password + salt) + salt), as LDAP servers write it.
    case saltedSHA256
    /// A format of the system's crypt(3).
    case crypt
}

/// Recognises stored passwords; what it cannot verify without cutting the password short it refuses.
enum PasswordHash {
    static let plainPrefix = Array("{PLAIN}".utf8)
    static let saltedPrefix = Array("{SSHA256}".utf8)
    static let digestSize = 32
    static let longestStored = 383

    /// Reads the scheme of a stored password. On refusal returns what is wrong, without the value.
    static func scheme(of stored: UnsafeBufferPointer<UInt8>) -> Result<PasswordScheme, Refusal> {
        if stored.count > longestStored {
            return .failure(
                Refusal("a stored password of \(stored.count) bytes, at most \(longestStored) are accepted"))
        }
        if stored.starts(with: plainPrefix) { return .success(.plain) }
        if stored.starts(with: saltedPrefix) {
            return hasSaltedForm(LentText(rebasing: stored.dropFirst(saltedPrefix.count)))
                ? .success(.saltedSHA256)
                : .failure(Refusal("`{SSHA256}` is not followed by the base64 of 32 digest bytes and a salt"))
        }
        return cryptScheme(stored)
    }

    /// Checks the letters of base64, and its end by decoding: a large file has too many to decode each whole.
    private static func hasSaltedForm(_ text: LentText) -> Bool {
        guard text.count % 4 == 0, text.count / 4 * 3 > digestSize else { return false }
        let letters = text.dropLast(4).allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                || UInt8(ascii: "/")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: "+")
        }
        guard letters, let end = decode(LentText(rebasing: text.suffix(4))) else { return false }
        return (text.count / 4 - 1) * 3 + end > digestSize
    }

    /// Decodes four letters; nil unless they are base64. Returns how many bytes they stand for.
    private static func decode(_ letters: LentText) -> Int? {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4) { buffer in Base64.decode(letters, into: buffer) }
    }

    /// Decodes the base64 of a `{SSHA256}` password; nil unless a digest and 1 byte of salt or more are there.
    static func decodeSalted(_ stored: UnsafeBufferPointer<UInt8>, into buffer: UnsafeMutableBufferPointer<UInt8>)
        -> Int?
    {
        guard let length = Base64.decode(LentText(rebasing: stored.dropFirst(saltedPrefix.count)), into: buffer)
        else { return nil }
        return length > digestSize ? length : nil
    }

    struct Refusal: Error {
        let message: String

        init(_ message: String) { self.message = message }
    }

    private static func cryptScheme(_ stored: UnsafeBufferPointer<UInt8>) -> Result<PasswordScheme, Refusal> {
        // NOTE: the traditional formats without `$` look at 8 bytes of a password and ignore the rest.
        let accepted = "accepted are crypt(3) formats such as `$y$…`, `$2b$…`, `$6$…`, and `{SSHA256}`"
        guard stored.first == UInt8(ascii: "$") else {
            return .failure(Refusal("the stored password is in no known format; \(accepted)"))
        }
        guard !stored.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) else {
            return .failure(Refusal("the stored password holds a byte that no crypt(3) format has"))
        }
        let status = withUnsafeTemporaryAllocation(of: CChar.self, capacity: longestStored + 1) { setting in
            for (index, byte) in stored.enumerated() {
                setting.initializeElement(at: index, to: CChar(bitPattern: byte))
            }
            setting.initializeElement(at: stored.count, to: 0)
            // SAFETY: NUL-terminated, and no longer than the buffer; crypt_checksalt(3) keeps nothing.
            return setting.baseAddress.map { crypt_checksalt($0) } ?? CRYPT_SALT_INVALID
        }
        guard status == CRYPT_SALT_OK || status == CRYPT_SALT_METHOD_LEGACY else {
            return .failure(Refusal("the system's crypt(3) cannot verify the stored password's format; \(accepted)"))
        }
        let fields = stored.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        if let refusal = CryptShape.refusal(of: fields) ?? PasswordCost.refusal(of: fields) { return .failure(refusal) }
        return .success(.crypt)
    }
}

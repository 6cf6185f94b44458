import CLibCrypt
import CLibNettle

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
            return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: longestStored) { buffer in
                decodeSalted(stored, into: buffer) == nil
                    ? .failure(Refusal("`{SSHA256}` is not followed by the base64 of 32 digest bytes and a salt"))
                    : .success(.saltedSHA256)
            }
        }
        return cryptScheme(stored)
    }

    /// Decodes the base64 of a `{SSHA256}` password; nil unless a digest and 1 byte of salt or more are there.
    static func decodeSalted(_ stored: UnsafeBufferPointer<UInt8>, into buffer: UnsafeMutableBufferPointer<UInt8>)
        -> Int?
    {
        let text = UnsafeBufferPointer(rebasing: stored.dropFirst(saltedPrefix.count))
        guard let target = buffer.baseAddress, let source = text.baseAddress, !text.isEmpty else { return nil }
        var context = base64_decode_ctx()
        nettle_base64_decode_init(&context)
        var length = buffer.count
        // SAFETY: base64 shrinks: `buffer` holds the longest stored value undecoded, so the decoded one fits.
        let isRead = source.withMemoryRebound(to: CChar.self, capacity: text.count) {
            nettle_base64_decode_update(&context, &length, target, text.count, $0)
        }
        guard isRead == 1, nettle_base64_decode_final(&context) == 1, length > digestSize else { return nil }
        return length
    }

    /// The part of a crypt(3) setting that names method and cost: hashes of equal family take equal time.
    static func family(of stored: [UInt8]) -> [UInt8] {
        if stored.starts(with: saltedPrefix) { return saltedPrefix }
        if stored.starts(with: plainPrefix) { return plainPrefix }
        let fields = stored.split(separator: UInt8(ascii: "$"), maxSplits: 3, omittingEmptySubsequences: false)
        guard fields.count > 2 else { return [] }
        let hasCost = !["1", "5", "6"].contains(String(decoding: fields[1], as: UTF8.self)) || fields[2].contains(61)
        return Array(fields[1]) + (hasCost ? [36] + Array(fields[2]) : [])
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
        let status = (stored.map(CChar.init(bitPattern:)) + [0]).withUnsafeBufferPointer { setting -> Int32 in
            // SAFETY: NUL-terminated above; crypt_checksalt(3) keeps nothing.
            setting.baseAddress.map { crypt_checksalt($0) } ?? CRYPT_SALT_INVALID
        }
        guard status == CRYPT_SALT_OK || status == CRYPT_SALT_METHOD_LEGACY else {
            return .failure(Refusal("the system's crypt(3) cannot verify the stored password's format; \(accepted)"))
        }
        return .success(.crypt)
    }
}

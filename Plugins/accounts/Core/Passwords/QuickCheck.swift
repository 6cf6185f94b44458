import CLibNettle
import Glibc

/// Verifies stored passwords whose check costs less than handing it to another thread: `{PLAIN}` and `{SSHA256}`.
enum QuickCheck {
    /// Whether a stored password is of these schemes.
    static func covers(_ stored: LentText) -> Bool {
        stored.starts(with: PasswordHash.saltedPrefix) || stored.starts(with: PasswordHash.plainPrefix)
    }

    /// Compares a password with a stored one, in time that does not depend on how much of them is equal. Takes a few
    /// microseconds.
    ///
    /// stored: one that is covered. Returns the answer, and which hash finding out has cost.
    static func verify(_ password: LentText, against stored: LentText, meter: PasswordCheck.Meter?)
        -> (PasswordCheck.Answer, HashCost?)
    {
        if password.contains(0) { return (.refused("the password holds a NUL"), nil) }
        if stored.starts(with: PasswordHash.plainPrefix) {
            let rest = LentText(rebasing: stored.dropFirst(PasswordHash.plainPrefix.count))
            return (isEqual(password, rest) ? .right : .wrong, nil)
        }
        meter?(.salted)
        return (salted(password, stored), .salted)
    }

    /// Does the work of a wrong answer that such a check has not done yet.
    ///
    /// work: one that is quick.
    static func spend(
        _ work: WrongAnswerWork, on password: LentText, after done: HashCost?, meter: PasswordCheck.Meter?
    ) {
        for setting in work.rest(after: done) {
            meter?(.salted)
            _ = setting.withUnsafeBufferPointer { salted(password, $0) }
        }
    }

    /// Says whether two texts are equal. The lengths of stored passwords are no secret worth hiding; their bytes are.
    static func isEqual(_ left: LentText, _ right: LentText) -> Bool {
        guard left.count == right.count else { return false }
        guard let left = left.baseAddress, let other = right.baseAddress, right.count > 0 else { return true }
        // SAFETY: both hold `count` bytes.
        return nettle_memeql_sec(left, other, right.count) == 1
    }

    /// Compares the hash of a password with a `{SSHA256}` one.
    static func salted(_ password: LentText, _ stored: LentText) -> PasswordCheck.Answer {
        let size = PasswordHash.digestSize
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: PasswordHash.longestStored + size) { room in
            let decoded = UnsafeMutableBufferPointer(rebasing: room.dropFirst(size))
            guard let length = PasswordHash.decodeSalted(stored, into: decoded), let digest = room.baseAddress else {
                return .failed("the stored password cannot be read")
            }
            let salt = LentText(UnsafeMutableBufferPointer(rebasing: decoded[size..<length]))
            var context = sha256_ctx()
            // A hash keeps the end of what it was given.
            defer { explicit_bzero(&context, MemoryLayout<sha256_ctx>.size) }
            nettle_sha256_init(&context)
            // SAFETY: lengths are those of the buffers, and the room begins with that of a digest; nettle keeps no pointer.
            nettle_sha256_update(&context, password.count, password.baseAddress)
            nettle_sha256_update(&context, salt.count, salt.baseAddress)
            nettle_sha256_digest(&context, size, digest)
            return nettle_memeql_sec(digest, digest + size, size) == 1 ? .right : .wrong
        }
    }
}

extension HashCost {
    /// Of a `{SSHA256}` password.
    fileprivate static var salted: HashCost { HashCost(.saltedSHA256, steps: 1) }
}

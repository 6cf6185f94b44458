import CLibCrypt
import Glibc

/// Verifies passwords on one thread, with scratch memory of its own that is wiped after each use.
final class PasswordCheck {
    enum Answer: Sendable, Hashable {
        case right
        case wrong
        /// The password cannot be given to the scheme whole.
        case refused(String)
        case failed(String)
    }

    /// Told of each hash that is computed.
    typealias Meter = @Sendable (HashCost) -> Void

    private let scratch: UnsafeMutablePointer<crypt_data>
    private let meter: Meter?
    /// What the last ``verify(_:against:)`` hashed; nil for nothing.
    private(set) var lastCost: HashCost?

    init(meter: Meter? = nil) {
        self.meter = meter
        scratch = .allocate(capacity: 1)
        // SAFETY: crypt_data is plain memory, and all zeros is its initial state (crypt(3)).
        memset(scratch, 0, MemoryLayout<crypt_data>.size)
    }

    deinit { scratch.deallocate() }

    /// Compares a password with a stored one, in time that does not depend on how much of them is equal.
    ///
    /// Blocks for as long as the hash takes: 1 µs to a second.
    func verify(_ password: SecretCopy, against stored: [UInt8]) -> Answer {
        lastCost = nil
        let quick = stored.withUnsafeBufferPointer { stored in
            QuickCheck.covers(stored) ? QuickCheck.verify(password.bytes, against: stored, meter: meter) : nil
        }
        if let (answer, cost) = quick {
            lastCost = cost
            return answer
        }
        if password.bytes.contains(0) { return .refused("the password holds a NUL") }
        return verifyCrypt(password, stored)
    }

    /// Does what is left of the work of a wrong answer, after `done`.
    ///
    /// Blocks for as long as the hashes take. What of the password no hash can cover is left out.
    func spend(_ work: WrongAnswerWork, on password: SecretCopy, after done: HashCost?) {
        let longest = Int(CRYPT_MAX_PASSPHRASE_SIZE) - 1
        let cut = password.bytes.count > longest ? SecretCopy(password.bytes.extracting(..<longest).span) : password
        for setting in work.rest(after: done) {
            if setting.starts(with: PasswordHash.saltedPrefix) {
                note(setting)
                _ = setting.withUnsafeBufferPointer { QuickCheck.salted(password.bytes, $0) }
            } else {
                _ = withHash(of: cut, setting) { _ in }
            }
        }
    }

    private func verifyCrypt(_ password: SecretCopy, _ stored: [UInt8]) -> Answer {
        let limit = stored.starts(with: Array("$2".utf8)) ? 72 : Int(CRYPT_MAX_PASSPHRASE_SIZE) - 1
        if password.bytes.count > limit {
            return .refused("the password has more than the \(limit) bytes that its hash can cover")
        }
        return withHash(of: password, stored) { computed in
            stored.withUnsafeBufferPointer { QuickCheck.isEqual(computed, $0) ? .right : .wrong }
        }
            ?? .failed("crypt(3) refused the stored password: errno \(errno)")
    }

    /// Hashes as a stored password or a setting says, and lends the result; nil when crypt(3) refuses it.
    private func withHash<Result>(
        of password: SecretCopy, _ setting: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result? {
        // SAFETY: the scratch is wiped before it is left, whatever happens.
        defer { explicit_bzero(scratch, MemoryLayout<crypt_data>.size) }
        note(setting)
        let text = (setting + [0]).map(CChar.init(bitPattern:))
        // SAFETY: both strings are NUL-terminated; the result points into `scratch`.
        let computed = password.withCString { crypt_r($0, text, scratch) }
        guard let computed, computed[0] != CChar(bitPattern: UInt8(ascii: "*")) else { return nil }
        let result = UnsafeBufferPointer(start: computed, count: strlen(computed))
        return result.withMemoryRebound(to: UInt8.self, body)
    }

    private func note(_ stored: [UInt8]) {
        guard let cost = HashCost(of: stored) else { return }
        lastCost = cost
        meter?(cost)
    }
}

/// Holds a copy of a password until it has been checked, and wipes it.
final class SecretCopy: @unchecked Sendable {
    // Sendable: written in init and deinit only.
    let bytes: UnsafeBufferPointer<UInt8>
    private let storage: UnsafeMutableBufferPointer<UInt8>

    init(_ password: Span<UInt8>) {
        storage = .allocate(capacity: password.count + 1)
        storage.initialize(repeating: 0)
        for index in password.indices { storage[index] = password[index] }
        bytes = UnsafeBufferPointer(rebasing: storage.dropLast())
    }

    deinit {
        // SAFETY: the copy is owned; explicit_bzero(3) is not optimised away.
        if let base = storage.baseAddress { explicit_bzero(base, storage.count) }
        storage.deallocate()
    }

    func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        storage.withMemoryRebound(to: CChar.self) { body(UnsafePointer($0.baseAddress.unsafelyUnwrapped)) }
    }
}

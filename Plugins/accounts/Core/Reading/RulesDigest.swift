import CLibNettle
import Synchronization

/// The SHA-256 of what rules were read from, in the order of reading: of one file what sha256sum(1) prints.
package final class RulesDigest: Sendable {
    private let context: Mutex<sha256_ctx>

    /// Has taken nothing yet.
    package init() {
        var fresh = sha256_ctx()
        nettle_sha256_init(&fresh)
        context = Mutex(fresh)
    }

    /// Takes what was read next.
    package func add(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        // SAFETY: nettle reads so many bytes, which stand still for the call.
        context.withLock { nettle_sha256_update(&$0, bytes.count, start.assumingMemoryBound(to: UInt8.self)) }
    }

    /// Takes what was read next.
    package func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

    /// Returns 64 digits of 0-9 and a-f, and has taken nothing then.
    package func finish() -> String {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_SIZE))
        context.withLock { nettle_sha256_digest(&$0, digest.count, &digest) }
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

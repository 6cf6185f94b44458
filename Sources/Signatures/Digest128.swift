import Crypto
import FoundationEssentials

/// The first 16 bytes of a SHA-256: names a key or a token without keeping it.
struct Digest128: Hashable, Sendable {
    static let byteCount = 16

    let high: UInt64
    let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    init(of bytes: some DataProtocol) {
        self.init(bytes: SHA256.hash(data: bytes).prefix(Self.byteCount))
    }

    /// Takes the first 16 of `bytes`, which are at least as many.
    init(bytes: some Sequence<UInt8>) {
        var words: (UInt64, UInt64) = (0, 0)
        for (index, byte) in bytes.prefix(Self.byteCount).enumerated() {
            if index < 8 { words.0 = words.0 << 8 | UInt64(byte) } else { words.1 = words.1 << 8 | UInt64(byte) }
        }
        (high, low) = words
    }

    var bytes: [UInt8] { [high, low].flatMap(\.bigEndianBytes) }
}

extension FixedWidthInteger {
    var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { [UInt8]($0) } }
}

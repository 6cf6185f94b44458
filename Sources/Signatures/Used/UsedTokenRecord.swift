import Crypto

/// One record of the file of used tokens.
///
/// 64 bytes: the token's identity (16), the key's fingerprint (16), `issued` and `until` in seconds since 1970 (4
/// each, the higher byte first), the kind (1), zeros (7), and the first 16 bytes of the SHA-256 of all that. A sector
/// holds whole records, and no bit can change without notice.
struct UsedTokenRecord: Equatable {
    static let byteCount = 64

    enum Kind: UInt8 {
        /// The token was used; it cannot be good any more at `until`.
        case used = 1
        /// Used tokens of the key that were issued up to `issued` may have been forgotten: none of them is good.
        case forgotten = 2
    }

    var kind: Kind
    var token: Digest128
    var key: Digest128
    var issued: UInt32
    var until: UInt32

    static func forgotten(upTo issued: UInt32, of key: Digest128) -> UsedTokenRecord {
        UsedTokenRecord(kind: .forgotten, token: Digest128(bytes: []), key: key, issued: issued, until: 0)
    }
}

extension UsedTokenRecord {
    private static let contentCount = byteCount - Digest128.byteCount

    func encode(to bytes: inout [UInt8]) {
        let content =
            token.bytes + key.bytes + issued.bigEndianBytes + until.bigEndianBytes + [kind.rawValue]
            + [UInt8](repeating: 0, count: 7)
        bytes += content
        bytes += SHA256.hash(data: content).prefix(Digest128.byteCount)
    }

    /// Reads a record of ``byteCount`` bytes; nil when any bit of it is not as it was written.
    init?(_ bytes: UnsafeRawBufferPointer) {
        let content = UnsafeRawBufferPointer(rebasing: bytes[..<Self.contentCount])
        var hash = SHA256()
        hash.update(bufferPointer: content)
        guard hash.finalize().prefix(Digest128.byteCount).elementsEqual(bytes[Self.contentCount...]),
            let kind = Kind(rawValue: content[40])
        else { return nil }
        func number<Number: FixedWidthInteger>(_ offset: Int) -> Number {
            Number(bigEndian: content.loadUnaligned(fromByteOffset: offset, as: Number.self))
        }
        self.init(
            kind: kind, token: Digest128(high: number(0), low: number(8)),
            key: Digest128(high: number(16), low: number(24)), issued: number(32), until: number(36))
    }
}

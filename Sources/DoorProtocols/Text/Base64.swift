import AuthCore

/// Base64 (RFC 4648, section 4), read strictly: padded, canonical, nothing between the characters.
enum Base64 {
    static func decode(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(range.count / 4 * 3)
        return decode(bytes, range, to: { decoded.append($0) }) ? decoded : nil
    }

    /// The same, of a text that holds a secret.
    static func decodeSecret(_ bytes: Span<UInt8>, _ range: Range<Int>) -> SecretBytes? {
        var decoded = SecretBytes(capacity: range.count / 4 * 3)
        guard decode(bytes, range, to: { decoded.append($0) }) else { return nil }
        return decoded
    }

    /// Gives the bytes one by one; false: the text is no Base64.
    private static func decode(_ bytes: Span<UInt8>, _ range: Range<Int>, to give: (UInt8) -> Void) -> Bool {
        guard range.count % 4 == 0 else { return false }
        var end = range.upperBound
        while end > range.lowerBound, range.upperBound - end < 2, bytes[end - 1] == UInt8(ascii: "=") { end -= 1 }
        var bits: UInt32 = 0
        var count = 0
        for index in range.lowerBound..<end {
            guard let value = value(bytes[index]) else { return false }
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                give(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        // Bits left over must be zero: there is one way to write a text.
        return bits & (1 << UInt32(count) - 1) == 0
    }

    private static func value(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

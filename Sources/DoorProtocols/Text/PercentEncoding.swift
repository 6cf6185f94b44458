import AuthCore

/// Percent-encoding (RFC 3986, section 2.1).
enum PercentEncoding {
    /// Decodes once; nil where a `%` is not followed by two hexadecimal digits.
    static func decode(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(range.count)
        return decode(bytes, range, to: { decoded.append($0) }) ? decoded : nil
    }

    /// The same for a part of a form, where `+` is a space; its value may be a secret.
    static func decodeForm(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Secret? {
        var decoded = SecretBytes(capacity: range.count)
        let isForm = decode(bytes, range, plus: RequestGrammar.space, to: { decoded.append($0) })
        return isForm ? Secret(decoded) : nil
    }

    private static func decode(
        _ bytes: Span<UInt8>, _ range: Range<Int>, plus: UInt8 = UInt8(ascii: "+"), to give: (UInt8) -> Void
    ) -> Bool {
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            guard byte == UInt8(ascii: "%") else {
                give(byte == UInt8(ascii: "+") ? plus : byte)
                index += 1
                continue
            }
            guard index + 2 < range.upperBound, let high = RequestGrammar.hexadecimalValue(bytes[index + 1]),
                let low = RequestGrammar.hexadecimalValue(bytes[index + 2])
            else { return false }
            give(high << 4 | low)
            index += 3
        }
        return true
    }

    /// Decodes all of it once; nil where a `%` is not followed by two hexadecimal digits.
    static func decode(_ bytes: Span<UInt8>) -> [UInt8]? { decode(bytes, 0..<bytes.count) }

    /// A byte as `%XX`.
    static func escape(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.count == 1 ? "%0\(digits)" : "%\(digits)"
    }

    /// Writes a text as visible ASCII: everything else, and `%` itself, as `%XX`. Fit for a field value.
    ///
    /// - Parameter other: other characters that are written as `%XX`.
    static func encode(_ bytes: some Collection<UInt8>, and other: Unicode.Scalar? = nil) -> String {
        let isKept = { (byte: UInt8) in isPlain(byte) && other != Unicode.Scalar(byte) }
        if bytes.allSatisfy(isKept) { return String(decoding: bytes, as: UTF8.self) }
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in bytes {
            if isKept(byte) {
                encoded.append(byte)
            } else {
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    private static func isPlain(_ byte: UInt8) -> Bool { (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "%") }
}

/// Base64 (RFC 4648, section 4), as stored digests are written. A log-in decodes one, in a fifth of the instructions that a reader
/// takes which is given letter by letter.
enum Base64 {
    /// What no letter stands for.
    private static let none: UInt8 = 0xff

    /// What each letter stands for.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: none, count: 256)
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        for (value, letter) in letters.utf8.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    /// Decodes groups of four letters, the last of which may be filled up; nil for anything else.
    ///
    /// buffer: three bytes for each group. Returns how many bytes the letters stand for.
    static func decode(_ text: LentText, into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int? {
        guard !text.isEmpty, text.count % 4 == 0, buffer.count >= text.count / 4 * 3 else { return nil }
        let padding = text.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        let letters = text.count - padding
        return values.withUnsafeBufferPointer { values in
            var (bits, length, isBad): (UInt32, Int, UInt8) = (0, 0, 0)
            for index in 0..<letters {
                let value = values[Int(text[index])]
                isBad |= value
                bits = bits << 6 | UInt32(value)
                // Each letter but the first of a group completes a byte.
                guard index % 4 != 0 else { continue }
                buffer[length] = UInt8(truncatingIfNeeded: bits >> UInt32(6 - index % 4 * 2))
                length += 1
            }
            // The bits of a last letter that no byte has are zero: a digest has one spelling.
            let spare = UInt32(1) << UInt32(padding * 2) - 1
            return isBad & 0x80 == 0 && bits & spare == 0 ? length : nil
        }
    }
}

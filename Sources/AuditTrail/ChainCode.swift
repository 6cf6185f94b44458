import CLibNettle

/// What a line of a chained audit log ends with: 128 bits of an HMAC-SHA256 over the value before it and the line.
package struct ChainValue: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    /// Before the first line of a chain.
    package static let none = ChainValue(high: 0, low: 0)

    /// The 32 hexadecimal digits that lines have.
    package var text: String { Self.digits(high) + Self.digits(low) }

    private static func digits(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }

    /// Reads 32 digits of 0-9 and a-f; nil for anything else.
    package init?(_ text: some Collection<UInt8>) {
        guard text.count == 32 else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        for (index, byte) in text.enumerated() {
            guard let digit = Hexadecimal.digit(byte) else { return nil }
            if index < 16 { words.0 = words.0 << 4 | UInt64(digit) } else { words.1 = words.1 << 4 | UInt64(digit) }
        }
        self.init(high: words.0, low: words.1)
    }
}

/// Where a chain stands: the number of its last line, from 1, and that line's value.
package struct ChainHead: Hashable, Sendable {
    /// How many lines the chain has.
    package let number: UInt64
    /// What the last of them ends with.
    package let value: ChainValue

    /// Before the first line.
    package static let start = ChainHead(number: 0, value: .none)

    /// Describes a place in a chain.
    package init(number: UInt64, value: ChainValue) { (self.number, self.value) = (number, value) }

    /// Reads `NUMBER:VALUE`; nil for anything else.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2, let number = UInt64(Substring(parts[0])), let value = ChainValue(parts[1]) else {
            return nil
        }
        self.init(number: number, value: value)
    }

    /// `NUMBER:VALUE`
    package var text: String { "\(number):\(value.text)" }
}

/// Computes the values of lines, with one key.
package struct ChainCode: Sendable {
    private var context = hmac_sha256_ctx()

    init(key: [UInt8]) { nettle_hmac_sha256_set_key(&context, key.count, key) }

    /// Returns the value of a line behind another one.
    ///
    /// - Parameter line: the line up to its value.
    mutating func value(behind before: ChainValue, _ line: UnsafeRawBufferPointer) -> ChainValue {
        var words = (before.high.bigEndian, before.low.bigEndian)
        var code: (UInt64, UInt64) = (0, 0)
        // SAFETY: nettle reads the bytes it is given the length of, and writes as many as it is asked for.
        withUnsafeBytes(of: &words) { add($0) }
        add(line)
        withUnsafeMutableBytes(of: &code) { room in
            guard let start = room.baseAddress else { return }
            nettle_hmac_sha256_digest(&context, room.count, start.assumingMemoryBound(to: UInt8.self))
        }
        return ChainValue(high: UInt64(bigEndian: code.0), low: UInt64(bigEndian: code.1))
    }

    private mutating func add(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        nettle_hmac_sha256_update(&context, bytes.count, start.assumingMemoryBound(to: UInt8.self))
    }
}

/// Digits of 0-9 and a-f.
enum Hexadecimal {
    static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    static func text(_ bytes: some Sequence<UInt8>) -> String {
        bytes.reduce(into: "") { $0 += ($1 < 16 ? "0" : "") + String($1, radix: 16) }
    }

    /// nil for an odd number of digits, and for what is no digit.
    static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        var (bytes, high) = ([UInt8](), UInt8?.none)
        for character in text.utf8 {
            guard let digit = digit(character) else { return nil }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return high == nil ? bytes : nil
    }
}

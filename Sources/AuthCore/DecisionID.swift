/// The name of one decision: 128 bits that no other decision of this host or another one has.
///
/// It stands in the reply, in the events of a refusal and in the audit log, so that one of them leads to the others. It is no
/// credential: knowing it lets a program do nothing.
public struct DecisionID: Hashable, Sendable {
    /// The first 64 bits.
    public let high: UInt64
    /// The last 64 bits.
    public let low: UInt64

    /// Makes an id of two words; 0 and 0 is ``none``.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// No decision: no question was asked.
    public static let none = DecisionID(high: 0, low: 0)

    /// Whether it names no decision.
    public var isNone: Bool { high | low == 0 }

    /// Reads 32 lower-case hexadecimal digits; nil for anything else.
    public init?(_ text: some Collection<UInt8>) {
        guard let words = HexadecimalWords.read(text) else { return nil }
        self.init(high: words.high, low: words.low)
    }

    /// How many digits it has.
    public static let digitCount = 32

    /// The 32 hexadecimal digits that people and programs are shown.
    public var hexadecimal: String { HexadecimalWords.text(high, low) }

    /// Eight of the 32 digits in ASCII, the first of them in the lowest byte.
    ///
    /// - Parameter quarter: which of them, 0...3.
    public func digits(ofQuarter quarter: Int) -> UInt64 { HexadecimalWords.digits(high, low, ofQuarter: quarter) }
}

extension DecisionID: CustomStringConvertible {
    /// The digits.
    public var description: String { hexadecimal }
}

/// 128 bits as 32 hexadecimal digits in small letters.
enum HexadecimalWords {
    /// Eight digits in ASCII, the first of them in the lowest byte.
    static func digits(_ high: UInt64, _ low: UInt64, ofQuarter quarter: Int) -> UInt64 {
        let word = quarter < 2 ? high : low
        // Four bits for each byte of the result, the highest ones in its highest byte, until they are turned round.
        var nibbles = quarter & 1 == 0 ? word >> 32 : word & 0xffff_ffff
        nibbles = (nibbles | nibbles << 16) & 0x0000_ffff_0000_ffff
        nibbles = (nibbles | nibbles << 8) & 0x00ff_00ff_00ff_00ff
        nibbles = (nibbles | nibbles << 4) & 0x0f0f_0f0f_0f0f_0f0f
        // 1 in each byte that is 10 or more: `a` is 39 behind what would follow `9`.
        let letters = (nibbles + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return (nibbles + 0x3030_3030_3030_3030 + letters * 39).byteSwapped
    }

    static func text(_ high: UInt64, _ low: UInt64) -> String {
        String(unsafeUninitializedCapacity: 32) { text in
            let bytes = UnsafeMutableRawBufferPointer(text)
            for quarter in 0..<4 {
                let digits = digits(high, low, ofQuarter: quarter)
                bytes.storeBytes(of: digits.littleEndian, toByteOffset: 8 * quarter, as: UInt64.self)
            }
            return 32
        }
    }

    /// nil for anything but 32 digits.
    static func read(_ text: some Collection<UInt8>) -> (high: UInt64, low: UInt64)? {
        guard text.count == 32 else { return nil }
        var words: (high: UInt64, low: UInt64) = (0, 0)
        for (index, byte) in text.enumerated() {
            let digit: UInt64
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = UInt64(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
            if index < 16 { words.high = words.high << 4 | digit } else { words.low = words.low << 4 | digit }
        }
        return words
    }
}

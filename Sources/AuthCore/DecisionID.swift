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

    /// The 32 hexadecimal digits that people and programs are shown.
    public var hexadecimal: String { HexadecimalWords.text(high, low) }

    /// One of the 32 digits, as a byte of ASCII.
    public func digit(at place: Int) -> UInt8 { HexadecimalWords.digit(high, low, at: place) }
}

extension DecisionID: CustomStringConvertible {
    /// The digits.
    public var description: String { hexadecimal }
}

/// 128 bits as 32 hexadecimal digits in small letters.
enum HexadecimalWords {
    static func digit(_ high: UInt64, _ low: UInt64, at place: Int) -> UInt8 {
        let word = place < 16 ? high : low
        let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (place & 15))) & 15
        return digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + (digit - 10)
    }

    static func text(_ high: UInt64, _ low: UInt64) -> String {
        String(unsafeUninitializedCapacity: 32) { text in
            for place in 0..<32 { text.initializeElement(at: place, to: digit(high, low, at: place)) }
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

/// Compares decimal numbers of any length exactly, from their text.
struct DecimalNumber: Sendable {
    private let isNegative: Bool
    /// Digits without leading zeros.
    private let whole: [UInt8]
    /// Digits without trailing zeros.
    private let fraction: [UInt8]

    static let longest = 64

    /// Reads `-12.50`: an optional sign, digits, and optionally a point with digits; at most 64 bytes. Nil for anything
    /// else.
    init?(_ text: some Collection<UInt8>) {
        var rest = Array(text)[...]
        guard rest.count <= Self.longest else { return nil }
        let sign = rest.first.flatMap { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") ? $0 : nil }
        if sign != nil { rest = rest.dropFirst() }
        let digits = rest.prefix(while: isDigit)
        rest = rest[digits.endIndex...]
        guard !digits.isEmpty else { return nil }
        whole = Array(digits.drop { $0 == UInt8(ascii: "0") })
        if rest.isEmpty {
            fraction = []
        } else {
            let decimals = rest.dropFirst()
            guard rest.first == UInt8(ascii: "."), !decimals.isEmpty, decimals.allSatisfy(isDigit) else { return nil }
            let end = decimals.lastIndex { $0 != UInt8(ascii: "0") }.map { $0 + 1 } ?? decimals.startIndex
            fraction = Array(decimals[..<end])
        }
        isNegative = sign == UInt8(ascii: "-") && !(whole.isEmpty && fraction.isEmpty)
    }
}

extension DecimalNumber: CustomStringConvertible {
    /// The number without needless zeros: `-12.5`.
    var description: String {
        let digits = whole.isEmpty ? [UInt8(ascii: "0")] : whole
        let text = String(decoding: digits, as: UTF8.self)
        let decimals = fraction.isEmpty ? "" : "." + String(decoding: fraction, as: UTF8.self)
        return (isNegative ? "-" : "") + text + decimals
    }
}

extension DecimalNumber: Comparable {
    static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? right.isSmaller(than: left) : left.isSmaller(than: right)
    }

    /// Compares without the signs.
    private func isSmaller(than other: DecimalNumber) -> Bool {
        if whole.count != other.whole.count { return whole.count < other.whole.count }
        if whole != other.whole { return whole.lexicographicallyPrecedes(other.whole) }
        return fraction.lexicographicallyPrecedes(other.fraction)
    }
}

/// Says whether a byte is a decimal digit of ASCII.
func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

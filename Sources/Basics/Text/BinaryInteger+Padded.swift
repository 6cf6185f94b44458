extension BinaryInteger {
    /// Spells a number that is not negative with so many digits at least: `7` as `07`.
    package func padded(to width: Int, radix: Int = 10) -> String {
        let digits = String(self, radix: radix)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

extension Sequence<UInt8> {
    /// Two hexadecimal digits for each byte, in small letters.
    package var hexadecimal: String { map { $0.padded(to: 2, radix: 16) }.joined() }
}

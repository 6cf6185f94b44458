extension BinaryInteger {
    /// Spells a number that is not negative with so many digits at least: `7` as `07`.
    package func padded(to width: Int, radix: Int = 10) -> String {
        let digits = String(self, radix: radix)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

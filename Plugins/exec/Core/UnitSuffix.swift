/// Numbers with AMPS's unit suffixes; letters in either case.
package enum UnitSuffix {
    /// Bytes: none or `b`, `k` or `kb`, `m` or `mb`, `g` or `gb`, in steps of 1,024. Nil for anything else.
    package static func bytes(_ text: String) -> Int? {
        guard let (number, unit) = split(text) else { return nil }
        let shifts = ["": 0, "b": 0, "k": 10, "kb": 10, "m": 20, "mb": 20, "g": 30, "gb": 30]
        guard let shift = shifts[unit.lowercased()] else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
        return overflow ? nil : bytes
    }

    /// A time: ns, us, ms, s, m, h, d or w; without a unit, seconds. Nil for anything else.
    package static func duration(_ text: String) -> Duration? {
        guard let (number, unit) = split(text) else { return nil }
        let nanoseconds = [
            "ns": 1, "us": 1_000, "ms": 1_000_000, "": 1_000_000_000, "s": 1_000_000_000, "m": 60_000_000_000,
            "h": 3_600_000_000_000, "d": 86_400_000_000_000, "w": 604_800_000_000_000,
        ]
        guard let unit = nanoseconds[unit.lowercased()] else { return nil }
        let (total, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? nil : .nanoseconds(total)
    }

    private static func split(_ text: String) -> (Int, String)? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits) else { return nil }
        return (number, String(text.dropFirst(digits.count)))
    }
}

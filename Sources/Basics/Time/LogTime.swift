import Glibc

/// The time of a line in a log: local time with its offset, in microseconds. Either spelling has 32 characters.
package struct LogTime: Sendable {
    private let year, month, day, hour, minute, second: Int
    private let microsecond: Int
    /// Minutes east of Greenwich.
    private let offset: Int

    /// Now.
    package init() { self.init(nanoseconds: SystemTime.wall) }

    /// A time in nanoseconds since 1970-01-01 00:00 UTC.
    package init(nanoseconds: Int64) {
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        var (time, local) = (time_t(whole), tm())
        localtime_r(&time, &local)
        (year, month, day) = (Int(local.tm_year) + 1900, Int(local.tm_mon) + 1, Int(local.tm_mday))
        (hour, minute, second) = (Int(local.tm_hour), Int(local.tm_min), Int(local.tm_sec))
        microsecond = Int(rest / 1000)
        offset = local.tm_gmtoff / 60
    }

    /// As Liberator has it: `2026/01/31-13:52:17.420123 +0000`.
    package var text: String { spelled("/", "-", " ", "") }

    /// As JSON has it (RFC 3339): `2026-01-31T13:52:17.420123+00:00`.
    package var rfc3339: String { spelled("-", "T", "", ":") }

    private func spelled(_ date: String, _ middle: String, _ zone: String, _ hours: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        func add(_ number: Int, _ width: Int, _ end: String) {
            var scale = width == 2 ? 10 : width == 4 ? 1_000 : 100_000
            while scale > 0 {
                bytes.append(UInt8(ascii: "0") + UInt8(number / scale % 10))
                scale /= 10
            }
            bytes += end.utf8
        }
        add(year, 4, date)
        add(month, 2, date)
        add(day, 2, middle)
        add(hour, 2, ":")
        add(minute, 2, ":")
        add(second, 2, ".")
        add(microsecond, 6, zone + (offset < 0 ? "-" : "+"))
        add(abs(offset) / 60, 2, hours)
        add(abs(offset) % 60, 2, "")
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Makes RFC 3339 of a time as Liberator has it; any other text stays what it is.
    package static func rfc3339(_ text: some StringProtocol) -> String {
        var bytes = Array(text.utf8)
        let places: [(Int, String)] = [(4, "/"), (7, "/"), (10, "-"), (19, "."), (26, " ")]
        guard bytes.count == 32, places.allSatisfy({ bytes[$0] == $1.utf8.first }) else { return String(text) }
        for (place, byte) in zip([4, 7, 10], "--T".utf8) { bytes[place] = byte }
        bytes.remove(at: 26)
        bytes.insert(UInt8(ascii: ":"), at: 29)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads either spelling, and any other time as RFC 3339 has it, in nanoseconds since 1970-01-01 00:00 UTC; nil for anything else.
    package static func nanoseconds(_ text: String) -> Int64? {
        let spelled = rfc3339(text)
        guard let seconds = RFC3339.seconds(spelled) else { return nil }
        var (fraction, unit) = (Int64(0), Int64(1_000_000_000))
        for byte in spelled.utf8.dropFirst(20) where unit > 1 {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte),
                spelled.utf8.dropFirst(19).first == UInt8(ascii: ".")
            else { break }
            unit /= 10
            fraction += Int64(byte - UInt8(ascii: "0")) * unit
        }
        let (whole, isTooFar) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (instant, isFarther) = whole.addingReportingOverflow(fraction)
        return isTooFar || isFarther ? nil : instant
    }
}

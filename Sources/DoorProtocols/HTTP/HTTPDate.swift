import Basics

/// The `Date` field (RFC 9110, section 6.6.1), written once a second.
struct HTTPDate {
    private var second = Int64.min
    private var bytes: [UInt8] = []

    /// The field of a time in seconds since 1970, in the form IMF-fixdate, with its line end.
    mutating func line(at now: Int64) -> [UInt8] {
        if now != second {
            second = now
            bytes = Array("date: \(Self.format(now))\r\n".utf8)
        }
        return bytes
    }

    private static func format(_ time: Int64) -> String {
        let days = time.flooredQuotient(by: 86_400)
        let rest = Int(time - days * 86_400)
        let date = CivilDate(daysSince1970: days)
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int((days % 7 + 7) % 7)]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let clock = [rest / 3600, rest / 60 % 60, rest % 60].map { $0.padded(to: 2) }.joined(separator: ":")
        return "\(weekday), \(date.day.padded(to: 2)) \(months[Int(date.month) - 1]) \(date.year) \(clock) GMT"
    }
}

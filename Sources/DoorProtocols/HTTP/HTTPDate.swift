import Basics

/// The `Date` field (RFC 9110, section 6.6.1), written once a second.
struct HTTPDate {
    private var second = Int.min
    private var bytes: [UInt8] = []

    /// The field of now with its line end.
    mutating func line() -> [UInt8] { line(at: Int(SystemTime.seconds)) }

    /// The field of a time in seconds since 1970, in the form IMF-fixdate.
    mutating func line(at now: Int) -> [UInt8] {
        if now != second {
            second = now
            bytes = Array("date: \(Self.format(now))\r\n".utf8)
        }
        return bytes
    }

    static func format(_ time: Int) -> String {
        let days = Int64(time).flooredQuotient(by: 86_400)
        let rest = time - Int(days) * 86_400
        let date = CivilDate(daysSince1970: days)
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int((days % 7 + 7) % 7)]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let clock = [rest / 3600, rest / 60 % 60, rest % 60].map { $0.padded(to: 2) }.joined(separator: ":")
        return "\(weekday), \(date.day.padded(to: 2)) \(months[Int(date.month) - 1]) \(date.year) \(clock) GMT"
    }
}

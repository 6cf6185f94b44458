import Glibc

/// Reads points in time as RFC 3339 writes them: `2026-03-29T08:00:00+02:00`.
package enum Timestamp {
    static let form = "`2026-12-31T23:59:59Z` or `2026-12-31T23:59:59+01:00`"

    /// Returns seconds since 1970-01-01 00:00 UTC, fractions dropped; nil for anything that RFC 3339 does not allow.
    package static func seconds(_ text: LentText) -> Int64? {
        guard text.count >= 20, text.count <= 40, let year = number(text, 0, 4), let month = number(text, 5, 2),
            let day = number(text, 8, 2), let hour = number(text, 11, 2), let minute = number(text, 14, 2),
            let second = number(text, 17, 2)
        else { return nil }
        let separators: [(Int, String)] = [(4, "-"), (7, "-"), (10, "Tt"), (13, ":"), (16, ":")]
        guard separators.allSatisfy({ $1.utf8.contains(text[$0]) }) else { return nil }
        guard 1...12 ~= month, 1...length(ofMonth: month, year) ~= day, hour < 24, minute < 60, second <= 60 else {
            return nil
        }
        var end = 19
        if text[end] == UInt8(ascii: ".") {
            let digits = text[(end + 1)...].prefix(while: isDigit)
            if digits.isEmpty { return nil }
            end = digits.endIndex
        }
        guard let offset = offset(LentText(rebasing: text[end...])) else { return nil }
        var fields = tm()
        (fields.tm_year, fields.tm_mon, fields.tm_mday) = (Int32(year - 1900), Int32(month - 1), Int32(day))
        (fields.tm_hour, fields.tm_min, fields.tm_sec) = (Int32(hour), Int32(minute), Int32(second))
        return Int64(timegm(&fields)) - Int64(offset)
    }

    /// Reads `Z` or `+01:00`, in seconds.
    private static func offset(_ text: LentText) -> Int? {
        if text.count == 1 { return text[0] == UInt8(ascii: "Z") || text[0] == UInt8(ascii: "z") ? 0 : nil }
        guard text.count == 6, text[3] == UInt8(ascii: ":"), let hours = number(text, 1, 2), hours < 24,
            let minutes = number(text, 4, 2), minutes < 60
        else { return nil }
        switch text[0] {
        case UInt8(ascii: "+"): return (hours * 60 + minutes) * 60
        case UInt8(ascii: "-"): return -(hours * 60 + minutes) * 60
        default: return nil
        }
    }

    private static func length(ofMonth month: Int, _ year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    private static func number(_ text: LentText, _ start: Int, _ count: Int) -> Int? {
        var value = 0
        for byte in text[start..<(start + count)] {
            guard isDigit(byte) else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return value
    }
}

/// Says whether a byte is a decimal digit of ASCII.
func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

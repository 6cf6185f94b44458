/// Reads and writes points in time as RFC 3339 has them: `2026-03-29T08:00:00+02:00`.
package enum RFC3339 {
    /// Shows what is accepted, for messages.
    package static let form = "`2026-12-31T23:59:59Z` or `2026-12-31T23:59:59+01:00`"

    /// The most bytes that are read: nanoseconds and an offset have room.
    private static let longest = 40

    /// Returns seconds since 1970-01-01 00:00 UTC, fractions dropped; nil for anything that RFC 3339 does not allow.
    ///
    /// A time without an offset is refused, and so is a space in place of the `T`, which the grammar of section 5.6 does
    /// not have.
    package static func seconds(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard text.count >= 20, text.count <= longest, let year = number(text, 0, 4), let month = number(text, 5, 2),
            let day = number(text, 8, 2), let hour = number(text, 11, 2), let minute = number(text, 14, 2),
            let second = number(text, 17, 2)
        else { return nil }
        let separators: [(Int, String)] = [(4, "-"), (7, "-"), (10, "Tt"), (13, ":"), (16, ":")]
        guard separators.allSatisfy({ $1.utf8.contains(text[$0]) }) else { return nil }
        let date = CivilDate(year: year, month: month, day: day)
        // A leap second is the first of the next minute, as for time(2).
        guard date.exists, hour < 24, minute < 60, second <= 60, let offset = offset(text) else { return nil }
        return date.daysSince1970 * 86_400 + hour * 3_600 + minute * 60 + second - offset
    }

    /// As ``seconds(_:)-(UnsafeBufferPointer<UInt8>)``, for a text.
    package static func seconds(_ text: String) -> Int64? {
        Array(text.utf8).withUnsafeBufferPointer { seconds($0) }
    }

    /// Spells a time in UTC and whole seconds: `2026-01-31T13:52:17Z`.
    ///
    /// - Parameter seconds: since 1970-01-01 00:00 UTC, of a year from 0 to 9999.
    package static func text(_ seconds: Int64) -> String {
        let days = seconds.flooredQuotient(by: 86_400)
        let date = CivilDate(daysSince1970: days)
        let second = seconds - days * 86_400
        let day = [date.year.padded(to: 4), date.month.padded(to: 2), date.day.padded(to: 2)]
        let time = [second / 3_600, second / 60 % 60, second % 60].map { $0.padded(to: 2) }
        return "\(day.joined(separator: "-"))T\(time.joined(separator: ":"))Z"
    }

    /// Reads what stands behind the seconds, such as `.5Z` or `+01:00`, in seconds.
    private static func offset(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        var start = 19
        if text[start] == UInt8(ascii: ".") {
            let digits = text[(start + 1)...].prefix { isDigit($0) }
            if digits.isEmpty { return nil }
            start = digits.endIndex
        }
        let rest = UnsafeBufferPointer(rebasing: text[start...])
        if rest.count == 1 { return "Zz".utf8.contains(rest[0]) ? 0 : nil }
        guard rest.count == 6, "+-".utf8.contains(rest[0]), rest[3] == UInt8(ascii: ":"),
            let hours = number(rest, 1, 2), hours < 24, let minutes = number(rest, 4, 2), minutes < 60
        else { return nil }
        let seconds = (hours * 60 + minutes) * 60
        return rest[0] == UInt8(ascii: "-") ? -seconds : seconds
    }

    private static func number(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ count: Int) -> Int64? {
        var value: Int64 = 0
        for byte in text[start..<(start + count)] {
            guard isDigit(byte) else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return value
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

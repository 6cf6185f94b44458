import Basics

/// A day of the Gregorian calendar.
public struct LocalDay: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Days since 1970-01-01.
    public let number: Int64

    /// Makes the day that is `number` days after 1970-01-01.
    public init(number: Int64) { self.number = number }

    /// Makes a day from its date; `day` may exceed the month and then runs on into the next.
    public init(year: Int, month: Int, day: Int) {
        number = CivilDate(year: Int64(year), month: Int64(month), day: Int64(day)).daysSince1970
    }

    /// Year, month (1...12) and day of the month (1...31).
    public var date: (year: Int, month: Int, day: Int) {
        let date = CivilDate(daysSince1970: number)
        return (Int(date.year), Int(date.month), Int(date.day))
    }

    /// The day of the week: 0 for Monday, 6 for Sunday.
    public var weekday: Int {
        let fromMonday = number + 3
        return Int(fromMonday - fromMonday.flooredQuotient(by: 7) * 7)
    }

    /// The first three letters of the weekday's English name.
    public var weekdayName: String { ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][weekday] }

    /// The month it belongs to.
    public var month: UsageMonth { UsageMonth(year: date.year, number: date.month) }

    /// Spells the date: `2026-01-31`.
    public var description: String { "\(month)-\(date.day.padded(to: 2))" }

    /// Spells a time of the day as ctime(3) does, which Liberator's event log uses: `Sat Jan 31 23:59:59 2026`.
    func eventLogText(hour: String) -> String {
        let date = date
        return "\(weekdayName) \(month.name.prefix(3)) \(date.day < 10 ? " " : "")\(date.day) \(hour) \(date.year)"
    }

    /// Orders days by time.
    public static func < (left: LocalDay, right: LocalDay) -> Bool { left.number < right.number }
}

/// A month of the Gregorian calendar, in which unique users are counted.
public struct UsageMonth: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The year, 1...9999.
    public let year: Int
    /// The month of the year, 1...12.
    public let number: Int

    /// Makes a month; the number is 1...12.
    public init(year: Int, number: Int) {
        self.year = year
        self.number = number
    }

    /// Reads `2026-01`; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 4, parts[1].utf8.count == 2,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }),
            let year = Int(parts[0]), let number = Int(parts[1]), year >= 1, (1...12).contains(number)
        else { return nil }
        self.init(year: year, number: number)
    }

    /// The month whose ``code`` is given.
    init(code: Int) { self.init(year: code / 100, number: code % 100) }

    /// Year and month as one number: 202601.
    var code: Int { year * 100 + number }

    /// Its first day.
    public var firstDay: LocalDay { LocalDay(year: year, month: number, day: 1) }

    /// The first day after it.
    public var endDay: LocalDay {
        number == 12 ? LocalDay(year: year + 1, month: 1, day: 1) : LocalDay(year: year, month: number + 1, day: 1)
    }

    /// How many days it has: 28...31.
    public var dayCount: Int { Int(endDay.number - firstDay.number) }

    /// Its English name.
    public var name: String {
        [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December",
        ][number - 1]
    }

    /// Spells it `2026-01`.
    public var description: String {
        "\(year.padded(to: 4))-\(number.padded(to: 2))"
    }

    /// Orders months by time.
    public static func < (left: UsageMonth, right: UsageMonth) -> Bool { left.code < right.code }
}

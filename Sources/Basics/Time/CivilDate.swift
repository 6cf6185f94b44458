/// A date of the Gregorian calendar.
package struct CivilDate: Hashable, Sendable {
    /// The year; 0 and below are the years before the first.
    package let year: Int64
    /// The month, 1...12.
    package let month: Int64
    /// The day of the month, from 1.
    package let day: Int64

    /// Takes the parts as they are; `day` may exceed the month and then runs on into the next.
    package init(year: Int64, month: Int64, day: Int64) {
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// Makes the date that lies so many days after 1970-01-01.
    package init(daysSince1970 number: Int64) {
        // Howard Hinnant's civil_from_days: years begin in March, so that the leap day is their last.
        let shifted = number + 719_468
        let era = shifted.flooredQuotient(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    }

    /// Days since 1970-01-01.
    package var daysSince1970: Int64 {
        let shifted = month > 2 ? year : year - 1
        let era = shifted.flooredQuotient(by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468 + day - 1
    }

    /// Whether the month has such a day.
    var exists: Bool {
        guard (1...12).contains(month), day >= 1 else { return false }
        return CivilDate(daysSince1970: daysSince1970) == self
    }
}

extension Int64 {
    /// The quotient rounded towards negative infinity; the divisor is above 0.
    package func flooredQuotient(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}

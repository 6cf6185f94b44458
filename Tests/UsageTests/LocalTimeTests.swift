import Glibc
import Testing

@testable import Usage

struct LocalTimeTests {
    @Test(arguments: [
        ("1969-12-31", -1, "Wed"), ("1970-01-01", 0, "Thu"), ("2000-02-29", 11_016, "Tue"),
        ("2026-03-01", 20_513, "Sun"),
        ("1600-12-31", -134_775, "Sun"),
    ])
    func `a day knows its date and its weekday`(_ text: String, _ number: Int64, _ weekday: String) {
        let day = LocalDay(number: number)
        #expect("\(day)" == text)
        #expect(day.weekdayName == weekday)
        #expect(LocalDay(year: day.date.year, month: day.date.month, day: day.date.day) == day)
    }

    @Test(arguments: [("2026-01", 31), ("2026-02", 28), ("2028-02", 29), ("2100-02", 28), ("2026-12", 31)])
    func `a month knows how many days it has`(_ text: String, _ days: Int) {
        #expect(UsageMonth(text)?.dayCount == days)
        #expect(UsageMonth(text)?.description == text)
    }

    @Test(arguments: [
        "", "2026", "2026-1", "2026-13", "2026-00", "26-01", "2026-01-01", "2026/01", "٢٠٢٦-01", "-026-01",
    ])
    func `what is not a month is refused`(_ text: String) { #expect(UsageMonth(text) == nil) }

    @Test(arguments: [
        ("CET-1CEST,M3.5.0,M10.5.0/3", LocalTimeZone.berlin), ("EST5EDT,M3.2.0,M11.1.0", .newYork),
        ("EET-2EEST,M4.5.5/0,M10.5.4/24", .cairo), ("LHST-10:30LHDT-11,M10.1.0,M4.1.0", .lordHowe),
    ])
    func `the tests' zones have the offsets of the system's for every hour of 2026`(
        _ name: String, _ zone: LocalTimeZone
    ) async {
        let offsets = (0..<8760).map { hour in
            let instant = instantUTC("2026-01-01 00:00") + Int64(hour) * 3600
            return zone.wallTime(at: instant) - instant
        }
        await #expect(processExitsWith: .success) { [name = name as String, offsets = offsets as [Int64]] in
            setenv("TZ", name, 1)
            tzset()
            for (hour, offset) in offsets.enumerated() {
                let instant = instantUTC("2026-01-01 00:00") + Int64(hour) * 3600
                guard LocalTimeZone.system.wallTime(at: instant) - instant == offset else { exit(1) }
            }
        }
    }
}

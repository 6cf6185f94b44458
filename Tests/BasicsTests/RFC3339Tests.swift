import Glibc
import Testing

@testable import Basics

@Suite struct RFC3339Tests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-03-29T08:00:00+02:00", 1_774_764_000),
        ("2026-03-29t06:00:00.999z", 1_774_764_000),
        ("2024-02-29T23:59:60-00:30", 1_709_253_000), ("1969-12-31T23:59:59Z", -1),
        ("0001-01-01T00:00:00Z", -62_135_596_800),
        ("9999-12-31T23:59:59Z", 253_402_300_799),
    ])
    func `reads times of RFC 3339`(text: String, seconds: Int64) {
        #expect(RFC3339.seconds(text) == seconds)
    }

    @Test(arguments: [
        "", "2026-03-29", "2026-03-29T08:00:00", "2026-03-29 08:00:00Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+1:00", "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+00:60", "2026-01-01T00:00:00ZZ", "+026-01-01T00:00:00Z", "2026-01-01T00:00:00 01:00",
        "1900-02-29T00:00:00Z",
    ])
    func `refuses times that RFC 3339 does not have`(text: String) { #expect(RFC3339.seconds(text) == nil) }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (1_774_764_000, "2026-03-29T06:00:00Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
            (-62_135_596_800, "0001-01-01T00:00:00Z"), (-62_135_596_801, "0000-12-31T23:59:59Z"),
        ] as [(Int64, String)])
    func `spells times in UTC, and reads what it spelled`(seconds: Int64, text: String) {
        #expect(RFC3339.text(seconds) == text)
        #expect(RFC3339.seconds(text) == seconds)
    }

    @Test func `knows every day of three centuries as the C library does`() {
        var time = time_t(-86_400 * 40_000)
        while time < 86_400 * 70_000 {
            var fields = tm()
            gmtime_r(&time, &fields)
            let date = CivilDate(daysSince1970: Int64(time / 86_400))
            let expected = CivilDate(
                year: Int64(fields.tm_year) + 1900, month: Int64(fields.tm_mon) + 1, day: Int64(fields.tm_mday))
            guard date == expected, date.daysSince1970 == Int64(time / 86_400) else {
                Issue.record("\(date) is not \(expected)")
                return
            }
            time += 86_400
        }
    }
}

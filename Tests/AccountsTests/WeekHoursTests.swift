import Glibc
import Testing

@testable import Accounts

/// 1970-01-05 was a Monday.
private let monday: Int64 = 4 * 86_400

private func at(_ day: Int64, _ hour: Int64, _ minute: Int64 = 0, _ second: Int64 = 0) -> Int64 {
    monday + day * 86_400 + hour * 3_600 + minute * 60 + second
}

/// Central European time of 2026: the clock goes forward on 29 March at 01:00 UTC, and back on 25 October at 01:00 UTC.
@Sendable private func berlin(_ seconds: Int64) -> tm {
    let offset = (1_774_746_000..<1_792_890_000).contains(seconds) ? 7_200 : 3_600
    var fields = utc(seconds + Int64(offset))
    fields.tm_gmtoff = offset
    return fields
}

@Suite struct WeekHoursTests {
    static let week = "Mon-Fri 08:00-18:00; Sat 09:00-12:00"

    @Test(arguments: [
        (week, at(0, 7, 59, 59), WeekHours.Answer.outside), (week, at(0, 8), .inside(end: at(0, 18))),
        (week, at(4, 17, 59, 59), .inside(end: at(4, 18))), (week, at(0, 18), .outside),
        (week, at(5, 8), .outside), (week, at(5, 9, 30, 30), .inside(end: at(5, 12))), (week, at(6, 10), .outside),
        ("Sun 22:00-02:00", at(6, 23), .inside(end: at(7, 2))), ("Sun 22:00-02:00", at(0, 1), .inside(end: at(0, 2))),
        ("Sun 22:00-02:00", at(6, 1), .outside), ("Sun 22:00-02:00", at(0, 2), .outside),
        ("Fri-Mon 00:00-24:00", at(4, 0), .inside(end: at(8, 0))), ("Fri-Mon 00:00-24:00", at(1, 0), .outside),
        ("Mon-Sun 00:00-24:00", at(3, 3), .inside(end: nil)),
        ("Mon-Tue 22:00-24:00", at(0, 23), .inside(end: at(1, 0))),
        ("Mon 08:00-12:00;Mon 10:00-14:00", at(0, 9), .inside(end: at(0, 14))),
        ("Mon 08:00-12:00; Mon 12:00-14:00", at(0, 9), .inside(end: at(0, 14))),
    ])
    func `permits the hours of the week, and says when they end`(hours: String, now: Int64, answer: WeekHours.Answer)
        throws
    {
        #expect(try WeekHours(lent(hours)).answer(at: now, utc) == answer)
    }

    /// The ends in seconds after 29 March 00:00 UTC and 25 October 00:00 UTC.
    @Test(arguments: [
        // Forward: 02:00 is followed by 03:00, one hour less.
        ("Sun 00:00-06:00", 1_774_742_400, 0, 14_400), ("Sun 00:00-02:30", 1_774_742_400, 0, 3_600),
        ("Sun 02:30-04:00", 1_774_742_400, 3_600, 7_200), ("Sat 20:00-02:00", 1_774_742_400, 0, 3_600),
        // Back: 03:00 is followed by 02:00, one hour more.
        ("Sun 00:00-06:00", 1_792_886_400, 0, 18_000), ("Sun 02:00-02:30", 1_792_886_400, 600, 1_800),
        ("Sun 02:00-02:30", 1_792_886_400, 4_200, 5_400), ("Sun 02:15-03:00", 1_792_886_400, 1_800, 3_600),
    ])
    func `follows the clock on the wall when it is put forward or back`(
        hours: String, day: Int64, now: Int64, end: Int64
    ) throws {
        #expect(try WeekHours(lent(hours)).answer(at: day + now, berlin) == .inside(end: day + end))
    }

    @Test(arguments: [
        ("", 0), ("Mon", 0), ("08:00-18:00", 0), ("mon 08:00-18:00", 0), ("Mon 8:00-18:00", 0), ("Mon 08:00-24:01", 0),
        ("Mon 24:00-08:00", 0), ("Mon 08:00-08:00", 0), ("Mon 08:60-09:00", 0), ("Mon 08:00-18:00;", 16),
        ("Mon 08:00-18:00; Tues 08:00-18:00", 17), ("Mon-Tue-Wed 08:00-18:00", 0), ("Mon 08:00-18:00 Tue", 0),
        ("Mon- 08:00-18:00", 0), ("Mon 08-00:18-00", 0),
    ])
    func `refuses what is no hours of the week`(hours: String, offset: Int) {
        let error = #expect(throws: EntryFault.self) { try WeekHours(lent(hours)) }
        #expect(error?.field == .hours)
        #expect(error?.offset == offset)
    }

    @Test func `ends a session with the first of the hours of user, groups and everybody, and with the account`() throws
    {
        let auth = try authority(
            .user("a", [.groups: "g", .hours: "Mon 08:00-16:00"]), .group("g", [.hours: "Mon 09:00-15:00"]),
            .user("b", [.groups: "g", .expires: "1970-01-05T14:00:00Z"]), .everybody([.hours: "Mon 00:00-24:00"]),
            .user("c", [.hours: "Tue 08:00-09:00"]), clock: clock(at(0, 10)))
        defer { auth.close() }
        #expect(auth.resume("a").admission?.expiry == at(0, 15))
        #expect(auth.resume("b").admission?.expiry == at(0, 14))
        #expect(auth.resume("c").refusal == .hours)
    }

    @Test func `converts by the zone of the process`() {
        var time = time_t(1_774_764_000)
        var fields = tm()
        localtime_r(&time, &fields)
        let converted = WallClock.systemZone(1_774_764_000)
        #expect(converted.tm_hour == fields.tm_hour)
        #expect(converted.tm_gmtoff == fields.tm_gmtoff)
    }
}

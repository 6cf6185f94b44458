import Testing
import Usage

struct SampleScheduleTests {
    /// A schedule, when the host started, and the samples that follow.
    struct Case: CustomTestStringConvertible, Sendable {
        let what: String
        let time: Int
        let period: Int
        let zone: LocalTimeZone
        let started: String
        let samples: [String]
        var testDescription: String { what }

        init(
            _ what: String, time: Int, period: Int, _ zone: LocalTimeZone = .berlin, started: String,
            _ samples: [String]
        ) {
            self.what = what
            self.time = time
            self.period = period
            self.zone = zone
            self.started = started
            self.samples = samples
        }
    }

    static let documented = [
        Case(
            "-1 is straight after start-up, then one a period", time: -1, period: 3600, started: "2026-01-14 13:52:17",
            ["Wed 2026-01-14 13:52:17 +60", "Wed 2026-01-14 14:52:17 +60", "Wed 2026-01-14 15:52:17 +60"]),
        Case(
            "0 is the next midnight", time: 0, period: 43_200, started: "2026-01-14 13:52",
            ["Thu 2026-01-15 00:00 +60", "Thu 2026-01-15 12:00 +60", "Fri 2026-01-16 00:00 +60"]),
        Case(
            "a start at the very minute counts at once", time: 20, period: 3600, started: "2026-01-14 00:20",
            ["Wed 2026-01-14 00:20 +60", "Wed 2026-01-14 01:20 +60"]),
        Case(
            "minutes after midnight that are still to come are today's", time: 840, period: 86_400,
            started: "2026-01-14 13:52", ["Wed 2026-01-14 14:00 +60", "Thu 2026-01-15 14:00 +60"]),
        Case(
            "minutes after midnight that have passed are tomorrow's", time: 20, period: 86_400,
            started: "2026-01-31 13:52", ["Sun 2026-02-01 00:20 +60", "Mon 2026-02-02 00:20 +60"]),
        Case(
            "1439 is the last minute of a day", time: 1439, period: 86_400, started: "2026-12-31 23:59",
            ["Thu 2026-12-31 23:59 +60", "Fri 2027-01-01 23:59 +60"]),
        Case(
            "1440 is the end of a day, which is the next midnight", time: 1440, period: 86_400,
            started: "2026-01-14 13:52", ["Thu 2026-01-15 00:00 +60", "Fri 2026-01-16 00:00 +60"]),
        Case(
            "1460 is Monday 00:20", time: 1460, period: 604_800, started: "2026-01-14 13:52",
            ["Mon 2026-01-19 00:20 +60", "Mon 2026-01-26 00:20 +60", "Mon 2026-02-02 00:20 +60"]),
        Case(
            "1460 on a Monday before it is the same day", time: 1460, period: 604_800, started: "2026-01-19 00:19",
            ["Mon 2026-01-19 00:20 +60", "Mon 2026-01-26 00:20 +60"]),
        Case(
            "1460 on a Monday after it is a week later", time: 1460, period: 604_800, started: "2026-01-19 00:21",
            ["Mon 2026-01-26 00:20 +60"]),
        Case(
            "1460 on a Sunday is the next day", time: 1460, period: 3600, started: "2026-01-18 23:59",
            ["Mon 2026-01-19 00:20 +60", "Mon 2026-01-19 01:20 +60", "Mon 2026-01-19 02:20 +60"]),
        Case(
            "1441 is one minute after the week's start", time: 1441, period: 604_800, started: "2026-01-14 13:52",
            ["Mon 2026-01-19 00:01 +60"]),
        Case(
            "11519 is Sunday's last minute", time: 11_519, period: 604_800, started: "2026-01-14 13:52",
            ["Sun 2026-01-18 23:59 +60", "Sun 2026-01-25 23:59 +60"]),
        Case(
            "11520 is the end of a week, which is Monday 00:00", time: 11_520, period: 604_800,
            started: "2026-01-14 13:52", ["Mon 2026-01-19 00:00 +60"]),
        Case(
            "a period that does not divide a day counts on from the first sample", time: 0, period: 36_000,
            started: "2026-01-14 13:52",
            [
                "Thu 2026-01-15 00:00 +60", "Thu 2026-01-15 10:00 +60", "Thu 2026-01-15 20:00 +60",
                "Fri 2026-01-16 06:00 +60",
            ]),
        Case(
            "a period of two days skips a day", time: 60, period: 172_800, started: "2026-01-14 13:52",
            ["Thu 2026-01-15 01:00 +60", "Sat 2026-01-17 01:00 +60", "Mon 2026-01-19 01:00 +60"]),
        Case(
            "a month of 29 days", time: 0, period: 86_400, .utc, started: "2028-02-28 12:00",
            ["Tue 2028-02-29 00:00 +0", "Wed 2028-03-01 00:00 +0"]),
    ]

    static let daylightSaving = [
        Case(
            "every day at 02:30, which the clock leaves out: at the change", time: 150, period: 86_400,
            started: "2026-03-28 01:00",
            ["Sat 2026-03-28 02:30 +60", "Sun 2026-03-29 03:00 +120", "Mon 2026-03-30 02:30 +120"]),
        Case(
            "the first sample is due at a time that is left out: later days keep the time", time: 150, period: 86_400,
            started: "2026-03-28 12:00",
            ["Sun 2026-03-29 03:00 +120", "Mon 2026-03-30 02:30 +120", "Tue 2026-03-31 02:30 +120"]),
        Case(
            "every day at 02:30, which exists twice: the first time only", time: 150, period: 86_400,
            started: "2026-10-24 01:00",
            ["Sat 2026-10-24 02:30 +120", "Sun 2026-10-25 02:30 +120", "Mon 2026-10-26 02:30 +60"]),
        Case(
            "a day of 23 hours", time: 20, period: 86_400, started: "2026-03-28 12:00",
            ["Sun 2026-03-29 00:20 +60", "Mon 2026-03-30 00:20 +120"]),
        Case(
            "every six hours across a day of 23 hours", time: 0, period: 21_600, started: "2026-03-28 23:00",
            [
                "Sun 2026-03-29 00:00 +60", "Sun 2026-03-29 07:00 +120", "Sun 2026-03-29 13:00 +120",
                "Sun 2026-03-29 19:00 +120", "Mon 2026-03-30 00:00 +120", "Mon 2026-03-30 06:00 +120",
            ]),
        Case(
            "every six hours across a day of 25 hours", time: 0, period: 21_600, started: "2026-10-24 23:00",
            [
                "Sun 2026-10-25 00:00 +120", "Sun 2026-10-25 05:00 +60", "Sun 2026-10-25 11:00 +60",
                "Sun 2026-10-25 17:00 +60", "Sun 2026-10-25 23:00 +60", "Mon 2026-10-26 00:00 +60",
            ]),
        Case(
            "every hour through the hour that is left out", time: -1, period: 3600, started: "2026-03-29 00:30",
            ["Sun 2026-03-29 00:30 +60", "Sun 2026-03-29 01:30 +60", "Sun 2026-03-29 03:30 +120"]),
        Case(
            "every hour through the hour that exists twice", time: -1, period: 3600, started: "2026-10-25 01:30",
            [
                "Sun 2026-10-25 01:30 +120", "Sun 2026-10-25 02:30 +120", "Sun 2026-10-25 02:30 +60",
                "Sun 2026-10-25 03:30 +60",
            ]),
        Case(
            "Monday 00:20 after the week's night of the change", time: 1460, period: 604_800,
            started: "2026-03-23 12:00",
            ["Mon 2026-03-30 00:20 +120", "Mon 2026-04-06 00:20 +120"]),
        Case(
            "Sunday 02:30 every week, left out once", time: 1440 + 6 * 1440 + 150, period: 604_800,
            started: "2026-03-20 12:00",
            ["Sun 2026-03-22 02:30 +60", "Sun 2026-03-29 03:00 +120", "Sun 2026-04-05 02:30 +120"]),
        Case(
            "a midnight that does not exist", time: 0, period: 86_400, .cairo, started: "2026-04-23 12:00",
            ["Fri 2026-04-24 01:00 +180", "Sat 2026-04-25 00:00 +180"]),
        Case(
            "west of Greenwich, a time that exists twice", time: 90, period: 86_400, .newYork,
            started: "2026-10-31 12:00", ["Sun 2026-11-01 01:30 -240", "Mon 2026-11-02 01:30 -300"]),
        Case(
            "daylight saving of half an hour", time: 0, period: 3600, .lordHowe, started: "2026-04-04 23:30",
            [
                "Sun 2026-04-05 00:00 +660", "Sun 2026-04-05 01:00 +660", "Sun 2026-04-05 01:30 +630",
                "Sun 2026-04-05 02:30 +630",
            ]),
    ]

    @Test(arguments: documented + daylightSaving)
    func `samples follow write-users-time and write-users-period`(_ example: Case) throws {
        let start = try #require(SampleSchedule.Start(writeUsersTime: example.time))
        let schedule = SampleSchedule(
            start: start, period: example.period, started: example.zone.at(example.started), zone: example.zone)
        var samples = [schedule.first]
        while samples.count < example.samples.count { samples.append(schedule.next(after: samples.last!)) }
        #expect(samples.map(example.zone.show) == example.samples)
    }

    @Test(arguments: documented + daylightSaving)
    func `the next sample is the same whenever it is asked for since the one before`(_ example: Case) throws {
        let start = try #require(SampleSchedule.Start(writeUsersTime: example.time))
        let schedule = SampleSchedule(
            start: start, period: example.period, started: example.zone.at(example.started), zone: example.zone)
        var before = schedule.first - 100_000
        for _ in 0..<20 {
            let next = schedule.next(after: before)
            #expect(next > before)
            for part in 1...7 {
                #expect(schedule.next(after: before + (next - before) * Int64(part) / 8) == next)
            }
            #expect(schedule.next(after: next - 1) == next)
            before = next
        }
    }

    @Test(arguments: [-2, 11_521, Int.min, Int.max])
    func `a write-users-time outside the week is refused`(_ minutes: Int) {
        #expect(SampleSchedule.Start(writeUsersTime: minutes) == nil)
    }
}

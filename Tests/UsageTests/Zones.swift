import Usage

extension LocalTimeZone {
    /// Central European time of 2026: summer time from 2026-03-29 01:00 UTC to 2026-10-25 01:00 UTC.
    static let berlin = LocalTimeZone(winter: 3600, summer: 7200, from: "2026-03-29 01:00", to: "2026-10-25 01:00")
    /// Eastern time of 2026.
    static let newYork = LocalTimeZone(
        winter: -18_000, summer: -14_400, from: "2026-03-08 07:00", to: "2026-11-01 06:00")
    /// Egypt, 2026: the clock is put forward at midnight, so that a day begins at 01:00.
    static let cairo = LocalTimeZone(winter: 7200, summer: 10_800, from: "2026-04-23 22:00", to: "2026-10-29 21:00")
    /// Half an hour of daylight saving, in the south: summer time ends 2026-04-04 15:00 UTC, begins 2026-10-03 15:30
    /// UTC.
    static let lordHowe = LocalTimeZone(
        winter: 39_600, summer: 37_800, from: "2026-04-04 15:00", to: "2026-10-03 15:30")

    /// A zone by its rule of one year: `summer` holds between the two instants of UTC, `winter` otherwise.
    init(winter: Int64, summer: Int64, from: String, to: String) {
        let (begin, end) = (instantUTC(from), instantUTC(to))
        self.init { (begin..<end).contains($0) ? summer : winter }
    }

    /// The instant at which the local clock shows `2026-01-31 13:52`.
    func at(_ text: String) -> Int64 { instant(ofWallTime: instantUTC(text)) }

    /// What the local clock shows, with the offset in minutes: `Mon 2026-01-31 13:52 +60`.
    func show(_ instant: Int64) -> String {
        let wall = wallTime(at: instant)
        let day = LocalDay(number: (wall - (wall % 86_400 + 86_400) % 86_400) / 86_400)
        let second = wall - day.number * 86_400
        let time = [second / 3600, second / 60 % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
        let seconds = second % 60 == 0 ? "" : ":\(second % 60)"
        let offset = (wall - instant) / 60
        return "\(day.weekdayName) \(day) \(time)\(seconds) \(offset < 0 ? "" : "+")\(offset)"
    }
}

/// The instant of `2026-01-31 13:52` UTC.
func instantUTC(_ text: String) -> Int64 {
    let numbers = text.split { "- :".contains($0) }.compactMap { Int($0) }
    let day = LocalDay(year: numbers[0], month: numbers[1], day: numbers[2])
    return day.number * 86_400 + Int64(numbers[3] * 3600 + numbers[4] * 60 + (numbers.count > 5 ? numbers[5] : 0))
}

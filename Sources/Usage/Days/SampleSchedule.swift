/// Says when the users who are logged in are counted, from `write-users-time` and `write-users-period`.
///
/// The first sample is due straight after start-up, or when the local clock next shows a time of the day or week. After
/// it:
/// - a period of whole days counts days of the local calendar, so that the time of day stays;
/// - a period that divides a day into equal parts begins anew at the first sample's time of each day, so that a change
///   of daylight saving shifts samples for that day only;
/// - any other period counts the seconds that pass.
///
/// A local time that a change of daylight saving leaves out is taken at the change; one that exists twice, the first
/// time.
public struct SampleSchedule: Sendable {
    /// When the first sample is due.
    public enum Start: Hashable, Sendable {
        /// Straight after start-up.
        case startUp
        /// Minutes after local midnight: 0...1440, where 1440 is the next midnight.
        case day(minutes: Int)
        /// Minutes after the local midnight between Sunday and Monday: 1...10080.
        case week(minutes: Int)

        /// Reads `write-users-time`: -1, minutes after midnight up to 1440, or above it of the week.
        ///
        /// 1460 is Monday 00:20. Returns nil outside -1...11520.
        public init?(writeUsersTime minutes: Int) {
            switch minutes {
            case -1: self = .startUp
            case 0...1440: self = .day(minutes: minutes)
            case 1441...11_520: self = .week(minutes: minutes - 1440)
            default: return nil
            }
        }
    }

    /// The instant of the first sample, in seconds since 1970.
    public let first: Int64
    /// What the local clock shows then, or would show if the time existed.
    private let anchor: Int64
    private let period: Int64
    private let zone: LocalTimeZone

    /// Makes the schedule of a host that starts at an instant.
    ///
    /// - Parameters:
    ///   - start: when the first sample is due.
    ///   - period: seconds between samples; less than one counts as one.
    ///   - started: when the host started, in seconds since 1970.
    public init(start: Start, period: Int, started: Int64, zone: LocalTimeZone) {
        self.period = Int64(max(1, period))
        self.zone = zone
        switch start {
        case .startUp: (first, anchor) = (started, zone.wallTime(at: started))
        case .day(let minutes): (first, anchor) = Self.next(from: started, minute: minutes % 1440, every: 1, zone)
        case .week(let minutes): (first, anchor) = Self.next(from: started, minute: minutes % 10_080, every: 7, zone)
        }
    }

    /// Returns the first sample's instant that lies after an instant.
    public func next(after instant: Int64) -> Int64 {
        if instant < first { return first }
        if period % day == 0 { return nextByDays(after: instant) }
        if day % period == 0 { return nextWithinDay(after: instant) }
        return first + ((instant - first) / period + 1) * period
    }

    private var day: Int64 { 86_400 }

    /// The first sample's time, on every day that is a multiple of the period from its day.
    private func nextByDays(after instant: Int64) -> Int64 {
        var steps = max(1, (zone.wallTime(at: instant) - anchor) / period)
        while zone.instant(ofWallTime: anchor + steps * period) <= instant { steps += 1 }
        return zone.instant(ofWallTime: anchor + steps * period)
    }

    /// The next part of the day that began with the last occurrence of the first sample's time.
    private func nextWithinDay(after instant: Int64) -> Int64 {
        var days = max(0, (zone.wallTime(at: instant) - anchor) / day - 1)
        while zone.instant(ofWallTime: anchor + (days + 1) * day) <= instant { days += 1 }
        let began = days == 0 ? first : zone.instant(ofWallTime: anchor + days * day)
        let begins = zone.instant(ofWallTime: anchor + (days + 1) * day)
        return min(began + ((instant - began) / period + 1) * period, begins)
    }

    /// The first instant from `started` on at which the local clock shows a minute of a day or of a week of `days`.
    private static func next(
        from started: Int64, minute: Int, every days: Int64, _ zone: LocalTimeZone
    ) -> (instant: Int64, wall: Int64) {
        let today = zone.day(at: started)
        let cycle = today.number - (days == 7 ? Int64(today.weekday) : 0)
        // From the cycle before, because a minute that does not exist can be due after its day.
        var wall = (cycle - days) * 86_400 + Int64(minute) * 60
        while zone.instant(ofWallTime: wall) < started { wall += days * 86_400 }
        return (zone.instant(ofWallTime: wall), wall)
    }
}

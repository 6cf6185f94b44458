import Basics
import Glibc

/// Converts between instants and local time by the one thing that makes a time zone: its offset at an instant.
///
/// Instants are seconds since 1970-01-01 00:00 UTC. Wall times are the seconds that a local clock and calendar show
/// since 1970-01-01 00:00 on that clock, so that a whole number of days later is the same time of another day.
public struct LocalTimeZone: Sendable {
    private let offset: @Sendable (Int64) -> Int64

    /// Makes a zone from a function that tells the seconds east of UTC at an instant.
    ///
    /// The function may change its answer once within two days, by at most a day.
    public init(offset: @escaping @Sendable (Int64) -> Int64) { self.offset = offset }

    /// The zone of this process: `TZ` or `/etc/localtime`, as localtime_r(3) reads them.
    public static let system = LocalTimeZone { instant in
        var time = time_t(instant)
        var local = tm()
        localtime_r(&time, &local)
        return Int64(local.tm_gmtoff)
    }

    /// Coordinated universal time.
    public static let utc = LocalTimeZone { _ in 0 }

    /// Returns what the local clock shows at an instant.
    public func wallTime(at instant: Int64) -> Int64 { instant + offset(instant) }

    /// Returns the day that the local calendar shows at an instant.
    public func day(at instant: Int64) -> LocalDay {
        LocalDay(number: wallTime(at: instant).flooredQuotient(by: 86_400))
    }

    /// Returns the instant at which the local clock shows a time.
    ///
    /// A time that exists twice, when the clock is put back, is the first of both. A time that does not exist, when the
    /// clock is put forward, is the instant of the change.
    public func instant(ofWallTime wall: Int64) -> Int64 {
        let (early, late) = (wall - 86_400, wall + 86_400)
        let candidates = [wall - offset(early), wall - offset(late)]
        if let first = candidates.filter({ wallTime(at: $0) == wall }).min() { return first }
        return change(after: early, before: late)
    }

    /// Returns the first instant of a local day, which need not be midnight where the clock changes then.
    public func start(of day: LocalDay) -> Int64 { instant(ofWallTime: day.number * 86_400) }

    /// Finds the instant from which on the offset is that of the interval's end.
    private func change(after early: Int64, before late: Int64) -> Int64 {
        var (same, changed) = (early, late)
        while changed - same > 1 {
            let middle = same + (changed - same) / 2
            if offset(middle) == offset(late) { changed = middle } else { same = middle }
        }
        return changed
    }
}

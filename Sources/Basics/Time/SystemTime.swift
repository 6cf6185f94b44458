import Glibc

/// Reads the system's clocks, in nanoseconds: for waits and time stamps of what no test turns a clock for. What is tested by the hour or the
/// day takes a ``HostClock``.
package enum SystemTime {
    /// The time from an unspecified start, never backwards.
    package static var monotonic: Int64 { read(CLOCK_MONOTONIC) }
    /// The time since 1970-01-01 00:00 UTC.
    package static var wall: Int64 { read(CLOCK_REALTIME) }

    /// The time from an unspecified start, which goes on while the machine sleeps.
    package static var boot: Int64 { read(CLOCK_BOOTTIME) }
    /// The whole seconds since 1970-01-01 00:00 UTC.
    package static var seconds: Int64 { wall / 1_000_000_000 }

    private static func read(_ clock: Int32) -> Int64 {
        var time = timespec()
        clock_gettime(clockid_t(clock), &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

extension Duration {
    /// The whole nanoseconds of the duration; of one that is longer than 292 years the most that fit.
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, isLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isLonger) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return isLong || isLonger ? (seconds < 0 ? .min : .max) : sum
    }
}

import Glibc

/// Reads the system's clocks, in nanoseconds.
package enum SystemTime {
    /// The time from an unspecified start, never backwards.
    package static var monotonic: Int64 { read(CLOCK_MONOTONIC) }
    /// The time since 1970-01-01 00:00 UTC.
    package static var wall: Int64 { read(CLOCK_REALTIME) }

    private static func read(_ clock: Int32) -> Int64 {
        var time = timespec()
        clock_gettime(clockid_t(clock), &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

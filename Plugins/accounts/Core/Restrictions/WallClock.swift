import Glibc

/// Tells the time as the host of the module has it, and what the clock on the wall of the house shows: hours and days of log-ins are
/// written in local time.
package struct WallClock: Sendable {
    /// Seconds since 1970-01-01 00:00 UTC.
    package let now: @Sendable () -> Int64
    /// Converts such seconds to local time, `tm_gmtoff` included.
    package let local: @Sendable (Int64) -> tm

    /// Takes a clock, and the zone of the host unless another is given.
    package init(
        now: @escaping @Sendable () -> Int64, local: @escaping @Sendable (Int64) -> tm = WallClock.systemZone
    ) {
        self.now = now
        self.local = local
    }

    /// Converts by the zone of the process (`TZ`, else `/etc/localtime`), daylight saving included.
    @Sendable package static func systemZone(_ seconds: Int64) -> tm {
        var time = time_t(seconds)
        var fields = tm()
        // SAFETY: both are locals; localtime_r(3) keeps neither.
        localtime_r(&time, &fields)
        return fields
    }
}

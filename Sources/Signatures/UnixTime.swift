import Basics

/// A point in time on the wall clock, as tokens name it: RFC 7519's NumericDate.
public struct UnixTime: Comparable, Hashable, Sendable {
    /// Seconds since 1970-01-01 00:00 UTC, without leap seconds; finite.
    public let seconds: Double

    /// Makes the time of a number of seconds.
    public init(seconds: Double) { self.seconds = seconds }

    /// Makes the time of a number of nanoseconds since 1970-01-01 00:00 UTC.
    public init(nanoseconds: Int64) { seconds = Double(nanoseconds) / 1e9 }

    /// Orders earlier times first.
    public static func < (left: UnixTime, right: UnixTime) -> Bool { left.seconds < right.seconds }

    static func + (time: UnixTime, duration: Duration) -> UnixTime {
        UnixTime(seconds: time.seconds + duration.inSeconds)
    }

    static func - (time: UnixTime, duration: Duration) -> UnixTime {
        UnixTime(seconds: time.seconds - duration.inSeconds)
    }

    /// The whole second at or after the time, from 1970 to 2106.
    var roundedUp: UInt32 { Self.clamped(seconds.rounded(.up)) }

    /// The whole second at or before the time, from 1970 to 2106.
    var roundedDown: UInt32 { Self.clamped(seconds.rounded(.down)) }

    private static func clamped(_ seconds: Double) -> UInt32 { UInt32(min(max(seconds, 0), Double(UInt32.max))) }
}

extension UnixTime: CustomStringConvertible {
    /// Spells the time as RFC 3339 does, in UTC and whole seconds: `2026-01-31T13:52:17Z`.
    public var description: String { RFC3339.text(Int64(seconds.rounded(.down))) }
}

extension Duration {
    /// The duration as a number of seconds.
    var inSeconds: Double {
        self / .seconds(1)
    }
}

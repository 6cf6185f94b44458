import Glibc

/// The clocks of a host; tests bring one that they turn by hand.
public protocol HostClock: Sendable {
    /// Nanoseconds from an unspecified start, never backwards.
    var monotonic: Int64 { get }
    /// Nanoseconds since 1970-01-01 00:00 UTC.
    var wall: Int64 { get }
    /// Whether time passes by itself, so that a thread should look at deadlines.
    var runs: Bool { get }
}

/// The system's clocks.
public struct SystemClock: HostClock {
    /// Reads the system's clocks.
    public init() {}

    /// Nanoseconds of CLOCK_MONOTONIC.
    public var monotonic: Int64 { read(CLOCK_MONOTONIC) }
    /// Nanoseconds of CLOCK_REALTIME.
    public var wall: Int64 { read(CLOCK_REALTIME) }
    /// Goes on by itself, unlike a clock that a test turns.
    public var runs: Bool { true }

    private func read(_ clock: Int32) -> Int64 {
        var time = timespec()
        clock_gettime(clockid_t(clock), &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

extension Duration {
    /// The whole nanoseconds of the duration.
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}

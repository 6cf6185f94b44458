/// The clocks by which the parts of a host and its statistics live; tests and `replay` bring one that they turn by hand.
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
    public var monotonic: Int64 { SystemTime.monotonic }
    /// Nanoseconds of CLOCK_REALTIME.
    public var wall: Int64 { SystemTime.wall }
    /// Goes on by itself, unlike a clock that a test turns.
    public var runs: Bool { true }
}

/// The points in time that are taken wherever one comes in: from modules, commands, tokens and files.
///
/// Milliseconds taken for seconds lie in a year of five digits, and would keep for ever what should end in an hour. A number
/// before 2000 is a length of time, or a clock that was never set.
public enum AcceptedTimes {
    /// Seconds since 1970-01-01 00:00 UTC, from the first of 2000 to the last of 9999, which is the last year of RFC 3339 too.
    public static let seconds: ClosedRange<Int64> = 946_684_800...latest

    /// The last second of 9999, for times that are written with their year.
    public static let latest: Int64 = 253_402_300_799

    /// Says what is accepted, for messages.
    public static let text = "a time from 2000 to 9999, in seconds since 1970"
}

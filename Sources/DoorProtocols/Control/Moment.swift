import Basics

/// A point in time, which JSON has as RFC 3339 in UTC: `2026-01-31T13:52:17Z`.
public struct Moment: Codable, Hashable, Sendable {
    /// Seconds since 1970-01-01 00:00 UTC.
    public let seconds: Int64

    /// Takes seconds since 1970-01-01 00:00 UTC.
    public init(_ seconds: Int64) { self.seconds = seconds }

    /// The text of RFC 3339.
    public var text: String { RFC3339.text(seconds) }

    /// Reads the text.
    ///
    /// - Throws: for a text that is not of RFC 3339.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let seconds = RFC3339.seconds(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "expected \(RFC3339.form)")
        }
        self.seconds = seconds
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

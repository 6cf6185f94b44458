/// Tells the kinds of one type of error apart; kinds can be added. Each type of error lists its own in an extension.
public struct ErrorCode<Failure>: RawRepresentable, ExpressibleByStringLiteral, Hashable, Sendable {
    /// The kind's name, a word of a-z and -, stable across versions.
    public let rawValue: String

    /// Takes a kind's name as it is.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Takes a kind's name as it is.
    public init(stringLiteral name: String) { rawValue = name }
}

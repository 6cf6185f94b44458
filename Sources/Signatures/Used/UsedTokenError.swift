/// Why the file of used tokens cannot be opened or written.
public struct UsedTokenError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Tells kinds of errors apart; new kinds may come.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The kind's name, stable across versions.
        public let rawValue: String

        /// Makes a code from its name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The system refused a call on the file or its directory.
        public static let system = Code(rawValue: "system")
        /// Another process has the file open.
        public static let inUse = Code(rawValue: "in-use")
        /// Others may write to the file, or it is no regular file.
        public static let untrusted = Code(rawValue: "untrusted")
        /// The file is not one of used tokens, or is damaged.
        public static let damaged = Code(rawValue: "damaged")
    }

    /// The kind of error.
    public let code: Code
    /// What was tried and found, and what is accepted.
    public let description: String

    init(_ code: Code, _ path: String, _ message: String) {
        self.code = code
        description = "file of used tokens `\(path)`: \(message)"
    }
}

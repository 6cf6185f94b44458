/// Reports why a users file cannot be used, in one line that names the place.
public struct UsersFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of trouble; more may come.
    public struct Code: RawRepresentable, Sendable, Hashable {
        /// The kind's name.
        public let rawValue: String

        /// Takes a kind's name as it is.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The file cannot be opened or read, or is not to be trusted.
        public static let unreadable = Code(rawValue: "unreadable")
        /// The file is not well-formed XML, or uses a part of XML that is refused.
        public static let notXML = Code(rawValue: "not-xml")
        /// An element, an attribute or text that the format does not have there.
        public static let unexpected = Code(rawValue: "unexpected")
        /// A required attribute is not there.
        public static let missing = Code(rawValue: "missing")
        /// A value cannot be read.
        public static let badValue = Code(rawValue: "bad-value")
        /// A name occurs twice.
        public static let duplicate = Code(rawValue: "duplicate")
        /// A group is named and nowhere declared.
        public static let unknownGroup = Code(rawValue: "unknown-group")
    }

    /// What kind of trouble.
    public let code: Code
    /// The file as it was named.
    public let file: String
    /// 1-based; 0 when the trouble is with the file as a whole.
    public let line: Int
    /// 1-based, in bytes; 0 when it is not known.
    public let column: Int
    /// What was found and what was expected; never a password.
    public let message: String

    /// `file:line:column: message`
    public var description: String { line > 0 ? "\(file):\(line):\(column): \(message)" : "\(file): \(message)" }
}

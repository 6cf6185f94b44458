import Basics

/// Why the file of used tokens cannot be opened or written.
public struct UsedTokenError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Tells kinds of errors apart; new kinds may come.
    public typealias Code = ErrorCode<UsedTokenError>

    /// The kind of error.
    public let code: Code
    /// What was tried and found, and what is accepted.
    public let description: String

    init(_ code: Code, _ path: String, _ message: String) {
        self.code = code
        description = "file of used tokens `\(path)`: \(message)"
    }
}

extension ErrorCode<UsedTokenError> {
    /// The system refused a call on the file or its directory.
    public static var system: Self { "system" }
    /// Another process has the file open.
    public static var inUse: Self { "in-use" }
    /// Others may write to the file, or it is no regular file.
    public static var untrusted: Self { "untrusted" }
    /// The file is not one of used tokens, or is damaged.
    public static var damaged: Self { "damaged" }
}

import Basics
import CLibSQLite

/// Why the usage database cannot be used.
public struct UsageDatabaseError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Tells kinds of failure apart; new kinds may come.
    public typealias Code = ErrorCode<UsageDatabaseError>

    /// The kind of failure.
    public let code: Code
    /// The file.
    public let path: String
    /// What was tried and what came of it.
    public let reason: String

    /// Spells the failure on one line.
    public var description: String { "usage database `\(path)`: \(reason)" }

    init(_ code: Code, _ path: String, _ reason: String) {
        self.code = code
        self.path = path
        self.reason = reason
    }

    static func ofSomethingElse(_ path: String) -> UsageDatabaseError {
        UsageDatabaseError(.foreign, path, "it is the SQLite database of something else; it was left as it is")
    }

    /// Says what an error of SQLite means for the file. SQLite's text holds no value.
    init(_ error: any Error, _ path: String, _ what: String) {
        if let known = error as? UsageDatabaseError {
            self = known
            return
        }
        let failure = error as? SQLiteDatabase.Failure
        let text = failure?.message ?? "\(error)"
        switch failure?.code {
        case SQLITE_NOTADB: self.init(.foreign, path, "\(what): \(text); it was left as it is")
        case SQLITE_CORRUPT: self.init(.corrupt, path, "\(what): \(text); it was left as it is")
        default: self.init(.unavailable, path, "\(what): \(text)")
        }
    }
}

extension ErrorCode<UsageDatabaseError> {
    /// The file belongs to something else: it is not touched.
    public static var foreign: Self { "foreign" }
    /// The file is damaged: it is not touched.
    public static var corrupt: Self { "corrupt" }
    /// The file was written by a later version: it is not touched.
    public static var newer: Self { "newer" }
    /// Another process writes the file: it is not touched.
    public static var inUse: Self { "in-use" }
    /// The file cannot be opened, read or written now; later it may.
    public static var unavailable: Self { "unavailable" }
}

import Accounts
import Basics

/// Tells one thing about a users file that its author should know.
package struct UsersFinding: Sendable, Hashable, CustomStringConvertible {
    /// How much it matters.
    package enum Severity: String, Sendable {
        /// The file cannot be used.
        case error
        /// The file can be used, and probably does not say what was meant, or is weaker than it needs to be.
        case warning
    }

    /// How much it matters.
    package let severity: Severity
    /// The kind's name, for programs: ``UsersFileError/Code`` for an error, for a warning one of the manual page's table.
    package let kind: String
    /// The file as it was named.
    package let file: String
    /// 1-based; 0 when the finding is about the file as a whole.
    package let line: Int
    /// 1-based, in bytes; 0 when it is not known.
    package let column: Int
    /// What was found; one line, never a password.
    package let message: String

    /// `file:line:column: warning: message`
    package var description: String {
        line > 0
            ? "\(file):\(line):\(column): \(severity.rawValue): \(message)"
            : "\(file): \(severity.rawValue): \(message)"
    }

    init(_ error: UsersFileError) {
        (severity, kind, file, message) = (.error, error.code.rawValue, error.file, error.message)
        (line, column) = (error.line, error.column)
    }

    init(_ severity: Severity, _ kind: String, _ file: String, _ place: (line: Int, column: Int), _ message: String) {
        (self.severity, self.kind, self.file) = (severity, kind, file)
        // A message shows what the file holds, and a file may hold anything.
        self.message = message.controlsEscaped
        (line, column) = place
    }
}

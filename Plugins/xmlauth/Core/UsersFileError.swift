import Accounts
import Basics

/// Reports why a users file cannot be used, in one line that names the place.
package struct UsersFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of trouble: those of an entry, and those of the file.
    package typealias Code = EntryFault.Code

    /// What kind of trouble.
    package let code: Code
    /// The file as it was named.
    package let file: String
    /// 1-based; 0 when the trouble is with the file as a whole.
    package let line: Int
    /// 1-based, in bytes; 0 when it is not known.
    package let column: Int
    /// What was found and what was expected; never a password.
    package let message: String

    init(code: Code, file: String, line: Int, column: Int, message: String) {
        (self.code, self.file, self.line, self.column) = (code, file, line, column)
        // A message shows what the file holds, and a file may hold anything.
        self.message = message.controlsEscaped
    }

    /// `file:line:column: message`
    package var description: String { line > 0 ? "\(file):\(line):\(column): \(message)" : "\(file): \(message)" }
}

extension UsersFileError: ReadingFault {
    package var isUnreadable: Bool { code == .unreadable }
}

extension UsersFileError {
    /// Says where in a file a fault of an entry is.
    init(_ fault: EntryFault, file: String, place: Place) {
        self.init(
            code: fault.code, file: file, line: place.line, column: place.column,
            message: fault.message)
    }
}

extension ErrorCode<EntryFault> {
    /// The file cannot be opened or read, or is not to be trusted.
    package static var unreadable: Self { "unreadable" }
    /// The file is not well-formed XML, or uses a part of XML that is refused.
    package static var notXML: Self { "not-xml" }
    /// An element, an attribute or text that the format does not have there.
    package static var unexpected: Self { "unexpected" }
}

import Glibc

/// A call of the system that failed.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The errno.
    package let code: Int32
    /// What was tried; empty where the code that catches it says so.
    package let tried: String

    /// Takes an errno.
    package init(_ code: Int32 = errno, _ tried: String = "") {
        self.code = code
        self.tried = tried
    }

    /// What was tried, and strerror(3)'s words beginning in lower case, as the middle of a sentence.
    package var description: String { tried.isEmpty ? words : "\(tried): \(words)" }

    private var words: String {
        // SAFETY: strerror(3) returns a terminated text, of the thread since glibc 2.32; it is copied at once.
        let text = strerror(code).map { String(cString: $0) } ?? "error \(code)"
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}

import Accounts
import Rules

/// A users file that is read outside of a module.
package enum UsersFile {
    /// Reads a file. Blocks for as long as reading takes.
    ///
    /// - Throws: ``UsersFileError`` for one that cannot be used.
    package static func read(_ path: String) throws(UsersFileError) -> AccountSnapshot {
        let session = try UsersSession(path: path, allowsPlain: true)
        try UsersReader.feed(path, to: session)
        return try session.finish()
    }

    /// Describes the rules of a file, in its order, each with its line.
    ///
    /// - Throws: ``UsersFileError`` for one that cannot be used.
    package static func rules(_ path: String) throws(UsersFileError) -> [(line: Int, text: String)] {
        let snapshot = try read(path)
        return (0..<snapshot.rules.ruleCount).map { (snapshot.rules.line(ofRule: $0), snapshot.text(ofRule: $0)) }
    }
}

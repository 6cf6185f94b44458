import Basics
import Glibc

/// Puts a new text in the place of a users file.
package enum UsersFileReplacement {
    /// Says whether the file holds exactly `text`.
    package static func holds(_ path: String, _ text: [UInt8]) throws(UsersFileError) -> Bool {
        let bytes = CollectedBytes()
        try UsersReader.feed(path, to: bytes)
        return bytes.all == text
    }

    /// Writes a new file beside `path`, with its mode and owner, and renames it: readers see the old text or the new.
    ///
    /// Throws: ``UsersFileError``; the old file is untouched then. A symbolic link and a file with other names are
    /// refused: what they stand for would no longer be one file.
    package static func replace(_ path: String, with text: [UInt8]) throws(UsersFileError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw fault(path, "cannot be looked at", errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw fault(path, "is no regular file; name the file that a symbolic link leads to")
        }
        guard status.st_nlink == 1 else {
            throw fault(path, "has \(status.st_nlink) names; it is replaced under one alone")
        }
        var template = Array("\(path).XXXXXX".utf8CString)
        let file = mkstemp(&template)
        guard file >= 0 else { throw fault(path, "cannot be replaced: no file can be made beside it", errno) }
        var isDone = false
        defer {
            close(file)
            if !isDone { unlink(template) }
        }
        guard fchown(file, status.st_uid, status.st_gid) == 0 else {
            throw fault(path, "has an owner that cannot be kept", errno)
        }
        guard fchmod(file, status.st_mode & 0o7777) == 0 else {
            throw fault(path, "has a mode that cannot be kept", errno)
        }
        guard write(text, to: file), fsync(file) == 0 else { throw fault(path, "cannot be written anew", errno) }
        guard rename(template, path) == 0 else { throw fault(path, "cannot be replaced", errno) }
        isDone = true
    }

    private static func write(_ text: [UInt8], to file: Int32) -> Bool {
        var done = 0
        while done < text.count {
            let count = text[done...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return false }
            done += count
        }
        return true
    }

    private static func fault(_ path: String, _ what: String, _ code: Int32? = nil) -> UsersFileError {
        let reason = code.map { ": \(SystemError($0))" } ?? ""
        return UsersFileError(
            code: .unreadable, file: path, line: 0, column: 0, message: "the users file \(what)\(reason)")
    }
}

/// Keeps what it is fed.
private final class CollectedBytes: UsersFeed {
    private(set) var all: [UInt8] = []

    func feed(_ bytes: UnsafeRawBufferPointer) { all.append(contentsOf: bytes) }
}

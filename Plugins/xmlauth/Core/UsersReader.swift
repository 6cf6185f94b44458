import Accounts
import CLibXML2
import Glibc

/// Reads a users file piece by piece through libxml2's push parser.
///
/// No DTD, no entity but the five predefined ones, no namespace, no network; at most 1 GiB.
package enum UsersReader {
    static let largestFile = 1 << 30

    /// Reads a file into a directory. Blocks for as long as that takes.
    package static func read(_ path: String, allowsPlain: Bool) throws(UsersFileError) -> Directory {
        let session = try UsersSession(path: path, allowsPlain: allowsPlain)
        try feed(path, to: session)
        return try session.finish()
    }

    /// Reads a text, for tests and checks. `name` stands in the messages.
    package static func read(_ text: [UInt8], name: String, allowsPlain: Bool) throws(UsersFileError) -> Directory {
        let session = try UsersSession(path: name, allowsPlain: allowsPlain)
        try feed(text, to: session)
        return try session.finish()
    }

    /// Hands a whole file to a parser, piece by piece.
    static func feed(_ path: String, to session: some UsersFeed) throws(UsersFileError) {
        // Nobody writes to a FIFO of that name: without O_NONBLOCK open(2) would wait for ever.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw unreadable(path, "cannot be opened: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else {
            throw unreadable(path, "cannot be looked at: \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw unreadable(path, "is \(kind(of: status.st_mode)), a regular file is expected")
        }
        if status.st_mode & S_IWOTH != 0 {
            throw unreadable(path, "may be written by everybody; take that permission away (chmod o-w)")
        }
        if status.st_size > largestFile { throw unreadable(path, "has more than \(largestFile) bytes") }
        try withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 16) { buffer throws(UsersFileError) in
            var total = 0
            while true {
                let count = Glibc.read(file, buffer.baseAddress, buffer.count)
                if count < 0 && errno == EINTR { continue }
                if count < 0 { throw unreadable(path, "cannot be read: \(String(cString: strerror(errno)))") }
                total += count
                // The file may grow while it is read.
                if total > largestFile { throw unreadable(path, "has more than \(largestFile) bytes") }
                try session.feed(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                if count == 0 { return }
            }
        }
    }

    /// Hands a whole text to a parser.
    static func feed(_ text: [UInt8], to session: some UsersFeed) throws(UsersFileError) {
        try text.withUnsafeBufferPointer { bytes throws(UsersFileError) in
            if !bytes.isEmpty { try session.feed(UnsafeRawBufferPointer(bytes)) }
        }
        try session.feed(UnsafeRawBufferPointer(start: nil, count: 0))
    }

    private static func kind(of mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFDIR: "a directory"
        case S_IFIFO: "a FIFO"
        case S_IFCHR: "a character device"
        case S_IFBLK: "a block device"
        default: "no file"
        }
    }

    private static func unreadable(_ path: String, _ message: String) -> UsersFileError {
        UsersFileError(code: .unreadable, file: path, line: 0, column: 0, message: "the users file \(message)")
    }
}

/// Takes the bytes of a file in order.
protocol UsersFeed {
    /// Takes the next piece; an empty one is the end.
    func feed(_ bytes: UnsafeRawBufferPointer) throws(UsersFileError)
}

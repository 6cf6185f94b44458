import Accounts
import Basics
import CLibXML2
import Glibc

/// Reads a users file piece by piece through libxml2's push parser.
///
/// No DTD, no entity but the five predefined ones, no namespace, no network; at most 1 GiB.
package enum UsersReader {
    static let largestFile = 1 << 30

    /// Reads a file into accounts. Blocks for as long as that takes.
    ///
    /// digest: takes every byte that is read.
    package static func read(
        _ path: String, allowsPlain: Bool, trust: FileTrust = FileTrust(), digest: RulesDigest? = nil
    ) throws(UsersFileError) -> AccountSnapshot {
        let session = try UsersSession(path: path, allowsPlain: allowsPlain)
        try feed(path, to: session, trust, digest: digest)
        return try session.finish()
    }

    /// Reads a text, for tests and checks. `name` stands in the messages.
    package static func read(_ text: [UInt8], name: String, allowsPlain: Bool) throws(UsersFileError) -> AccountSnapshot
    {
        let session = try UsersSession(path: name, allowsPlain: allowsPlain)
        try feed(text, to: session)
        return try session.finish()
    }

    /// Hands a whole file to a parser, piece by piece.
    static func feed(
        _ path: String, to session: some UsersFeed, _ trust: FileTrust = FileTrust(), digest: RulesDigest? = nil
    ) throws(UsersFileError) {
        let trusted: TrustedFile
        do {
            trusted = try TrustedFile(path, trust)
        } catch {
            throw unreadable(path, "cannot be read: \(error)")
        }
        let file = trusted.descriptor
        if trusted.status.st_size > largestFile { throw unreadable(path, "has more than \(largestFile) bytes") }
        try withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 16) { buffer throws(UsersFileError) in
            var total = 0
            while true {
                let count = Glibc.read(file, buffer.baseAddress, buffer.count)
                if count < 0 && errno == EINTR { continue }
                if count < 0 { throw unreadable(path, "cannot be read: \(SystemError())") }
                total += count
                // The file may grow while it is read.
                if total > largestFile { throw unreadable(path, "has more than \(largestFile) bytes") }
                let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                digest?.add(piece)
                try session.feed(piece)
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

    private static func unreadable(_ path: String, _ message: String) -> UsersFileError {
        UsersFileError(code: .unreadable, file: path, line: 0, column: 0, message: "the users file \(message)")
    }
}

/// Takes the bytes of a file in order.
protocol UsersFeed {
    /// Takes the next piece; an empty one is the end.
    func feed(_ bytes: UnsafeRawBufferPointer) throws(UsersFileError)
}

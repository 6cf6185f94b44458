import Basics
import Glibc

/// The file of the usage database as the file system knows it. Names of users are personal data: it is its owner's
/// alone.
struct UsageFile: Sendable {
    /// The first bytes of every SQLite 3 database (https://www.sqlite.org/fileformat2.html, section 1.3).
    private static let magic = Array("SQLite format 3\0".utf8)
    /// Where the header holds the application id, big-endian.
    private static let applicationIDOffset = 68

    let path: String

    /// The file that the path leads to now; nil when there is none.
    var identity: FileIdentity? { FileIdentity(path) }

    /// Makes the file, and the folder that holds it, if they are not there; makes sure that no other user can read it;
    /// and looks at its first bytes, so that nothing of SQLite touches a file that is not ours.
    func prepare() throws(UsageDatabaseError) {
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex { mkdir(String(path[..<slash]), 0o700) }
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw failure("cannot be opened for writing") }
        defer { close(descriptor) }
        try checkHeader(descriptor)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("fstat failed") }
        if FileSecrecy.ofOwner.fault(in: status) != nil, fchmod(descriptor, 0o600) != 0 {
            throw failure("others can read it, and that cannot be changed")
        }
    }

    /// Looks at the first bytes without a change to anything.
    func checkReadable() throws(UsageDatabaseError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure("cannot be read") }
        defer { close(descriptor) }
        try checkHeader(descriptor)
    }

    private func checkHeader(_ descriptor: Int32) throws(UsageDatabaseError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("fstat failed") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw UsageDatabaseError(.foreign, path, "it is not a regular file")
        }
        var header = [UInt8](repeating: 0, count: 100)
        let count = header.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw failure("cannot be read") }
        if count == 0 { return }
        guard count == header.count, header.starts(with: Self.magic) else {
            throw UsageDatabaseError(.foreign, path, "it is not an SQLite database; it was left as it is")
        }
        let id = header[Self.applicationIDOffset..<Self.applicationIDOffset + 4].reduce(0) { $0 << 8 | UInt32($1) }
        // Zero until the first transaction is complete: then SQLite, which may have to undo it, is asked what is
        // inside.
        guard id == 0 || id == UInt32(UsageSchema.applicationID) else {
            throw UsageDatabaseError.ofSomethingElse(path)
        }
    }

    /// Takes the file for this process with flock(2), which SQLite does not use: two hosts that count at once would each write
    /// what it knows of the month.
    ///
    /// - Returns: what holds the lock. INVARIANT: it outlives SQLite's own descriptors, since close(2) gives up the process's
    ///   other locks on the file as well, fcntl(2).
    func lock() throws(UsageDatabaseError) -> UsageFileLock {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure("cannot be opened") }
        // A file system without locks keeps no process from writing.
        if case .held = FileLock.take(descriptor) {
            close(descriptor)
            throw UsageDatabaseError(.inUse, path, "another process writes it; does authhost run already?")
        }
        return UsageFileLock(descriptor)
    }

    private func failure(_ what: String) -> UsageDatabaseError {
        UsageDatabaseError(.unavailable, path, "\(what): \(SystemError())")
    }
}

/// A lock on the file, given up with the value.
final class UsageFileLock: Sendable {
    private let descriptor: Int32

    fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}

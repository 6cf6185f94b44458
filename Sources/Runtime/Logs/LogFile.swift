import Basics
import Glibc

/// Opens the files that log lines are appended to.
public enum LogFile {
    /// Says why a log at a path would be refused; nil where it could be written. Writes nothing, and makes no file.
    ///
    /// - Parameters:
    ///   - purpose: which log it is, for the message.
    ///   - mustBeFree: whether a process that writes it is a fault.
    public static func fault(at path: String, as purpose: String, mustBeFree: Bool) -> LogFileError? {
        var found = stat()
        guard stat(path, &found) == 0 else {
            let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "./"
            if errno == ENOENT, access(String(folder), W_OK | X_OK) == 0 { return nil }
            return LogFileError(path: path, purpose: purpose, reason: SystemError().description)
        }
        let kind = refusedKind {
            $0 = found
            return 0
        }
        if let kind { return LogFileError(path: path, purpose: purpose, reason: kind) }
        guard access(path, W_OK) == 0 else {
            return LogFileError(path: path, purpose: purpose, reason: SystemError().description)
        }
        guard mustBeFree else { return nil }
        let descriptor = Glibc.open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return isLockedByAnother(descriptor, nil) ? LogFileError(inUse: path, purpose: purpose) : nil
    }

    /// Opens a regular file, which is made where it is not there, or a character device. Never waits, as a FIFO would make it.
    ///
    /// A regular file is locked with flock(2) for as long as the descriptor is open: two hosts do not write one log, and one
    /// that is started a second time by mistake leaves no line in the first one's.
    ///
    /// - Parameters:
    ///   - purpose: which log it is, for the message.
    ///   - held: a descriptor whose lock on the same file is this process's own, and is given up later; nil for none.
    /// - Throws: ``LogFileError`` when it cannot be opened, is of another kind, or is another process's log.
    static func open(_ path: String, as purpose: String, insteadOf held: Int32? = nil) throws(LogFileError) -> Int32 {
        // open(2): "ENXIO: O_NONBLOCK | O_WRONLY is set, the named file is a FIFO, and no process has the FIFO open for reading".
        let descriptor = Glibc.open(
            path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0o640)
        guard descriptor >= 0 else {
            let reason = errno
            let kind = reason == ENXIO ? refusedKind { stat(path, &$0) } : nil
            throw LogFileError(path: path, purpose: purpose, reason: kind ?? SystemError(reason).description)
        }
        if let kind = refusedKind({ fstat(descriptor, &$0) }) {
            close(descriptor)
            throw LogFileError(path: path, purpose: purpose, reason: kind)
        }
        if isLockedByAnother(descriptor, held) {
            close(descriptor)
            throw LogFileError(inUse: path, purpose: purpose)
        }
        // A full terminal delays a line, it does not lose it.
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
        return descriptor
    }

    private static func isLockedByAnother(_ descriptor: Int32, _ held: Int32?) -> Bool {
        guard isRegular(descriptor) else { return false }
        if let held, FileIdentity(held) == FileIdentity(descriptor) {
            // flock(2): "Converting a lock is not guaranteed to be atomic", and two descriptors exclude each other: the one
            // that is held gives its lock up to the new one.
            _ = flock(held, LOCK_UN)
        }
        // A file system without locks keeps no process from writing.
        if case .held = FileLock.take(descriptor) { return true }
        return false
    }

    /// Whether an open file is a regular one.
    static func isRegular(_ descriptor: Int32) -> Bool {
        var found = stat()
        return fstat(descriptor, &found) == 0 && found.st_mode & S_IFMT == S_IFREG
    }

    /// Whether a path leads to a FIFO.
    static func isFIFO(_ path: String) -> Bool {
        var found = stat()
        return stat(path, &found) == 0 && found.st_mode & S_IFMT == S_IFIFO
    }

    /// Says what a file is, when it is neither a regular file nor a character device; nil for these.
    private static func refusedKind(_ look: (inout stat) -> Int32) -> String? {
        var found = stat()
        guard look(&found) == 0 else { return SystemError().description }
        let kind: String
        switch found.st_mode & S_IFMT {
        case S_IFREG, S_IFCHR: return nil
        case S_IFIFO: kind = "a FIFO"
        case S_IFSOCK: kind = "a socket"
        case S_IFBLK: kind = "a block device"
        case S_IFDIR: kind = "a directory"
        default: kind = "a file of another kind"
        }
        return "it is \(kind), and neither a regular file nor a character device"
    }

    /// Writes once, again after a signal; the number of bytes, -1 with errno.
    static func write(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) -> Int {
        while true {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            return count
        }
    }
}

/// Why a log cannot be written to its file.
public struct LogFileError: Error, CustomStringConvertible {
    /// The file.
    public let path: String
    /// Which log: `event log` or `audit log`.
    public let purpose: String
    /// What hindered, in words.
    public let reason: String

    init(path: String, purpose: String, reason: String) {
        (self.path, self.purpose, self.reason) = (path, purpose, reason)
    }

    /// The file is another process's.
    init(inUse path: String, purpose: String) {
        self.init(path: path, purpose: purpose, reason: "another process writes it; does authhost run already?")
    }

    /// Spells the failure on one line.
    public var description: String { "cannot open the \(purpose) `\(path)` for appending: \(reason)" }
}

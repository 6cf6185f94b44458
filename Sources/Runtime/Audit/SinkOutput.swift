import Basics
import Glibc

/// How far a write came.
struct AuditWrite {
    /// How many lines have arrived.
    var written = 0
    /// Whether the line behind these has begun to go out: its end follows, before anything else.
    var isBegun = false
    /// Why no more have; nil where all of them have.
    var failure: String?
}

/// Where the lines of one sink go. One thread uses it at a time, and may wait in it.
protocol SinkOutput: Sendable {
    /// Opens it where it is not open, or where another file has taken its place; says whether it did, and why nothing can be
    /// written.
    mutating func prepare() -> (isOther: Bool, failure: String?)

    /// Writes lines, each with its line feed.
    ///
    /// - Parameter patience: how long it may wait for a reader.
    mutating func write(_ lines: [[UInt8]], patience: Duration) -> AuditWrite

    /// Opens it again under its name.
    mutating func reopen() throws(LogFileError)

    /// Whether it has no room for a further line.
    var isFull: Bool { get }

    /// What it ends with, of what was written before this start; empty where that is not known.
    var tail: [UInt8] { get }

    mutating func close()
}

extension SinkOutput {
    var isFull: Bool { false }
    var tail: [UInt8] { [] }
    mutating func reopen() throws(LogFileError) {}
}

/// A regular file, which is followed by its name, or a character device.
struct FileOutput: SinkOutput {
    private let path: String
    private var descriptor: Int32
    /// What was opened; nil where that is not known.
    private var opened: FileIdentity?
    /// Whether it is a regular file, in whose place nothing else is written.
    private let isRegular: Bool
    /// A line that was cut short could not be taken back.
    private var isTorn = false
    private let looksFull: @Sendable (Int32) -> Bool

    /// - Parameter isFull: says whether the file system of an open file has no room.
    init(_ path: String, isFull: (@Sendable (Int32) -> Bool)? = nil) throws(LogFileError) {
        self.path = path
        looksFull = isFull ?? Self.hasNoRoom
        descriptor = try LogFile.open(path, as: "audit log")
        opened = FileIdentity(descriptor)
        isRegular = LogFile.isRegular(descriptor)
        isTorn = !tail.isEmpty && tail.last != UInt8(ascii: "\n")
    }

    mutating func close() {
        Glibc.close(descriptor)
        descriptor = -1
    }

    mutating func prepare() -> (isOther: Bool, failure: String?) {
        // A module shares this process, and may have closed the descriptor or made it lead elsewhere: it is not ours to close then.
        if FileIdentity(descriptor) != opened {
            descriptor = -1
            return openAnew("its descriptor was taken from it")
        }
        // A device stays where it is, whatever its name leads to.
        if !isRegular || FileIdentity(path) == opened { return (false, nil) }
        return openAnew("its file has gone")
    }

    private mutating func openAnew(_ what: String) -> (isOther: Bool, failure: String?) {
        do {
            try reopen()
            return (true, nil)
        } catch {
            return (false, "\(what), and \(error.reason)")
        }
    }

    mutating func reopen() throws(LogFileError) {
        let fresh = try LogFile.open(path, as: "audit log", insteadOf: descriptor)
        guard !isRegular || LogFile.isRegular(fresh) else {
            Glibc.close(fresh)
            throw LogFileError(
                path: path, purpose: "audit log",
                reason: "it was a regular file, and a character device is in its place, which keeps nothing")
        }
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = fresh
        opened = FileIdentity(fresh)
        isTorn = false
    }

    mutating func write(_ lines: [[UInt8]], patience: Duration) -> AuditWrite {
        // All in one write, and one by one where they do not fit.
        guard let failure = append(lines.count == 1 ? lines[0] : Array(lines.joined())) else {
            return AuditWrite(written: lines.count)
        }
        if lines.count == 1 { return AuditWrite(failure: failure) }
        for (index, line) in lines.enumerated() {
            if let failure = append(line) { return AuditWrite(written: index, failure: failure) }
        }
        return AuditWrite(written: lines.count)
    }

    /// Appends bytes, or takes back what could be written of them; returns why, where it could not.
    private mutating func append(_ bytes: [UInt8]) -> String? {
        if isTorn {
            guard LogFile.write(descriptor, [UInt8(ascii: "\n")]) == 1 else { return SystemError().description }
            isTorn = false
        }
        var before = stat()
        let mayTakeBack = fstat(descriptor, &before) == 0 && isRegular
        var written = 0
        while written < bytes.count {
            let count = LogFile.write(descriptor, bytes[written...])
            guard count > 0 else {
                let reason = SystemError().description
                // No other process writes the file: it is locked.
                if written > 0 { isTorn = !mayTakeBack || ftruncate(descriptor, before.st_size) != 0 }
                return reason
            }
            written += count
        }
        return nil
    }

    var isFull: Bool { looksFull(descriptor) }

    var tail: [UInt8] {
        let reader = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard reader >= 0 else { return [] }
        defer { Glibc.close(reader) }
        var status = stat()
        guard fstat(reader, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return [] }
        let start = max(0, Int(status.st_size) - Self.longestLine)
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size) - start)
        // SAFETY: the kernel writes at most as many bytes as the buffer has.
        let count = bytes.withUnsafeMutableBytes { pread(reader, $0.baseAddress, $0.count, start) }
        return Array(bytes.prefix(max(count, 0)))
    }

    /// Bytes: more than any line has.
    private static let longestLine = 1 << 20

    /// What must be free for a file to count as one with room: a block, which has more bytes than a usual line. A shorter rest may
    /// take a short line and refuse the next.
    private static let leastRoom = 4096

    private static func hasNoRoom(_ descriptor: Int32) -> Bool { hasNoRoom(descriptor, sizeLimit: longestFile) }

    /// How long a file of this process may become (setrlimit(2), RLIMIT_FSIZE; `LimitFSIZE=` of a unit).
    private static var longestFile: UInt64 {
        var limit = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 ? UInt64(limit.rlim_cur) : .max
    }

    /// Whether neither the file system nor the limit of a file has room for a further block; false where that is not known, as for
    /// a device.
    static func hasNoRoom(_ descriptor: Int32, sizeLimit: UInt64) -> Bool {
        var (status, system) = (stat(), statvfs())
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
        if UInt64(status.st_size) + UInt64(leastRoom) > sizeLimit { return true }
        guard fstatvfs(descriptor, &system) == 0, system.f_blocks > 0 else { return false }
        // statvfs(3): f_bavail is for unprivileged users, f_bfree for root.
        return (geteuid() == 0 ? system.f_bfree : system.f_bavail) == 0
    }
}

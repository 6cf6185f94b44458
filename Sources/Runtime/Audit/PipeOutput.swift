import Basics
import Glibc
import ModuleHost

/// A FIFO, or standard output: it has a reader, or has none.
///
/// Nothing waits in write(2): at most PIPE_BUF bytes are written where poll(2) says that there is room for them.
struct PipeOutput: SinkOutput {
    /// nil for standard output.
    private let path: String?
    /// Of the FIFO; -1 while it is not open.
    private var opened: Int32 = -1
    /// The end of a line that has begun to go out.
    private var rest: ArraySlice<UInt8> = []

    /// A FIFO, which need not have a reader yet.
    init(fifo path: String) {
        self.path = path
    }

    /// What the process was given as standard output.
    init() { path = nil }

    private var descriptor: Int32 { path == nil ? HostProcess.outputDescriptor : opened }

    mutating func close() {
        if opened >= 0 { Glibc.close(opened) }
        opened = -1
    }

    mutating func prepare() -> (isOther: Bool, failure: String?) {
        guard let path else { return (false, nil) }
        // A line that has begun to go out ends where it has begun.
        let isOther = opened >= 0 && rest.isEmpty && FileIdentity(path) != FileIdentity(opened)
        if isOther { forget() }
        if opened >= 0 { return (false, nil) }
        opened = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        // open(2): "ENXIO: O_NONBLOCK | O_WRONLY is set, the named file is a FIFO, and no process has the FIFO open for reading".
        guard opened >= 0 else {
            return (isOther, errno == ENXIO ? "no process reads the FIFO" : SystemError().description)
        }
        var found = stat()
        guard fstat(opened, &found) == 0, found.st_mode & S_IFMT == S_IFIFO else {
            forget()
            return (isOther, "it was a FIFO, and a file of another kind is in its place")
        }
        return (isOther, nil)
    }

    mutating func reopen() throws(LogFileError) { if path != nil { forget() } }

    mutating func write(_ lines: [[UInt8]], patience: Duration) -> AuditWrite {
        let end = SystemTime.monotonic + patience.nanoseconds
        if let failure = finish(before: end) { return AuditWrite(failure: failure) }
        for (index, line) in lines.enumerated() {
            rest = line[...]
            guard let failure = finish(before: end) else { continue }
            let isBegun = !rest.isEmpty && rest.count < line.count
            if !isBegun { rest = [] }
            return AuditWrite(written: index, isBegun: isBegun, failure: failure)
        }
        return AuditWrite(written: lines.count)
    }

    /// Writes what is left of a line; returns why, where that cannot be done in time.
    private mutating func finish(before end: Int64) -> String? {
        while !rest.isEmpty {
            guard descriptor >= 0 else { return "no process reads it" }
            var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            let left = (end - SystemTime.monotonic) / 1_000_000
            guard left > 0, poll(&ready, 1, Int32(clamping: left)) > 0 else { return "its reader takes nothing" }
            let count = LogFile.write(descriptor, rest.prefix(Int(PIPE_BUF)))
            if count < 0 && errno == EAGAIN { continue }
            guard count > 0 else {
                let reason = errno == EPIPE ? "its reader has gone" : SystemError().description
                forget()
                return reason
            }
            rest = rest.dropFirst(count)
        }
        return nil
    }

    /// Forgets a reader that has gone: the next one begins with a whole line.
    private mutating func forget() {
        rest = []
        close()
    }
}

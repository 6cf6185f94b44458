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
        guard let path, opened < 0 else { return (false, nil) }
        opened = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
        guard opened < 0 else { return (false, nil) }
        // open(2): "ENXIO: O_NONBLOCK | O_WRONLY is set, the named file is a FIFO, and no process has the FIFO open for reading".
        return (false, errno == ENXIO ? "no process reads the FIFO" : SystemError().description)
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

/// A service that takes a line as a datagram: syslog, or the journal in its own protocol.
struct DatagramOutput: SinkOutput {
    enum Form: String, CaseIterable {
        case syslog, journal

        /// Where the system's own is.
        var usualPath: String { self == .syslog ? "/dev/log" : "/run/systemd/journal/socket" }
    }

    private let form: Form
    private let path: String
    private var descriptor: Int32 = -1

    init(_ form: Form, _ path: String?) {
        self.form = form
        self.path = path ?? form.usualPath
    }

    mutating func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    mutating func prepare() -> (isOther: Bool, failure: String?) {
        guard descriptor < 0 else { return (false, nil) }
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            close()
            return (false, "its path is longer than a socket's may be")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        // SAFETY: a sockaddr_un is lent as the sockaddr that the call takes, with its own size.
        let status = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if status == 0 { return (false, nil) }
        let reason = "no service is at the socket `\(path)`: \(SystemError())"
        close()
        return (false, reason)
    }

    mutating func reopen() throws(LogFileError) { close() }

    mutating func write(_ lines: [[UInt8]], patience: Duration) -> AuditWrite {
        let end = SystemTime.monotonic + patience.nanoseconds
        for (index, line) in lines.enumerated() {
            if let failure = send(line.dropLast(), before: end) { return AuditWrite(written: index, failure: failure) }
        }
        return AuditWrite(written: lines.count)
    }

    private mutating func send(_ line: ArraySlice<UInt8>, before end: Int64) -> String? {
        let datagram = header + line + (form == .journal ? [UInt8(ascii: "\n")] : [])
        while true {
            let count = datagram.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count == datagram.count { return nil }
            if errno == EINTR { continue }
            guard errno == EAGAIN else {
                let reason = "the service does not take it: \(SystemError())"
                close()
                return reason
            }
            var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            let left = (end - SystemTime.monotonic) / 1_000_000
            guard left > 0, poll(&ready, 1, Int32(clamping: left)) > 0 else { return "the service takes nothing" }
        }
    }

    /// Of security, and informational: RFC 5424, section 6.2.1, as RFC 3164 writes it.
    private var header: [UInt8] {
        if form == .journal { return Array("SYSLOG_IDENTIFIER=authhost\nPRIORITY=6\nMESSAGE=".utf8) }
        var (now, local) = (time(nil), tm())
        localtime_r(&now, &local)
        var text = [CChar](repeating: 0, count: 32)
        strftime(&text, text.count, "%b %e %H:%M:%S", &local)
        let stamp = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return Array("<86>".utf8) + stamp + Array(" authhost[\(getpid())]: ".utf8)
    }
}

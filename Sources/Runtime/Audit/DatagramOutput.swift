import Basics
import Glibc
import ModuleHost

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
        var (now, local) = (time_t(SystemTime.seconds), tm())
        localtime_r(&now, &local)
        var text = [CChar](repeating: 0, count: 32)
        strftime(&text, text.count, "%b %e %H:%M:%S", &local)
        let stamp = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return Array("<86>".utf8) + stamp + Array(" authhost[\(getpid())]: ".utf8)
    }
}

import Basics
import Glibc

/// Posts one request over a connection of its own; each step takes at most five seconds.
struct OTLPPost: Sendable {
    let endpoint: OTLPEndpoint

    init(_ endpoint: OTLPEndpoint) { self.endpoint = endpoint }

    /// Returns what hindered it; nil where the collector has taken the body.
    func send(_ body: String) -> String? {
        do throws(SystemError) {
            let descriptor = try connect()
            defer { close(descriptor) }
            let head =
                "POST \(endpoint.path) HTTP/1.1\r\nHost: \(endpoint.authority)\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n"
            try write(Array((head + body).utf8), to: descriptor)
            let status = try statusLine(of: descriptor).split(separator: " ")
            guard status.count >= 2, status[0].hasPrefix("HTTP/1.") else { return "its answer is not one of HTTP" }
            return status[1].hasPrefix("2")
                ? nil : "it answers with status \(String(status[1].prefix(3)).controlsEscaped)"
        } catch {
            return "\(error)"
        }
    }

    private func connect() throws(SystemError) -> CInt {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(endpoint.host, "\(endpoint.port)", &hints, &list) == 0 else {
            throw SystemError(EHOSTUNREACH, "the name \(endpoint.host)")
        }
        defer { freeaddrinfo(list) }
        var fault = SystemError(EHOSTUNREACH, "connect")
        var next = list
        while let entry = next?.pointee {
            next = entry.ai_next
            let descriptor = socket(entry.ai_family, entry.ai_socktype | CInt(SOCK_CLOEXEC.rawValue), entry.ai_protocol)
            guard descriptor >= 0 else { throw SystemError(errno, "socket") }
            // socket(7): SO_SNDTIMEO holds for connect(2) as well.
            var limit = timeval(tv_sec: 5, tv_usec: 0)
            for option in [SO_SNDTIMEO, SO_RCVTIMEO] {
                setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
            }
            if Glibc.connect(descriptor, entry.ai_addr, entry.ai_addrlen) == 0 { return descriptor }
            fault = SystemError(errno, "connect")
            close(descriptor)
        }
        throw fault
    }

    private func write(_ bytes: [UInt8], to descriptor: CInt) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            // SAFETY: the kernel reads as many bytes as the slice has.
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemError(errno, "send") }
            rest = rest.dropFirst(count)
        }
    }

    /// The first line of the answer, as far as 64 bytes have it.
    private func statusLine(of descriptor: CInt) throws(SystemError) -> String {
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1024)
        while line.count < 64, !line.contains(UInt8(ascii: "\n")) {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError(errno, "receive") }
            if count == 0 { break }
            line += buffer[..<count]
        }
        return String(decoding: line.prefix { $0 != 13 && $0 != 10 }, as: UTF8.self)
    }
}

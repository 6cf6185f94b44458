import Glibc

/// One connection to authhost's unix socket that is kept over many requests; curl starts a process for each.
final class KeptConnection {
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    init(socket path: String) throws { descriptor = try StreamSocket.connect(to: path) }

    deinit { close(descriptor) }

    /// Posts a JSON text, and returns status and body.
    func post(_ path: String, _ body: String) throws -> (status: Int, body: String) {
        let head =
            "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n"
        let request = Array((head + body).utf8)
        guard Glibc.send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw ChildError(description: "the connection is gone: \(String(cString: strerror(errno)))")
        }
        let end = Array("\r\n\r\n".utf8)
        while buffer.firstRange(of: end) == nil { try receive() }
        guard let range = buffer.firstRange(of: end) else { throw ChildError(description: "no head") }
        let lines = String(decoding: buffer[..<range.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let status = lines.first.flatMap { Int($0.split(separator: " ").dropFirst().first ?? "") }
        let length = lines.first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.split(separator: ":")[1].drop { $0 == " " }) }
        guard let status, let length else { throw ChildError(description: "not an answer: \(lines)") }
        while buffer.count < range.upperBound + length { try receive() }
        let text = String(decoding: buffer[range.upperBound..<range.upperBound + length], as: UTF8.self)
        buffer.removeFirst(range.upperBound + length)
        return (status, text)
    }

    /// Sends bytes, without waiting for anything.
    func say(_ text: String) throws { try send(Array(text.utf8)) }

    /// Sends bytes, without waiting for anything.
    func send(_ bytes: [UInt8]) throws {
        guard Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw ChildError(description: "the connection is gone: \(String(cString: strerror(errno)))")
        }
    }

    /// Sends a line, and returns the line that answers it.
    func exchange(_ line: String) throws -> String {
        try say(line + "\n")
        return try self.line()
    }

    /// Returns the next line.
    func line() throws -> String {
        let end = UInt8(ascii: "\n")
        while !buffer.contains(end) { try receive() }
        let answer = String(decoding: buffer.prefix { $0 != end }, as: UTF8.self)
        buffer.removeFirst((buffer.firstIndex(of: end) ?? 0) + 1)
        return answer
    }

    /// Sends bytes, and returns what `find` finds in all that has come, once it finds something.
    func answer<Found>(to bytes: [UInt8], _ find: ([UInt8]) -> Found?) throws -> Found {
        try send(bytes)
        while true {
            if let found = find(buffer) { return found }
            try receive()
        }
    }

    private func receive() throws {
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { throw ChildError(description: "the connection was closed in the middle of an answer") }
        buffer += bytes[..<count]
    }
}

import Basics
import DoorCarrier
import DoorProtocols
import Glibc
import JSONReading
import NIOCore

/// The operator's end of a control socket; blocks, for commands.
public final class ControlClient {
    private let descriptor: CInt
    private var buffer: [UInt8] = []

    /// Connects.
    ///
    /// - Throws: ``ControlError`` that says whether no host runs there or it is not permitted.
    public init(path: String) throws(ControlError) { descriptor = try Self.connect(to: path) }

    /// Connects, and returns what is the caller's.
    ///
    /// - Throws: as ``init(path:)``.
    public static func connect(to path: String) throws(ControlError) -> Int32 {
        guard let address = try? SocketAddress(unixDomainSocketPath: path) else {
            throw ControlError(description: "the path `\(path)` is longer than a socket's can be, 107 bytes")
        }
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else {
            throw ControlError(description: "no socket could be made: \(SystemError())")
        }
        guard address.withSockAddr({ Glibc.connect(descriptor, $0, socklen_t($1)) }) == 0 else {
            let code = errno
            close(descriptor)
            throw ControlError(description: Self.reason(code, path))
        }
        return descriptor
    }

    deinit { close(descriptor) }

    private static func reason(_ code: CInt, _ path: String) -> String {
        switch code {
        case ENOENT, ECONNREFUSED: "no host runs with the control socket `\(path)`"
        case EACCES, EPERM: "the control socket `\(path)` belongs to another user; only that user and root may use it"
        default: "the control socket `\(path)` cannot be connected to: \(SystemError(code))"
        }
    }

    /// Asks, and returns the first line of the answer as it came and as it is read.
    ///
    /// - Throws: ``ControlError`` where the host refuses or goes away.
    public func ask(_ request: ControlRequest) throws(ControlError) -> (text: String, reply: ControlReply) {
        let bytes = ControlLine.encode(request)
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            // It may have said why before it closed.
            if count <= 0 { break }
            done += count
        }
        guard let answer = try next() else { throw ControlError(description: "the host closed the connection") }
        return answer
    }

    /// Waits for the next line; nil when the host has closed the connection.
    ///
    /// - Throws: ``ControlError`` where the host refuses or says what is not understood.
    public func next() throws(ControlError) -> (text: String, reply: ControlReply)? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(buffer[..<end])
                buffer.removeFirst(end + 1)
                guard let reply = try? JSONReader.decode(ControlReply.self, line, as: "answer") else {
                    throw ControlError(description: "the host's answer is not of this version's protocol")
                }
                if !reply.ok { throw ControlError(description: reply.error ?? "the host refused without a reason") }
                return (String(decoding: line, as: UTF8.self), reply)
            }
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &bytes, bytes.count, 0)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return nil }
            buffer += bytes[..<count]
        }
    }
}

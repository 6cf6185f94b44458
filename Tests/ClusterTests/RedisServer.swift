import Cluster
import Foundation

/// A Redis on a unix socket of its own, in a folder of its own, which ends with the value.
final class RedisServer {
    let folder: String
    var socket: String { folder + "/socket" }
    private var process: Process?

    init(_ options: [String] = []) throws {
        let template = NSTemporaryDirectory() + "/redis-XXXXXX"
        guard let made = template.withCString({ mkdtemp(strdup($0)) }) else { throw CocoaError(.fileWriteUnknown) }
        folder = String(cString: made)
        try start(options)
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Starts it without any data, and waits until it takes connections.
    func start(_ options: [String] = []) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/redis-server")
        process.arguments =
            [
                "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", folder,
                "--logfile", folder + "/log",
            ] + options
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
        for _ in 0..<12_000 {
            if let connection = SocketConnection(to: socket) {
                connection.close()
                return
            }
            usleep(5000)
        }
        throw CocoaError(.fileReadUnknown)
    }

    func kill() {
        guard let process else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        self.process = nil
        unlink(socket)
    }

    /// The number that a script returns.
    func number(_ script: String) -> Int? {
        guard let connection = SocketConnection(to: socket),
            connection.send(RESPCommand.encode(["EVAL", script, "0"].map { Array($0.utf8) })),
            let reply = connection.receive(wait: 10_000), reply.first == UInt8(ascii: ":")
        else { return nil }
        return Int(String(decoding: reply.dropFirst().dropLast(2), as: UTF8.self))
    }

    /// How many sessions it has by age; nil where no order has needed them.
    var aged: Int? {
        let script = "for _, key in ipairs(redis.call('KEYS', '*:o')) do return redis.call('ZCARD', key) end return -1"
        return number(script).flatMap { $0 < 0 ? nil : $0 }
    }

    func signal(_ number: Int32) { if let process { Foundation.kill(process.processIdentifier, number) } }
}

/// A connection that is read when a test says so.
final class SocketConnection {
    private var descriptor: Int32

    init?(to path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let isLong = withUnsafeMutableBytes(of: &address.sun_path) { buffer -> Bool in
            guard path.utf8.count < buffer.count else { return true }
            buffer.copyBytes(from: path.utf8)
            return false
        }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if isLong || result != 0 {
            close()
            return nil
        }
    }

    deinit { close() }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Whether all of it could be sent.
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }

    /// What has come, after at most so many milliseconds; nil when the other end is gone.
    func receive(wait: Int32) -> [UInt8]? {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, wait) > 0 else { return [] }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        if count <= 0 { return nil }
        return Array(buffer[..<count])
    }
}

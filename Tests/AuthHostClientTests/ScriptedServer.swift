import Foundation
import Synchronization

/// A native door that says what its script says, one thread for each connection.
final class ScriptedServer: Sendable {
    /// What a request is answered with, its whole frame without the length; nil closes the connection.
    typealias Script = @Sendable (_ connection: Int, _ frame: [UInt8]) -> [[UInt8]]?

    let path: String
    private let descriptor: CInt
    private let script: Script
    private let open = Mutex<[CInt]>([])
    private let frames = Mutex<[[UInt8]]>([])

    /// Every frame that came, but greetings.
    var received: [[UInt8]] { frames.withLock { $0 } }

    init(_ script: @escaping Script) throws {
        path = NSTemporaryDirectory() + "authhost-client-\(UInt32.random(in: 0 ... .max)).sock"
        self.script = script
        descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, listen(descriptor, 64) == 0 else { throw POSIXError(.EADDRINUSE) }
        Thread.detachNewThread { [self] in accept() }
    }

    func stop() {
        shutdown(descriptor, CInt(SHUT_RDWR))
        close(descriptor)
        unlink(path)
        hangUp()
    }

    /// Ends the connections that are open now.
    func hangUp() {
        for connection in open.withLock({ $0 }) { shutdown(connection, CInt(SHUT_RDWR)) }
    }

    private func accept() {
        var number = 0
        while true {
            let connection = Glibc.accept(descriptor, nil, nil)
            if connection < 0 { return }
            open.withLock { $0.append(connection) }
            let this = number
            number += 1
            Thread.detachNewThread { [self] in
                serve(connection, this)
                open.withLock { $0.removeAll { $0 == connection } }
                close(connection)
            }
        }
    }

    private func serve(_ connection: CInt, _ number: Int) {
        while let frame = Self.read(connection) {
            if frame.first != 1 { frames.withLock { $0.append(frame) } }
            guard let answers = script(number, frame) else { return }
            for answer in answers { Self.write(connection, answer) }
        }
    }

    private static func read(_ connection: CInt) -> [UInt8]? {
        guard let head = read(connection, 4) else { return nil }
        return read(connection, head.reversed().reduce(0) { $0 << 8 | Int($1) })
    }

    private static func read(_ connection: CInt, _ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var position = 0
        while position < count {
            let got = bytes.withUnsafeMutableBytes { recv(connection, $0.baseAddress! + position, count - position, 0) }
            if got <= 0 { return nil }
            position += got
        }
        return bytes
    }

    private static func write(_ connection: CInt, _ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
    }

    // MARK: - Frames

    static func frame(_ type: UInt8, _ number: ArraySlice<UInt8>, _ body: [UInt8]) -> [UInt8] {
        let frame = [type, 0, 0, 0] + number + body
        return withUnsafeBytes(of: UInt32(frame.count).littleEndian) { Array($0) } + frame
    }

    static func greeting(_ frame: [UInt8], version: UInt8) -> [UInt8] {
        self.frame(0x81, frame[4..<8], [version, 0, 0, 0, 16, 0] + text("test"))
    }

    /// The same frame, saying that attributes end it.
    static func withAttributes(_ frame: [UInt8]) -> [UInt8] {
        var frame = frame
        frame[5] = 1
        return frame
    }

    /// The same frame, saying that the id of its decision ends it.
    static func withDecision(_ frame: [UInt8]) -> [UInt8] {
        var frame = frame
        frame[5] = 2
        return frame
    }

    /// Whether a request names something.
    static func names(_ name: String, in frame: [UInt8]) -> Bool {
        String(decoding: frame, as: UTF8.self).contains(name)
    }

    static func text(_ text: String) -> [UInt8] { [UInt8(text.utf8.count), 0] + Array(text.utf8) }

    /// Answers a greeting, and every other request with a verdict.
    static func answer(_ frame: [UInt8], verdict: UInt8 = 1, more: [UInt8] = []) -> [UInt8] {
        let number = frame[4..<8]
        if frame[0] == 1 { return greeting(frame, version: 1) }
        let reason = verdict == 1 ? "granted" : "denied-by-module"
        let gift = verdict != 1 ? [] : frame[0] == 3 ? [UInt8](1...16) + text("alice") : frame[0] == 5 ? text("/a") : []
        return self.frame(
            frame[0] | 0x80, number,
            [verdict, UInt8(reason.utf8.count)] + Array(reason.utf8) + text("")
                + gift + more)
    }
}

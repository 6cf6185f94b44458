import Glibc
import Logging
import NIOCore
import Testing

@testable import DoorProtocols
@testable import Operators

/// The control socket's connections.
@Suite struct ControlServerTests {
    private struct Operators: ControlAnswering {
        func answer(_ request: ControlRequest) -> ControlReply { ControlReply() }
        func credential(_ request: ControlRequest, _ done: @escaping @Sendable (ControlReply) -> Void) {
            done(ControlReply())
        }
        var nextEvent: UInt64 { 0 }
        func events(from start: UInt64, limit: Int) -> (lines: [String], next: UInt64, missed: UInt64) { ([], 0, 0) }
    }

    private static func run(firstByte: Duration, _ body: (String) async throws -> Void) async throws {
        let folder = try RunningDoor.temporaryFolder()
        let path = "\(folder)/control.sock"
        let server = try await ControlServer(
            path: path, host: Operators(), log: Logger(label: "test"), firstByte: firstByte)
        do {
            try await body(path)
        } catch {
            await server.stopAnswering()
            await server.stop()
            throw error
        }
        await server.stopAnswering()
        await server.stop()
        rmdir(folder)
    }

    private static func ask(_ descriptor: CInt) -> String {
        let line = Array("{\"do\":\"status\"}\n".utf8)
        _ = send(descriptor, line, line.count, CInt(MSG_NOSIGNAL))
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : ""
    }

    @Test func `operators who say nothing keep no other operator out`() async throws {
        try await Self.run(firstByte: .seconds(3600)) { path in
            var silent: [CInt] = []
            for _ in 0..<ControlLine.mostConnections { silent.append(try NativeDoorTests.Client.connect(path)) }
            defer { for descriptor in silent { close(descriptor) } }
            for _ in 0..<3 {
                let another = try NativeDoorTests.Client.connect(path)
                silent.append(another)
                #expect(Self.ask(another).contains("\"ok\":true"))
            }
            // The first three have made room.
            var byte: UInt8 = 0
            for descriptor in silent[..<3] { #expect(recv(descriptor, &byte, 1, 0) == 0) }
        }
    }

    @Test func `a client without a first byte is let go`() async throws {
        try await Self.run(firstByte: .milliseconds(50)) { path in
            let silent = try NativeDoorTests.Client.connect(path)
            defer { close(silent) }
            var byte: UInt8 = 0
            #expect(recv(silent, &byte, 1, 0) == 0)
        }
    }
}

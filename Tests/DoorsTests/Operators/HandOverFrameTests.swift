import AuthCore
import Testing

@testable import DoorProtocols

private let session = HandedSession(
    id: SessionID(high: .max, low: 1), user: "ann", typedUser: "Ann", applicationID: "app", machineID: "m",
    address: "192.0.2.1", door: "http", connected: -5, idle: 7, expiry: .max,
    attributes: [Field("group", "a"), Field("group", "b"), Field("", "")])

/// One of each, and more where they differ.
private let messages: [HandOverFrame] = [
    .door(name: "http", place: "127.0.0.1:80", isUnixSocket: false, isOwned: false),
    .door(name: "native", place: "/run/native.sock", isUnixSocket: true, isOwned: true),
    .control(path: "/run/control.sock"), .lock, .offered(process: 4711), .cut(places: []),
    .cut(places: ["a", "", "c"]),
    .taken(sessions: 0), .taken(sessions: .max), .session(session), .penalties([0, 255]), .penalties([]),
    .connection(door: "http", isUnixSocket: true), .handed(sessions: 3), .ended(SessionID(high: 1, low: 2)), .yours,
    .failed("why"), .ready,
]

@Suite struct `Messages between two processes of a host` {
    @Test func `are read as they were written, however they come`() throws {
        let bytes = messages.flatMap(\.bytes)
        for size in [1, 2, 3, 7, bytes.count] {
            var (stream, found) = (HandOverStream(), [HandOverFrame]())
            for start in stride(from: 0, to: bytes.count, by: size) {
                stream.receive(Array(bytes[start..<min(start + size, bytes.count)]))
                while let frame = try stream.next() { found.append(frame) }
            }
            #expect(found == messages)
        }
    }

    @Test(arguments: messages) func `are no others where bytes are missing or too many`(_ frame: HandOverFrame) {
        let body = Array(frame.bytes.dropFirst(4))
        for count in 0..<body.count {
            #expect(throws: HandOverFault.self) { try HandOverFrame(body.prefix(count)) }
        }
        #expect(throws: HandOverFault.self) { try HandOverFrame(body[...] + [0]) }
    }

    @Test(
        arguments: [
            ([0, 0, 0, 0], "a message of 0 bytes"),
            ([1, 0, 16, 0], "a message of 1048577 bytes; 1 to 1048576 are accepted"),
            ([255, 255, 255, 255], "a message of 4294967295 bytes"),
            ([1, 0, 0, 0, 99], "unknown number 99"),
            ([1, 0, 0, 0, 0], "unknown number 0"),
            ([5, 0, 0, 0, 2, 255, 255, 255, 255], "shorter than it says"),
            ([6, 0, 0, 0, 2, 1, 0, 0, 0, 255], "not valid UTF-8"),
            ([11, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0], "a flag that is 2"),
            ([5, 0, 0, 0, 5, 255, 255, 255, 255], "a list that is shorter than it says"),
            ([2, 0, 0, 0, 12, 0], "bytes behind the end"),
        ] as [([UInt8], String)])
    func `that cannot be are refused with what was found`(_ bytes: [UInt8], _ why: String) {
        var stream = HandOverStream()
        stream.receive(bytes)
        do throws(HandOverFault) {
            let frame = try stream.next()
            Issue.record("read as \(String(describing: frame))")
        } catch {
            #expect(error.description.contains(why), "\(error)")
        }
    }

    @Test func `a line stands before them`() throws {
        var stream = HandOverStream()
        stream.receive(Array("{\"ok\"".utf8))
        #expect(stream.line() == nil)
        stream.receive(Array(":true}\n".utf8) + HandOverFrame.lock.bytes)
        #expect(stream.line() == Array("{\"ok\":true}".utf8))
        #expect(try stream.next() == .lock)
    }
}

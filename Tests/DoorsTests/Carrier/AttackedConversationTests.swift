import AuthCore
import Testing

@testable import DoorProtocols

/// What clients that mean no good have found, each at a conversation whose clock and room the test turns.
@Suite struct `A conversation that is attacked` {
    private static let greeting = "VERSION\t1\t2\nCPID\t1\n"
    private let host = FakeHost(FakeHost.simple)
    private let late = FakeHost { question in
        if case .check = question { return .delayed(Ticket {}) }
        return FakeHost.simple(question)
    }

    private func dovecot() throws -> any Rehearsed {
        try RehearsedDoor("dovecot", host) { $0.timeout = .seconds(2) }.client()
    }

    private func native(_ host: FakeHost, logon: Bool = false) throws -> any Rehearsed {
        try RehearsedDoor("native", host) {
            $0.timeout = .seconds(2)
            if logon { $0.options = [("logon", "TRUE")] }
        }.client()
    }

    private static let hello = NativeDoorTests.Frame(1, 1).u16(1).u16(1).text("test").bytes

    @Test func `does not wait for ever for the response of an exchange`() throws {
        let client = try dovecot()
        client.send(Self.greeting + "AUTH\t1\tPLAIN\tservice=x\n")
        #expect(String(decoding: client.take(), as: UTF8.self).hasSuffix("CONT\t1\t\n"))
        #expect(!client.isHeld, "it may be given up for another one")
        client.advance(by: .seconds(5))
        #expect(!client.isOpen)
    }

    @Test func `is greeted in time, whatever else is said meanwhile`() throws {
        let client = try dovecot()
        for _ in 0..<5 where client.isOpen {
            client.send("FOO\n")
            client.advance(by: .seconds(1))
        }
        #expect(!client.isOpen)
    }

    @Test func `of a door that stops lingers where requests are unread, so that no reply is lost`() throws {
        let client = try RehearsedDoor("http", host).client()
        client.isWritable = false
        client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        client.stop()
        #expect(client.isOpen, "a reset would take the replies from the client")
        client.advance(by: .seconds(2))
        #expect(!client.isOpen)
    }

    @Test func `has no clock for a client while the host does not read`() throws {
        let client = try native(host)
        client.send(Self.hello + [9, 0])
        client.isWritable = false
        client.advance(by: .seconds(60))
        #expect(client.isOpen)
        client.isWritable = true
        client.advance(by: .seconds(5))
        #expect(!client.isOpen, "the rest of the frame does not come")
    }

    @Test func `asks every frame that came before the end of input`() throws {
        let client = try RehearsedDoor("native", late) { $0.options = [("max-pending", "2")] }.client()
        var bytes = Self.hello
        for number in 1...5 { bytes += NativeDoorTests.Frame.check(UInt32(number), "/open/a").bytes }
        client.send(bytes)
        client.endInput()
        #expect(late.questions.count == 2 && client.isOpen)
        #expect(client.isHeld)
    }

    @Test func `lends strangers little memory`() throws {
        let client = try native(host)
        client.send([0, 0, 16, 0])
        #expect(String(decoding: client.take(), as: UTF8.self).contains("a frame of 1048576 bytes"))
        client.advance(by: .seconds(2))
        #expect(!client.isOpen)
        let known = try native(host)
        known.send(Self.hello + [0, 0, 16, 0])
        #expect(known.isOpen)
    }

    @Test func `does not count the module's time as the client's`() throws {
        let slow = FakeHost { _ in .delayed(Ticket {}) }
        let client = try native(slow, logon: true)
        client.send(Self.hello + NativeDoorTests.Frame(2, 2).text("alice").text("secret").bytes)
        client.advance(by: .seconds(60))
        #expect(client.isOpen)
    }
}

import AuthCore
import Foundation
import Testing

@testable import DoorProtocols

/// Version 2 of the native protocol, and what a client of version 1 notices of it.
@Suite struct `Attributes at the native door` {
    typealias Doors = `What doors tell beside a question`

    /// The frames that were said, without their lengths.
    static func frames(_ bytes: [UInt8]) -> [[UInt8]] {
        var (frames, rest) = ([[UInt8]](), bytes[...])
        while rest.count >= 4 {
            let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            frames.append(Array(rest.dropFirst(4).prefix(length)))
            rest = rest.dropFirst(4 + length)
        }
        return frames
    }

    static func ends(_ frame: [UInt8], with attributes: [Field]) -> Bool {
        let count = [UInt8(attributes.count), 0]
        let texts = attributes.reduce(into: [String]()) { $0 += [$1.name, $1.value] }
        let end = texts.reduce(into: count) { $0 += [UInt8($1.utf8.count), 0] + Array($1.utf8) }
        return frame.suffix(end.count).elementsEqual(end)
    }

    @Test func `go both ways, with a log-in and a check`() throws {
        let group = [Field("group", "traders")]
        let host = Doors.host(attributes: group)
        let said = try RehearsedDoor("native", host).talk(
            NativeFrames.hello(2) + NativeFrames.login(1, [("tls.subject", "CN=ann")])
                + NativeFrames.check(2, "/a", [("realm", "x"), ("realm", "y")]))
        let frames = Self.frames(said)
        try #require(frames.count == 3)
        #expect(frames[0][8...9].elementsEqual([2, 0]))
        #expect(frames[1][1] == 1 && Self.ends(frames[1], with: group))
        #expect(frames[2][1] == 1 && Self.ends(frames[2], with: group))
        #expect(Doors.told(host) == [["tls.subject=CN=ann"], ["realm=x", "realm=y"]])
    }

    @Test func `an answer without any is the same in both versions`() throws {
        let answers = try [1, 2].map { version in
            Self.frames(
                try RehearsedDoor("native", Doors.host()).talk(
                    NativeFrames.hello(version) + NativeFrames.check(2, "/a")))[1]
        }
        #expect(answers[0] == answers[1])
    }

    @Test func `a client of version 1 is answered without them`() throws {
        let host = Doors.host(attributes: [Field("group", "traders")])
        let frames = Self.frames(
            try RehearsedDoor("native", host).talk(
                NativeFrames.hello(1) + NativeFrames.login(1) + NativeFrames.check(2, "/a")
                    + NativeFrames.batch(3, ["/a"])))
        #expect(frames.count == 4)
        #expect(frames[0][8...9].elementsEqual([1, 0]))
        #expect(frames.allSatisfy { $0[1] == 0 })
        #expect(!frames.contains { String(decoding: $0, as: UTF8.self).contains("traders") })
    }

    @Test func `a client of version 1 that sends them breaks the protocol`() throws {
        let frames = Self.frames(
            try RehearsedDoor("native", Doors.host()).talk(
                NativeFrames.hello(1) + NativeFrames.check(2, "/a", [("a", "b")])))
        #expect(frames.last?.first == 0xff)
        #expect(String(decoding: frames.last ?? [], as: UTF8.self).contains("flags"))
    }

    @Test func `mappings and log-outs have them in version 4, and the connection goes on`() throws {
        let (host, trace) = (Doors.host(attributes: [Field("group", "traders")]), [("trace-parent", Doors.trace)])
        let said = try RehearsedDoor("native", host).talk(
            NativeFrames.hello(4) + NativeFrames.map(2, "/a", trace) + NativeFrames.map(3, "/a")
                + NativeFrames.logout(4, trace) + NativeFrames.map(5, "/a", [("a", "x\n")]))
        let frames = Self.frames(said)
        #expect(frames.map { $0[4] } == [1, 2, 3, 4, 5])
        #expect(frames[0][8...9].elementsEqual([4, 0]))
        // What modules tell comes with answers to the others alone.
        #expect(frames.dropFirst().allSatisfy { $0[1] & 1 == 0 })
        #expect(Doors.told(host) == [["trace-parent=\(Doors.trace)"], ["trace-parent=\(Doors.trace)"]])
        #expect(String(decoding: frames.last ?? [], as: UTF8.self).contains("invalid-request"))
    }

    @Test(arguments: [1, 2, 3], [true, false])
    func `a client of an earlier version that sends them with a mapping or log-out breaks the protocol`(
        _ version: Int, isMapping: Bool
    ) throws {
        let host = Doors.host()
        let request = isMapping ? NativeFrames.map(2, "/a", [("a", "b")]) : NativeFrames.logout(2, [("a", "b")])
        let frames = Self.frames(
            try RehearsedDoor("native", host).talk(NativeFrames.hello(version) + request))
        #expect(frames.last?.first == 0xff && host.questions.isEmpty)
        #expect(String(decoding: frames.last ?? [], as: UTF8.self).contains("flags"))
    }

    @Test func `a client from elsewhere says nothing that counts of its own client`() throws {
        let host = Doors.host()
        let client = try RehearsedDoor("native", host).client(from: "192.0.2.7", with: Doors.certificate)
        client.send(NativeFrames.hello(2) + NativeFrames.check(2, "/a", [("tls.subject", "CN=root")]))
        #expect(Doors.told(host) == [Doors.ofCertificate])
    }

    static let unseen: [[(String, String)]] = [
        [("", "x")], [("a", "x\n")], [("a", "x\t")], [("a\u{202e}", "x")], [("a", String(repeating: "x", count: 4096))],
        [(String(repeating: "a", count: 256), "")], [(String, String)](repeating: ("a", "b"), count: 65),
    ]

    @Test(arguments: unseen)
    func `what no module may see refuses the question that has it, and no other one`(_ attributes: [(String, String)])
        throws
    {
        let host = Doors.host()
        let client = try RehearsedDoor("native", host).client()
        client.send(
            NativeFrames.hello(2) + NativeFrames.check(2, "/a") + NativeFrames.login(3, attributes)
                + NativeFrames.check(4, "/a", attributes) + NativeFrames.batch(5, ["/a", "/b"], attributes)
                + NativeFrames.check(6, "/a"))
        let frames = Self.frames(client.take()).dropFirst()
        #expect(frames.map { $0[4] } == [2, 3, 4, 5, 6] && client.isOpen)
        // Allowed, denied, denied, two rows, allowed.
        #expect(frames.map { $0[8] } == [1, 2, 2, 2, 1])
        #expect(String(decoding: frames.joined(), as: UTF8.self).components(separatedBy: "invalid-request").count == 5)
        #expect(host.questions.count == 2)
    }

    @Test func `an attribute that is no text refuses its question alone`() throws {
        let host = Doors.host()
        let client = try RehearsedDoor("native", host).client()
        let check = NativeDoorTests.Frame(6, flags: 1, 2).session().adding([1]).text("/a").text("").u16(0)
        client.send(
            NativeFrames.hello(2) + check.u16(1).text("a").u16(1).adding([0xff]).bytes + NativeFrames.check(3, "/a"))
        #expect(Self.frames(client.take()).dropFirst().map { $0[8] } == [2, 1] && client.isOpen)
        #expect(host.questions.count == 1)
    }

    @Test func `a batch has them by row, and is told those of its request`() throws {
        let host = FakeHost(readsAttributes: true) { question in
            guard case .check(_, let check) = question else { return .decided(Answer(.deny, .deniedByModule)) }
            var answer = Answer(.allow, .granted)
            if check.name.text == "/b" { answer.attributes = [Field("mask", "x")] }
            return .decided(answer)
        }
        let frames = Self.frames(
            try RehearsedDoor("native", host).talk(
                NativeFrames.hello(2) + NativeFrames.batch(3, ["/a", "/b"], [("realm", "r")])))
        try #require(frames.count == 2)
        #expect(frames[1][1] == 1)
        let end: [UInt8] = [1, 0, 0, 0, 1, 0, 4, 0] + Array("mask".utf8) + [1, 0] + Array("x".utf8)
        #expect(frames[1].suffix(end.count).elementsEqual(end))
        #expect(Doors.told(host) == [["realm=r"], ["realm=r"]])
    }

    @Test func `a row whose attributes find no room in the frame is no yes`() throws {
        let host = FakeHost { _ in
            var answer = Answer(.allow, .granted)
            answer.attributes = [Field](repeating: Field("mask", String(repeating: "x", count: 4000)), count: 64)
            return .decided(answer)
        }
        let frames = Self.frames(
            try RehearsedDoor("native", host).talk(
                NativeFrames.hello(2) + NativeFrames.batch(3, ["/a", "/b", "/c", "/d", "/e"])))
        let rows = try #require(frames.last)
        #expect(rows.count < NativeProtocol.longestFrame)
        #expect(rows[8...10].elementsEqual([5, 0, 1]))
        let text = String(decoding: rows.prefix(200), as: UTF8.self)
        #expect(
            text.components(separatedBy: "granted").count == 4
                && text.components(separatedBy: "broken-answer").count == 3)
    }

    @Test func `no more is read while what waits was sent with more bytes than may be`() throws {
        let host = FakeHost { _ in .delayed(Ticket {}) }
        let client = try RehearsedDoor(
            "native", host, configure: { $0.options = [(name: "max-pending-bytes", value: "65536")] }
        ).client()
        let big = NativeDoorTests.Frame(6, 1).session().adding([2]).text("/a").text("").u16(1).text("f")
            .text(String(repeating: "x", count: 60_000)).bytes
        client.send(NativeFrames.hello(1) + big + big + big)
        #expect(host.questions.count == 2)
    }
}

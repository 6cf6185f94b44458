import AuthCore
import Synchronization
import Testing

@testable import DoorProtocols

/// Checks that come in one read.
@Suite struct `Checks that come at once` {
    private typealias Frame = NativeDoorTests.Frame
    private static let hello = Frame(1, 1).u16(1).u16(1).text("test").bytes
    private let host = FakeHost(FakeHost.simple)

    private func native(_ host: FakeHost, _ options: [(String, String)] = []) throws -> any Rehearsed {
        let client = try RehearsedDoor("native", host) { $0.options = options.map { (name: $0.0, value: $0.1) } }
            .client()
        client.send(Self.hello)
        _ = client.take()
        return client
    }

    /// The number and the verdict of each answer.
    private func answers(_ client: any Rehearsed) -> [[UInt8]] {
        var bytes = client.take()[...]
        var answers: [[UInt8]] = []
        while let first = bytes.first {
            let frame = bytes.dropFirst(4).prefix(Int(first))
            answers.append([frame.dropFirst(4).first ?? 0, frame.dropFirst(8).first ?? 0])
            bytes = bytes.dropFirst(4 + Int(first))
        }
        return answers
    }

    @Test func `are asked in one go, and answered in their order`() throws {
        let client = try native(host)
        client.send(Frame.check(1, "/open/a").bytes + Frame.check(2, "/closed").bytes + Frame.check(3, "/open/b").bytes)
        #expect(answers(client) == [[1, 1], [2, 2], [3, 1]])
        #expect(host.bursts == [3])
    }

    @Test func `are asked one after the other where they come so`() throws {
        let client = try native(host)
        for number in 1...3 as ClosedRange<UInt32> { client.send(Frame.check(number, "/open/a").bytes) }
        #expect(answers(client) == [[1, 1], [2, 1], [3, 1]])
        #expect(host.bursts.isEmpty)
        let whole = Frame.check(4, "/open/a").bytes + Frame.check(5, "/open/b").bytes
        client.send(Array(whole.dropLast(3)))
        #expect(answers(client) == [[4, 1]], "what is whole does not wait for the rest")
        client.send(Array(whole.suffix(3)))
        #expect(answers(client) == [[5, 1]])
    }

    @Test func `are asked before what is read behind them`() throws {
        let client = try native(host)
        let checks = Frame.check(1, "/open/a").bytes + Frame.check(2, "/open/b").bytes
        client.send(checks + Frame(4, 3).session().bytes + Frame.check(4, "/open/c").bytes + Frame(9, 5).bytes)
        #expect(host.questions.map { if case .logout = $0 { true } else { false } } == [false, false, true, false])
        #expect(answers(client).map { $0[0] } == [1, 2, 3, 4, 5])
    }

    @Test(arguments: [Frame.check(3, "bad").bytes, Frame(99, 3).bytes])
    private func `are answered before a fault that stands behind them`(_ fault: [UInt8]) throws {
        let client = try native(host)
        client.send(Frame.check(1, "/open/a").bytes + Frame.check(2, "/open/b").bytes + fault)
        #expect(Array(answers(client).prefix(2)) == [[1, 1], [2, 1]])
    }

    @Test func `are as many as may wait, and no more`() throws {
        let late = FakeHost { question in
            if case .check = question { return .delayed(Ticket {}) }
            return FakeHost.simple(question)
        }
        let client = try native(late, [("max-pending", "3")])
        client.send((1...8).flatMap { Frame.check($0, "/open/a").bytes })
        #expect(late.bursts == [3])
        let host = FakeHost(FakeHost.simple)
        let other = try native(host, [("max-pending", "3")])
        other.send((1...8).flatMap { Frame.check($0, "/open/a").bytes })
        #expect(answers(other).map { $0[0] } == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(host.bursts == [3, 3, 2])
    }

    @Test func `in pipelined requests of HTTP are asked in one go, and their replies are in order`() throws {
        let client = try RehearsedDoor("http", host).client()
        func check(_ object: String) -> String {
            """
            GET /v1/check?action=read&object=\(object) HTTP/1.1\r\nHost: a\r\n\
            Authorization: Session \(FakeHost.sessionText)\r\n\r\n
            """
        }
        client.send(check("/open/a") + check("/closed") + "GET /none HTTP/1.1\r\nHost: a\r\n\r\n" + check("/open/b"))
        let text = String(decoding: client.take(), as: UTF8.self)
        let statuses = text.matches(of: #/HTTP/1.1 (\d+)/#).map { String($0.1) }
        #expect(statuses == ["200", "403", "404", "200"], "\(text)")
        #expect(host.bursts == [3])
        client.send(check("/open/c"))
        #expect(String(decoding: client.take(), as: UTF8.self).hasPrefix("HTTP/1.1 200"))
        #expect(host.bursts == [3], "one that comes alone")
    }

    @Test func `in more requests than may wait are asked in turns`() throws {
        let client = try RehearsedDoor("http", host).client()
        let one = """
            GET /v1/check?action=read&object=/open HTTP/1.1\r\nHost: a\r\n\
            Authorization: Session \(FakeHost.sessionText)\r\n\r\n
            """
        client.send(String(repeating: one, count: 70))
        let text = String(decoding: client.take(), as: UTF8.self)
        #expect(text.matches(of: #/HTTP/1.1 200/#).count == 70)
        #expect(host.bursts.first == 64 && host.questions.count == 70, "\(host.bursts)")
    }
}

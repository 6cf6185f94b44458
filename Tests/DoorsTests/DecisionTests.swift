import AuthCore
import Synchronization
import Testing

@testable import DoorProtocols

/// Which decision an answer is, as each protocol tells it.
@Suite struct `The name of a decision in replies` {
    typealias Doors = `What doors tell beside a question`

    private static let session = "Authorization: Session \(FakeHost.sessionText)"

    static func id(_ number: UInt64) -> DecisionID { DecisionID(high: 0xabcd, low: number) }

    /// Answers as a host that names its decisions from 1 on; allows, unless the object is `/no`.
    static func host(delays: Bool = false) -> FakeHost {
        let next = Mutex<UInt64>(0)
        let allows = Doors.host()
        return FakeHost { question in
            let number = next.withLock { next -> UInt64 in
                next += 1
                return next
            }
            var answer = allows.ask(question).answer
            if case .check(_, let check) = question, check.name.text.hasSuffix("/no") {
                answer = Answer(.deny, .deniedByModule, user: "alice")
            }
            if case .authenticate(let login) = question, login.user == "mallory" {
                answer = Answer(.wrongCredentials, .invalidPassword)
            }
            guard delays else { return Outcome.decided(answer).named(id(number)) }
            let ticket = Ticket {}
            ticket.answer(answer)
            return Outcome.delayed(ticket).named(id(number))
        }
    }

    private func talk(_ door: String, _ host: FakeHost, _ requests: [UInt8]...) throws -> String {
        String(decoding: try RehearsedDoor(door, host).talk(requests.flatMap(\.self)), as: UTF8.self)
    }

    @Test(arguments: [false, true]) func `http: a header, and a member of JSON`(delays: Bool) throws {
        let said = try talk(
            "http", Self.host(delays: delays),
            Doors.request("GET /v1/check?action=read&object=/a HTTP/1.1", "Host: a", Self.session),
            Doors.request("GET /v1/check?action=read&object=/no HTTP/1.1", "Host: a", Self.session),
            Doors.request("GET /health HTTP/1.1", "Host: a"))
        #expect(said.contains("x-auth-decision-id: \(Self.id(1))\r\n"), "\(said)")
        #expect(said.contains("x-auth-decision-id: \(Self.id(2))\r\n"), "\(said)")
        #expect(said.ranges(of: "x-auth-decision-id").count == 2, "\(said)")
        let body = #"{"session":"\#(FakeHost.sessionText)","action":"read","object":"/a"}"#
        let posted = try talk(
            "http", Self.host(delays: delays),
            Doors.request(
                "POST /v1/check HTTP/1.1", "Host: a", "Content-Type: application/json",
                "Content-Length: \(body.utf8.count)") + Array(body.utf8))
        #expect(posted.contains(#""decision_id":"\#(Self.id(1))""#), "\(posted)")
    }

    @Test(arguments: [false, true])
    func `forward-auth: that of the check, not of the log-in before it nor of a log-out behind`(delays: Bool) throws {
        let said = try talk("forward-auth", Self.host(delays: delays), Doors.forwarded)
        #expect(said.contains("x-auth-decision-id: \(Self.id(2))\r\n"), "\(said)")
    }

    @Test func `every door that speaks HTTP hands back the trace, where it is one`() throws {
        let said = try talk("forward-auth", Self.host(), Doors.forwarded)
        #expect(said.contains("traceparent: \(Doors.trace)\r\n"), "\(said)")
        let wrong = try talk(
            "http", Self.host(),
            Doors.request("GET /v1/check?action=read&object=/a HTTP/1.1", "Host: a", "traceparent: 00-1", Self.session))
        #expect(!wrong.contains("traceparent"), "\(wrong)")
    }

    @Test func `authzen: a member of the context`() throws {
        let json =
            #"{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"r","id":"1"}}"#
        let said = try talk(
            "authzen", Self.host(),
            Doors.request(
                "POST /access/v1/evaluation HTTP/1.1", "Host: a", "Content-Type: application/json",
                "Content-Length: \(json.utf8.count)") + Array(json.utf8))
        #expect(said.contains(#""context":{"decision_id":"000000000000abcd"#), "\(said)")
    }

    @Test func `dovecot and saslauthd: a field, and the text`() {
        var (allowed, denied) = (Answer(.allow, .granted, user: "alice"), Answer(.deny, .deniedByModule))
        (allowed.decision, denied.decision) = (Self.id(1), Self.id(2))
        var wrong = Answer(.wrongCredentials, .invalidUser)
        wrong.decision = Self.id(3)
        let lines = [allowed, denied, wrong].map { answer in
            var out = OutgoingBytes()
            DovecotReply.end(7, answer, user: "alice", to: &out)
            return String(decoding: out.bytes, as: UTF8.self)
        }
        #expect(lines[0] == "OK\t7\tuser=alice\tdecision_id=\(Self.id(1))\n")
        #expect(lines[1].contains("\treason=deny (decision \(Self.id(2)))\t"), "\(lines[1])")
        #expect(lines[2] == "FAIL\t7\tuser=alice\tdecision_id=\(Self.id(3))\treason=decision \(Self.id(3))\n")
        let texts = [allowed, wrong].map { answer in
            var out = OutgoingBytes()
            SaslauthdReply.write(answer, to: &out)
            #expect(out.bytes.prefix(2).elementsEqual([0, UInt8(out.count - 2)]))
            return String(decoding: out.bytes.dropFirst(2), as: UTF8.self)
        }
        #expect(texts == ["OK decision \(Self.id(1))", "NO wrong-credentials decision \(Self.id(3))"])
    }

    @Test func `native: 16 bytes at the end, for clients of version 3 alone`() throws {
        func last(_ version: Int) throws -> [UInt8] {
            let said = try RehearsedDoor("native", Self.host()).talk(
                NativeFrames.hello(version) + NativeFrames.check(2, "/a"))
            return try #require(`Attributes at the native door`.frames(said).last)
        }
        let (second, third) = (try last(2), try last(3))
        #expect(second[1] == 0 && third[1] == 2)
        #expect(
            third.dropFirst(8).elementsEqual(
                second.dropFirst(8) + [0xcd, 0xab, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]))
    }
}

extension Outcome {
    /// The answer of one that is decided.
    fileprivate var answer: Answer {
        if case .decided(let answer) = self { answer } else { Answer(.undecided, .stopping) }
    }
}

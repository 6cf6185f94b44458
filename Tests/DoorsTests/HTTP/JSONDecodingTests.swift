import AuthCore
import JSONReading
import Testing

@testable import DoorProtocols

@Suite struct `The reader of values that say themselves how they are read` {
    private struct Inner: Codable, Equatable {
        let names: [String: String]
        let flags: [Bool]
    }

    private struct Whole: Codable, Equatable {
        let text: String
        let number: Int
        let large: UInt64
        let half: Double
        let inner: Inner?
        let several: [Inner]
        let missing: String?
    }

    @Test func `reads what was written`() throws {
        let inner = Inner(names: ["a": "ä\u{0}", "b": ""], flags: [true, false])
        let whole = Whole(
            text: "\"\\\n", number: -7, large: 1 << 62, half: 0.5, inner: inner, several: [inner, inner], missing: nil)
        #expect(try JSONReader.decode(Whole.self, JSON.encode(whole), as: "value") == whole)
    }

    @Test func `reads an answer of the control socket as it was written`() throws {
        var reply = ControlReply()
        reply.credential = .init(user: "gateway", secret: "s", expires: 1_700_000_000)
        reply.destinations = [
            .init(
                name: "partner", address: "", authenticator: "exec", fetched: nil, refresh: 1_700_000_000, expires: nil,
                failure: "deadline")
        ]
        reply.next = 7
        let line = ControlLine.encode(reply).dropLast()
        let read = try ControlReply(json: String(decoding: line, as: UTF8.self))
        #expect(ControlLine.encode(read).dropLast() == line)
        #expect(read.credential?.expires?.seconds == 1_700_000_000 && read.ok)
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"names":{},"flags":[1]}"#, #"{"names":{"a":1},"flags":[]}"#, #"{"names":{}}"#,
        #"{"names":{},"names":{},"flags":[]}"#, #"{"names":[],"flags":[]}"#, #"{"names":{},"flags":{}}"#,
    ])
    func `refuses another shape, and a name twice`(_ text: String) {
        #expect(throws: (any Error).self) { try JSONReader.decode(Inner.self, text.utf8, as: "value") }
    }

    @Test func `quotes no value where it refuses one`() {
        let error = #expect(throws: DecodingError.self) {
            try JSONReader.decode([String: Int].self, #"{"password":"secret"}"#.utf8, as: "value")
        }
        #expect(error.map { !"\($0)".contains("secret") } == true)
    }
}

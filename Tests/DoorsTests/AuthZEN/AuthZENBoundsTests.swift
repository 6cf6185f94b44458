import AuthCore
import JSONReading
import Testing

@testable import DoorProtocols

/// A request is small, and what it stands for need not be: evaluations inherit, and nested names repeat those around them.
@Suite struct `What a request of AuthZEN may become` {
    private typealias Door = `The AuthZEN door`

    private static let entities =
        #""subject":{"type":"user","id":"alice"},"action":{"name":"write"},"resource":{"type":"record","id":"r1"}"#

    /// An object whose members all lie below one long name.
    private static func deep(name: Int, members: Int) -> String {
        let inner = (0..<members).map { #""m\#($0)":1"# }.joined(separator: ",")
        return #"{"\#(String(repeating: "n", count: name))":{\#(inner)}}"#
    }

    private static func batch(_ more: String, _ evaluations: Int, of item: String = "{}") -> String {
        let items = Array(repeating: item, count: evaluations).joined(separator: ",")
        return #"{\#(entities),\#(more),"evaluations":[\#(items)]}"#
    }

    /// Small bodies that would be large: all of them within the 64 KiB of a request.
    private static let large = [
        batch(#""context":\#(deep(name: 40_000, members: 1_000))"#, 1_000),
        batch(#""context":\#(deep(name: 60_000, members: 1))"#, 1_000),
        batch(#""context":\#(deep(name: 10, members: 1_000))"#, 1_000),
        batch(#""context":\#(deep(name: 2_000, members: 25))"#, 1_000),
        batch(#""context":{}"#, 60, of: #"{"context":\#(deep(name: 300, members: 90))}"#),
        batch(#""context":{"a":[\#(Array(repeating: "1", count: 1_022).joined(separator: ","))]}"#, 1_000),
        #"{\#(entities),"context":\#(deep(name: 9_000, members: 1_000))}"#,
        #"{\#(entities),"context":\#(deep(name: 60, members: 1_022))}"#,
        #"{\#(entities),"context":{"a":\#(String(repeating: #"{"a":1,"b":"#, count: 30))1\#(String(repeating: "}", count: 31))}"#,
    ]

    @Test(arguments: large) func `is counted as modules would get it, and bounded`(_ body: String) throws {
        #expect(body.utf8.count <= 64 * 1024)
        let evaluations: [AuthZENEvaluation]
        do throws(RequestRefusal) {
            switch try AuthZENBatch(JSONValue(Array(body.utf8), within: .batch)) {
            case .single(let evaluation): evaluations = [evaluation]
            case .several(let items, _): evaluations = items.compactMap { try? $0.get() }
            }
        } catch {
            #expect(error.status == 413, "\(error)")
            return
        }
        var total = 0
        for evaluation in evaluations {
            let fields = evaluation.fields
            #expect(fields.count <= AuthZENFields.maximumCount)
            let size = fields.reduce(0) { $0 + AuthZENFields.size($1.name.utf8.count, $1.value.utf8.count) }
            #expect(size == evaluation.size)
            #expect(size <= AuthZENFields.maximumSize)
            total += size
        }
        #expect(total <= AuthZENFields.maximumTotal)
    }

    @Test func `is made once of what all evaluations inherit`() throws {
        let body = Self.batch(#""context":\#(Self.deep(name: 10, members: 50))"#, 100)
        guard case .several(let items, _) = try AuthZENBatch(JSONValue(Array(body.utf8), within: .batch)) else {
            Issue.record("no batch")
            return
        }
        // The memory of two equal arrays of fields is one: the expansion was made once.
        let defaults = AuthZENDefaults(try JSONValue(Array(body.utf8), within: .batch))
        let places = try [defaults.fields(.context), defaults.fields(.context)].map { part in
            part.fields.withUnsafeBufferPointer { $0.baseAddress }
        }
        #expect(places[0] == places[1])
        #expect(items.count == 100)
        #expect(try Set(items.map { try $0.get().size }).count == 1)
        #expect(try items[0].get().fields.count == 51)
    }

    @Test func `is refused as a whole where a batch holds too much, and the host is not asked`() async throws {
        let host = Door.host()
        try await Door.run(host) { door async throws in
            let body = Self.batch(#""context":\#(Self.deep(name: 2_000, members: 25))"#, 1_000)
            let response = try await door.exchange(Door.request(body, at: "/access/v1/evaluations"))
            #expect(response.status == 413, "\(response.body.prefix(200))")
            #expect(response.body.contains("more than 4194304 bytes"))
        }
        #expect(host.questions.isEmpty)
    }

    @Test func `is the denial of the evaluations that inherit too much, and of no other`() async throws {
        let host = Door.host()
        try await Door.run(host) { door async throws in
            let body = Self.batch(#""context":\#(Self.deep(name: 40_000, members: 1_000))"#, 1_000)
                .replacing("[{},", with: #"[{"context":{}},"#)
            let response = try await door.exchange(Door.request(body, at: "/access/v1/evaluations"))
            #expect(response.status == 200)
            #expect(response.body.matches(of: /"status":413/).count == 999)
            #expect(response.body.hasPrefix(#"{"evaluations":[{"decision":true},"#))
        }
        #expect(`The RabbitMQ door`.asked(host).count == 2)
    }

    @Test func `is refused where one question holds too much`() async throws {
        let host = Door.host()
        try await Door.run(host) { door async throws in
            for path in ["/access/v1/evaluation", "/access/v1/search/action"] {
                let body = #"{\#(Self.entities),"context":\#(Self.deep(name: 9_000, members: 100))}"#
                let response = try await door.exchange(Door.request(body, at: path))
                #expect(response.status == 413, "\(response.body.prefix(200))")
            }
        }
        #expect(host.questions.isEmpty)
    }

    // MARK: - The text itself

    @Test(arguments: [
        String(repeating: "[", count: 33), String(repeating: #"{"a":"#, count: 33),
        "[" + String(repeating: "[],", count: 9_000),
        String(repeating: "[", count: 33) + String(repeating: "]", count: 33),
        "[" + String(repeating: "1,", count: 16_384) + "1]",
    ]) func `is read only where it holds few values and few levels`(_ text: String) {
        let refusal = #expect(throws: RequestRefusal.self) { try JSONValue(Array(text.utf8), within: .batch) }
        #expect(refusal?.status == 413)
    }

    @Test(arguments: [
        String(repeating: "[", count: 32) + String(repeating: "]", count: 32), #"["[[[[{{{{,,,,\"[[[[\\"]"#,
        "[" + String(repeating: "1,", count: 16_381) + "1]",
    ]) func `is read within the bounds, brackets in texts not counted`(_ text: String) throws {
        let isText = text.contains("\\")
        let value = try JSONValue(Array(text.utf8), within: isText ? JSONBounds(depth: 1, values: 2) : .batch)
        guard case .list = value else {
            Issue.record("\(value)")
            return
        }
    }

    /// `K` and the Kelvin sign are one as Unicode compares them, and two as bytes.
    @Test(arguments: [#"{"a":1,"a":2}"#, #"{"a":{"b":1,"b":1}}"#, "[{\"K\":1,\"\u{212A}\":2}]"])
    func `is refused where an object names a member twice`(_ text: String) {
        let refusal = #expect(throws: RequestRefusal.self) { try JSONValue(Array(text.utf8)) }
        #expect(refusal?.detail == "an object of the body names a member twice")
    }

    @Test(arguments: ["/", ".", "é", "%", "a"])
    func `is a segment that is too long, and not longer`(_ unit: String) throws {
        let long = ObjectSegment.encoded(Array(String(repeating: unit, count: 64 * 1024).utf8))
        #expect((ObjectName.maximumLength + 1...3 * (ObjectName.maximumLength + 1)).contains(long.count))
        let body = Self.batch(#""context":{}"#, 1_000).replacing(
            #""id":"r1""#, with: #""id":"\#(String(repeating: unit, count: 30_000))""#)
        guard case .several(let items, _) = try AuthZENBatch(JSONValue(Array(body.utf8), within: .batch)) else {
            Issue.record("no batch")
            return
        }
        for letter in "tipa" {
            var part: [UInt8] = []
            try items[999].get().write(letter, to: &part)
            #expect(part.count <= 3 * (ObjectName.maximumLength + 1))
        }
        let template = try TextTemplate("/x%p", letters: "p")
        #expect(throws: NameError(.tooLong, at: ObjectName.maximumLength)) {
            try template.name(try items[0].get().write(_:to:))
        }
    }

    @Test func `is no longer name than a module may see, however often a template names a part`() throws {
        let template = try TextTemplate("/x" + String(repeating: "%i", count: 500), letters: "i")
        var asked = 0
        let long = [UInt8](repeating: UInt8(ascii: "a"), count: 64 * 1024)
        let fault = #expect(throws: NameError.self) {
            try template.name { _, bytes in
                asked += 1
                bytes += long
            }
        }
        #expect(fault?.code == .tooLong)
        #expect(asked == 1)
    }
}

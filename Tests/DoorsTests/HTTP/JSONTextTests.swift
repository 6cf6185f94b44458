import AuthCore
import JSONReading
import Testing

@testable import DoorProtocols

@Suite struct `The reader of JSON` {
    private static func value(_ text: String, within bounds: JSONBounds = .usual) -> String {
        do throws(RequestRefusal) {
            return "\(try JSONValue(Array(text.utf8), within: bounds))"
        } catch {
            return error.detail
        }
    }

    @Test func `shows no control character of a name in a message`() {
        let bytes = Array("{\"destinati\u{7f}n\":1,\"do\":\"status\"}".utf8)
        guard case .failure(let error) = ControlLine.request(bytes) else {
            Issue.record("it was taken")
            return
        }
        #expect(error.description.hasPrefix("the member `destinati\u{FFFD}n` is not known"), "\(error)")
    }

    @Test func `looks at depth before anything else`() {
        let bounds = JSONBounds(depth: 3, values: 100)
        #expect(Self.value(#"[[{"a":1}]]"#, within: bounds).hasPrefix("list"))
        #expect(Self.value(#"[[{"a":[]}]]"#, within: bounds) == "the body is deeper than 3 levels")
        #expect(Self.value("[[[[ no JSON", within: bounds) == "the body is deeper than 3 levels")
        #expect(Self.value(String(repeating: "[", count: 1_000_000)) == "the body is deeper than 32 levels")
        #expect(Self.value(#"["[[[[[[","{{{{\"[[[["]"#, within: bounds).hasPrefix("list"))
    }

    @Test func `looks at the number of values before anything else`() {
        let bounds = JSONBounds(depth: 10, values: 4)
        #expect(Self.value("[1,2,3]", within: bounds).hasPrefix("list"))
        #expect(Self.value("[1,2,3,4]", within: bounds) == "the body holds more than 4 values")
        #expect(Self.value(#"{"a":1,"b":2,"c":3}"#, within: bounds).hasPrefix("object"))
        #expect(Self.value(#"{"a":{},"b":[],"c":3}"#, within: bounds) == "the body holds more than 4 values")
        #expect(Self.value(#"[",,,,,,\",,,,,"]"#, within: bounds).hasPrefix("list"))
        // Nothing is made of what is too much: this is no JSON either.
        #expect(Self.value(String(repeating: "[],", count: 700_000)) == "the body holds more than 4096 values")
        #expect(Self.value("[" + String(repeating: "1,", count: 65_535) + "1]", within: .large).hasSuffix("values"))
    }

    @Test(arguments: [
        (#"{"user":"a","password":"b","x":1}"#, "the member `x` is not known; known are"),
        (#"{"user":"a"}"#, "the member `password` is missing"),
        (#"{"user":"a","password":7}"#, "`password` is of another"),
        (#"{"user":null,"password":"b"}"#, "the member `user` is null"), ("[]", "the body is not a JSON object"),
        ("7", "the body is not a JSON object"), ("", "the body is not JSON"), ("{", "the body is not JSON"),
        (#"{"user":"a","user":"b"}"#, "an object of the body names a member twice"), ("{}x", "the body is not JSON"),
        (#"{"user":"\ud800","password":"b"}"#, "the body is not JSON"), (#"{"a\u0000":1}"#, "a name with a NUL"),
        (#"{"user":9223372036854775808}"#, "a number that is not a whole one of 64 bits"),
    ])
    func `says what is wrong, and never a value`(_ text: String, _ message: String) {
        let result = Array(text.utf8).withUnsafeBytes { JSON.read(LoginBody.self, $0, as: "body") }
        guard case .failure(let fault) = result else {
            Issue.record("\(text) is taken")
            return
        }
        #expect(fault.description.contains(message), "\(fault.description)")
    }

    @Test func `names the place of what is wrong`() {
        let text = #"{"session":"s","checks":[{"action":"read","object":"/a"},{"action":"read","object":{}}]}"#
        let result = Array(text.utf8).withUnsafeBytes { JSON.read(ChecksBody.self, $0, as: "body") }
        guard case .failure(let fault) = result else {
            Issue.record("an object is taken for a text")
            return
        }
        #expect(fault.description == "the member `checks.[1].object` is of another type")
    }

    @Test func `reads a password as it is written, and never as a text`() throws {
        let text = #"{"user":"a","password":"p\u00e4\"ss\n","machine_id":null}"#
        let body = try Array(text.utf8).withUnsafeBytes { try JSON.read(LoginBody.self, $0, as: "body").get() }
        #expect(body.password.copy() == Array("pä\"ss\n".utf8))
        #expect(body.machineID == nil)
        #expect(!"\(body)".contains("ä"))
    }
}

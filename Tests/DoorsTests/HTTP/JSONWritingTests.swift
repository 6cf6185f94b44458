import AuthCore
import JSONReading
import Testing

@testable import DoorProtocols

@Suite struct JSONWritingTests {
    private struct Texts: Encodable {
        let session: String
        let user: String
    }

    @Test(arguments: [
        "", "alice", "a\"b\\c/d", "\u{1}\u{1F}\u{7F}\n\t\r", "ÄÖ 日本 \u{1F600} \u{2028}", "</script>", "nul\0inside",
        String(repeating: "\u{2}", count: 300),
    ])
    func `texts are written as whatever is encoded is`(user: String) throws {
        let written = JSON.encode(texts: ["session": "00ff", "user": user], [])
        let read = try JSONValue(written)
        #expect(read == .object(["session": .text("00ff"), "user": .text(user)]))
        #expect(try JSONValue(JSON.encode(Texts(session: "00ff", user: user))) == read)
        #expect(written.starts(with: Array(#"{"session":"00ff","user":""#.utf8)))
    }

    @Test func `attributes are lists by their names`() throws {
        let fields = [Field("group", "a\"b"), Field("role", "\u{1}"), Field("group", "日本")]
        let written = JSON.encode(texts: ["user": "alice"], fields)
        #expect(
            String(decoding: written, as: UTF8.self)
                == #"{"attributes":{"group":["a\"b","日本"],"role":["\u0001"]},"user":"alice"}"#)
    }
}

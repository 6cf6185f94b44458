import AuthCore
import Testing

@Suite struct `Bytes of a secret` {
    private static func text(_ bytes: borrowing SecretBytes) -> String {
        bytes.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `grow, go at the front, and are found`() {
        var bytes = SecretBytes(capacity: 2)
        for _ in 0..<100 { bytes.append(contentsOf: Array("abc".utf8)) }
        bytes.append(UInt8(ascii: "!"))
        let count = bytes.count
        #expect(count == 301)
        bytes.removeFirst(297)
        #expect(Self.text(bytes) == "abc!")
        let places = [bytes.firstIndex(of: UInt8(ascii: "b")), bytes.firstIndex(of: UInt8(ascii: "b"), from: 2)]
        #expect(places == [1, nil])
        bytes.removeAll()
        let isEmpty = bytes.isEmpty
        #expect(isEmpty)
    }

    @Test func `become a secret with a NUL behind it, as a whole and in part`() {
        var bytes = SecretBytes()
        bytes.append(contentsOf: Array("alice:pass".utf8))
        let part = bytes.secret(6..<10)
        let whole = Secret(bytes)
        #expect(part.withTerminatedBytes { Array($0) } == Array("pass".utf8) + [0])
        #expect(whole.withTerminatedBytes { Array($0) } == Array("alice:pass".utf8) + [0])
        #expect("\(whole)" == "(secret)")
    }

    @Test func `leave nothing behind what was taken out`() {
        var bytes = SecretBytes(capacity: 8)
        bytes.append(contentsOf: Array("password".utf8))
        bytes.removeFirst(6)
        // The memory is still the value's own, so that it can be looked at.
        let after = bytes.withBytes { start in (2..<8).map { start.baseAddress?[$0] } }
        #expect(after == [0, 0, 0, 0, 0, 0])
    }
}

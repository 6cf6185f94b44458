import Testing

@testable import Accounts

@Suite struct Base64Tests {
    private func decoded(_ text: String) -> [UInt8]? {
        let text = Array(text.utf8)
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: max(text.count, 1)) { buffer in
            text.withUnsafeBufferPointer { Base64.decode($0, into: buffer) }.map { Array(buffer[..<$0]) }
        }
    }

    @Test(arguments: [
        ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmE=", "fooba"),
        ("Zm9vYmFy", "foobar"),
    ])
    func `is decoded as RFC 4648 has it`(text: String, bytes: String) { #expect(decoded(text) == Array(bytes.utf8)) }

    @Test func `has a letter for each number`() {
        #expect(decoded("+/09azAZ") == [0xfb, 0xfd, 0x3d, 0x6b, 0x30, 0x19])
    }

    @Test(arguments: [
        "", "Zm9", "Zm9v=", "Zm9vZ", "Zg=v", "Z===", "====", "Zm 9", "Zm9v\n", "Zm-_", "Zm9\u{e4}", "Zh==", "Zm9=",
        "Zm==Zm9v",
    ])
    func `that is cut, wrongly filled up or has other letters is refused`(text: String) {
        #expect(decoded(text) == nil)
    }
}

import AuthCore
import Testing

struct NameFaultCase: CustomTestStringConvertible {
    let bytes: [UInt8]
    let expected: NameError

    init(_ text: String, _ code: NameError.Code, at offset: Int) { self.init(Array(text.utf8), code, at: offset) }

    init(_ bytes: [UInt8], _ code: NameError.Code, at offset: Int) {
        self.bytes = bytes
        expected = NameError(code, at: offset)
    }

    var testDescription: String { "\(expected.code) at \(expected.offset)" }

    static let all: [NameFaultCase] = [
        .init("", .empty, at: 0),
        .init("/" + String(repeating: "a", count: ObjectName.maximumLength), .tooLong, at: ObjectName.maximumLength),
        .init("FX/EURUSD", .notAbsolute, at: 0),
        .init("//FX", .emptySegment, at: 1),
        .init("/FX//EURUSD", .emptySegment, at: 4),
        .init("/FX/", .trailingSlash, at: 3),
        .init("/.", .dotSegment, at: 1),
        .init("/FX/./EURUSD", .dotSegment, at: 4),
        .init("/FX/..", .dotSegment, at: 4),
        .init("/../etc/passwd", .dotSegment, at: 1),
        .init("/FX\0/EURUSD", .nul, at: 3),
        .init("/FX\n", .control, at: 3),
        .init("/FX\r", .control, at: 3),
        .init("/\u{7f}", .control, at: 1),
        .init("/a\u{85}", .control, at: 2),
        .init("/a\u{9f}b", .control, at: 2),
    ]

    /// RFC 3629: overlong forms, surrogates, numbers above U+10FFFF, followers alone and scalars cut short.
    static let invalidUTF8: [NameFaultCase] = [
        [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc3], [0xc3, 0x28], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80],
        [0xe2, 0x82], [0xe2, 0x28, 0xa1], [0xe2, 0x82, 0x28], [0xf0, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80],
        [0xf0, 0x9f, 0x98], [0xf0, 0x9f, 0x28, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xfe], [0xff],
    ].map { .init([UInt8(ascii: "/")] + $0, .invalidUTF8, at: 1) }
}

@Suite struct ObjectNameTests {
    @Test(arguments: NameFaultCase.all + NameFaultCase.invalidUTF8)
    func `refuses a name that no module may see, and says at which byte`(fault: NameFaultCase) {
        #expect(throws: fault.expected) { try ObjectName(fault.bytes) }
    }

    @Test(arguments: [
        "/", "/FX", "/FX/EURUSD", "/a b", "/...", "/.hidden", "/FX/..a", "/%2e%2e", "/Größe/€/😀", "/\u{a0}",
        "/" + String(repeating: "a", count: 4094),
    ])
    func `keeps an acceptable name byte by byte`(text: String) throws {
        let name = try ObjectName(text)
        #expect(name.text == text)
        #expect(name.count == text.utf8.count)
        #expect(Array(name.bytes) == Array(text.utf8))
    }

    @Test func `lends its bytes with one NUL behind them`() throws {
        let bytes = try ObjectName("/FX").withTerminatedBytes { Array($0) }
        #expect(bytes == Array("/FX".utf8) + [0])
    }

    @Test func `is equal to a name of the same bytes and to no other`() throws {
        #expect(try ObjectName("/FX") == ObjectName(Array("/FX".utf8)))
        #expect(try ObjectName("/FX") != ObjectName("/fx"))
        // Two spellings of one letter are two names: bytes are compared, nothing is normalised.
        #expect(try ObjectName("/\u{e9}") != ObjectName("/e\u{301}"))
    }

    @Test func `has the memory of a name before it that is over, and never that of one that is held`() throws {
        var rooms = NameRooms()
        func address(_ name: ObjectName) -> UnsafePointer<UInt8>? { name.withTerminatedBytes(\.baseAddress) }
        let first = address(try rooms.name(Array("/FX/EURUSD".utf8).span))
        rooms.startOver()
        let held = try rooms.name(Array("/FX/GBPUSD".utf8).span)
        #expect(address(held) == first)
        rooms.startOver()
        let other = try rooms.name(Array("/FX/X".utf8).span)
        #expect(address(other) != first && held.text == "/FX/GBPUSD" && other.text == "/FX/X")
        #expect(held == (try ObjectName("/FX/GBPUSD")))
        // More of them than are kept, longer ones, and what is no name.
        let many = try (0..<100).map { try rooms.name(Array("/N/\($0)".utf8).span) }
        #expect(many.map(\.text) == (0..<100).map { "/N/\($0)" })
        let long = "/" + String(repeating: "a", count: 4094)
        #expect(try rooms.name(Array(long.utf8).span).text == long)
        #expect(throws: NameError(.notAbsolute, at: 0)) { try rooms.name(Array("FX".utf8).span) }
    }

    @Test(arguments: NameError.Code.allCases)
    func `describes every fault in words of its own`(code: NameError.Code) {
        let texts = Set(NameError.Code.allCases.map { "\(NameError($0, at: 3))" })
        #expect(texts.count == NameError.Code.allCases.count)
        #expect("\(NameError(code, at: 3))".hasSuffix("(byte 3)"))
    }
}

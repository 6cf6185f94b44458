import Testing

@testable import Rules

@Suite struct PatternTests {
    @Test(arguments: [
        ("", 0, "`` does not begin with `/`"),
        ("A/B", 0, "`A/B` does not begin with `/`"),
        ("/A//B", 2, "`/A//B` has an empty segment"),
        ("/A/", 2, "`/A/` has an empty segment"),
        ("A\u{202E}B\u{85}\n", 0, "`A\\u{202e}B\\u{85}\\u{a}` does not begin with `/`"),
        ("/A/../B", 3, "the segment `..` is not accepted in a path"),
        ("/A/./B", 3, "the segment `.` is not accepted in a path"),
        ("/A/EUR*", 6, "`*` stands for a whole segment and cannot be a part of `EUR*`"),
        ("/A/***", 3, "`*` stands for a whole segment and cannot be a part of `***`"),
        ("/A/%", 3, "`%` at the end of a segment, a percent sign is written `%%`"),
        ("/A/%x", 3, "found `%x` in an object pattern, expected `%u`, `%g` or `%%`"),
        ("/A/%1", 3, "found `%1` in an object pattern, expected `%u`, `%g` or `%%`"),
        ("/A\u{1}", 2, "control character 1 is not accepted in a path"),
    ])
    func `refuses what is no pattern, and says where and why`(text: String, offset: Int, message: String) {
        #expect(throws: PatternError(offset, message)) { try ObjectPattern(Array(text.utf8)) }
    }

    @Test func `refuses over-long patterns and such as are not UTF-8`() {
        #expect(throws: PatternError(4_095, "5001 bytes, at most 4095 are accepted")) {
            try ObjectPattern(Array(("/" + String(repeating: "a", count: 5_000)).utf8))
        }
        #expect(throws: PatternError(0, "the path is not UTF-8")) { try ObjectPattern([47, 0xC3, 0x28]) }
    }

    @Test func `takes neighbouring deep wildcards for one`() throws {
        #expect(try ObjectPattern(Array("/A/**/**/B".utf8)) == ObjectPattern(Array("/A/**/B".utf8)))
    }

    @Test func `adds nothing when a pattern cannot be read`() throws {
        var builder = RuleSetBuilder()
        let wrong = Array("/A*".utf8)
        #expect(throws: PatternError.self) { try builder.add(.allow, .all, wrong.span, to: .everybody) }
        try builder.add(.allow, .all, Array("/A".utf8).span, to: .everybody)
        #expect(try builder.build().ruleCount == 1)
    }
}

@Suite struct MappingTests {
    @Test(arguments: [
        ("/FX/%1", "/FX/%u/%1", "/FX/EURUSD", "/FX/john/EURUSD"),
        ("/FX/%1", "/FX/%u/%1", "/FX/EURUSD/BID", nil),
        ("/FX/%1", "/FX/%u/%1", "/FX", nil),
        ("/FX/%1", "/FX/%u/%1", "/EQ/EURUSD", nil),
        ("/T/CHANNEL", "/T/%u/CHANNEL", "/T/CHANNEL", "/T/john/CHANNEL"),
        ("/T/%2/%1", "/T/%1/%2", "/T/a/b", "/T/b/a"),
        ("/T/%1", "/T/%u-%1.%1", "/T/a", "/T/john-a.a"),
        ("/T/%u/%1", "/T/%1", "/T/john/a", "/T/a"),
        ("/T/%u/%1", "/T/%1", "/T/mary/a", nil),
        ("/", "/%u", "/", "/john"),
        ("/", "/%u", "/a", nil),
        ("/%%/%1", "/100%%/%1", "/%/a", "/100%/a"),
        ("/FX/%1", "/FX/%1", "/FX//", nil),
        ("/%1", "/%1", "", nil),
    ])
    func `maps by captures and user`(from: String, to: String, name: String, expected: String?) throws {
        let mapping = try ObjectMapping(from: Array(from.utf8), to: Array(to.utf8))
        var result: [UInt8] = [1]
        let outcome = mapping.applied(Array(name.utf8), user: "john", into: &result)
        #expect(outcome == (expected == nil ? .unmapped : .mapped))
        #expect(result == expected.map { Array($0.utf8) } ?? [1])
    }

    @Test func `refuses results above 4095 bytes and leaves the buffer alone`() throws {
        let mapping = try ObjectMapping(from: Array("/%1".utf8), to: Array("/%1/%1".utf8))
        var result: [UInt8] = []
        let fits = Array(("/" + String(repeating: "a", count: 2_046)).utf8)
        #expect(mapping.applied(fits, user: "", into: &result) == .mapped)
        #expect(result.count == 4_094)
        #expect(mapping.applied(fits + [97], user: "", into: &result) == .tooLong)
        #expect(result.count == 4_094)
    }

    @Test(arguments: [
        ("/A/*", "/B", false, 3, "`*` is not accepted in a mapping, a segment is captured with `%1`…`%9`"),
        ("/A/x%1", "/B", false, 4, "`%1` must be the whole segment `x%1`"),
        ("/%1/%1", "/B", false, 4, "`%1` captures twice"),
        ("/%g", "/B", false, 1, "found `%g` in a mapping, expected `%1`…`%9`, `%u` or `%%`"),
        ("/%0", "/B", false, 1, "found `%0` in a mapping, expected `%1`…`%9`, `%u` or `%%`"),
        ("/%1", "/%2", true, 1, "`%2` is not captured by the pattern"),
        ("/%1", "%1", true, 0, "`%1` does not begin with `/`"),
    ])
    func `refuses what is no mapping`(from: String, to: String, inReplacement: Bool, offset: Int, message: String) {
        let fault = ObjectMapping.Fault(isReplacement: inReplacement, error: PatternError(offset, message))
        #expect(throws: fault) { try ObjectMapping(from: Array(from.utf8), to: Array(to.utf8)) }
    }
}

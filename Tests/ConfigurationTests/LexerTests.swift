import Testing

@testable import AuthConfiguration
@testable import ConfigurationLanguage

@Suite struct LexerTests {
    private func words(_ text: String) throws -> [RawWord] {
        var lexer = Lexer(Array(text.unicodeScalars), file: "a", line: 7)
        return try lexer.words()
    }

    @Test(arguments: [
        ("", []), ("   \t", []), ("# all of it", []), ("a b", ["a", "b"]), ("  a\t b ", ["a", "b"]),
        ("a #b c", ["a"]), ("a#b c", ["a#b", "c"]), ("a \"b # c\"", ["a", "b # c"]), ("a \"\"", ["a", ""]),
        ("a b\"c d\"e", ["a", "bc de"]), (#"a "q\"q" "b\\s" "x\.y" "\${A}""#, ["a", "q\"q", "b\\s", "x\\.y", "${A}"]),
        (#"a \n $1 $"#, ["a", "\\n", "$1", "$"]), ("größe 日本", ["größe", "日本"]),
    ])
    func `splits a line into words`(text: String, expected: [String]) throws {
        #expect(try words(text).map(\.literal) == expected)
    }

    @Test func `keeps the place of every word and variable`() throws {
        let found = try words("  ab \"c ${X} d\" e${Y}")
        #expect(found.map(\.position.description) == ["a:7:3", "a:7:6", "a:7:17"])
        #expect(
            found[1].parts == [
                .text("c "), .variable("X", SourcePosition(file: "a", line: 7, column: 9)), .text(" d"),
            ])
        #expect(found[2].parts == [.text("e"), .variable("Y", SourcePosition(file: "a", line: 7, column: 18))])
    }

    @Test(arguments: [
        Case("a \"b c", "main.conf:1:3: unterminated quote: the line ends before a closing `\"`"),
        Case("a b\"", "main.conf:1:4: unterminated quote: the line ends before a closing `\"`"),
        Case("log-level ${X", "main.conf:1:11: unterminated variable: the line ends before the `}` of `${`"),
        Case("log-level in\u{0}fo", "main.conf:1:13: control character U+0000 is not allowed"),
        Case("# bell \u{7}", "main.conf:1:8: control character U+0007 is not allowed"),
        Case("log-level \u{85}", "main.conf:1:11: control character U+0085 is not allowed"),
    ])
    func `refuses a line that cannot be split`(each: Case) {
        #expect(mistakes(each.text) == each.message)
    }

    @Test func `refuses bytes that are not UTF-8 and goes on with the next line`() {
        let bytes: [UInt8] = Array("log-level ä".utf8) + [0xFF, 0x0A] + Array("nope".utf8)
        let context = ConfigurationContext(
            environment: [:], hostName: "box", workingDirectory: "/srv", files: .inMemory(["x": bytes]))
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration.load(file: "x", arguments: [], context: context)
        }
        #expect(
            error?.description == """
                x:1:12: the file is not UTF-8 here
                x:2:1: unknown item `nope`
                """)
    }

    @Test func `reads files of other systems`() throws {
        let configuration = try load("\u{FEFF}log-level debug\r\nlog-format json\r\n")
        #expect(configuration.logLevel == "debug")
        #expect(configuration.logFormat == "json")
    }
}

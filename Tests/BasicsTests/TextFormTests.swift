import Basics
import Testing

@Suite struct TextFormTests {
    @Test(arguments: [
        (7, 2, 10, "07"), (0, 2, 10, "00"), (123, 2, 10, "123"), (0o644, 4, 8, "0644"), (0x9b, 4, 16, "009b"),
    ])
    func `pads a number with zeros, and cuts none`(number: Int, width: Int, radix: Int, text: String) {
        #expect(number.padded(to: width, radix: radix) == text)
    }

    @Test(arguments: [
        ("", #""""#), ("päss 🙂", #""päss 🙂""#), (#"a"b\c"#, #""a\"b\\c""#),
        ("a\u{1}\n\u{1f}", #""a\u0001\u000a\u001f""#), ("a\u{202e}\u{9b}b", #""a\u202e\u009bb""#),
        ("\u{e0041}", #""\udb40\udc41""#),
    ])
    func `quotes a text for JSON, and escapes what cannot be seen`(text: String, quoted: String) {
        #expect(text.jsonQuoted == quoted)
    }

    @Test func `spells bytes in two digits each`() { #expect([0, 9, 0x10, 0xff].hexadecimal == "000910ff") }
}

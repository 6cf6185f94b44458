import Basics
import Testing

@Suite struct PrintableTextTests {
    @Test(
        arguments: [
            "\n", "\u{1b}", "\u{7f}", "\u{9b}", "\u{2028}", "\u{2029}", "\u{200e}", "\u{200f}", "\u{202a}", "\u{202b}",
            "\u{202c}", "\u{202d}", "\u{202e}", "\u{2066}", "\u{2067}", "\u{2068}", "\u{2069}", "\u{200b}", "\u{61c}",
            "\u{ad}",
            "\u{feff}", "\u{e000}", "\u{e0041}",
        ] as [Unicode.Scalar])
    func `shows what cannot be seen as its number`(scalar: Unicode.Scalar) {
        let text = "a\(scalar)b"
        #expect(text.controlsEscaped == "a\\u{\(String(scalar.value, radix: 16))}b")
        #expect(text.controlsEscaped.controlsEscaped == text.controlsEscaped)
    }

    @Test(arguments: ["", " plain ~", "päss", "アリス", "e\u{301}", "🙂", "no\u{a0}break"])
    func `leaves what can be seen as it is`(text: String) {
        #expect(text.controlsEscaped == text)
    }
}

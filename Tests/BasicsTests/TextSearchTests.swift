import Basics
import Testing

@Suite struct TextSearchTests {
    @Test(
        arguments: [
            ("", "a", nil), ("abc", "", nil), ("abc", "abc", 0), ("aab", "ab", 1), ("abab", "ba", 1),
            ("abc", "abcd", nil),
            ("häuser", "us", 3), ("x\r\n\r\ny", "\r\n\r\n", 1), ("e\u{301}", "\u{301}", 1),
        ] as [(String, String, Int?)])
    func `finds the first occurrence by its bytes`(_ text: String, _ sought: String, _ place: Int?) {
        let found = text.firstPlace(of: sought)
        #expect(found.map { text.utf8.distance(from: text.startIndex, to: $0.lowerBound) } == place)
        #expect(text.holds(sought) == (place != nil))
    }

    @Test(arguments: [
        ("a'b'", "'", #"'\''"#, #"a'\''b'\''"#), ("aaa", "aa", "b", "ba"), ("abc", "", "x", "abc"),
        ("<<", "<", "&lt;", "&lt;&lt;"),
        ("a\n\nb\n\n", "\n\n", "", "ab"), ("none", "x", "y", "none"),
    ])
    func `replaces each occurrence, from left to right`(
        _ text: String, _ sought: String, _ other: String, _ made: String
    ) {
        #expect(text.replacingEach(sought, with: other) == made)
    }
}

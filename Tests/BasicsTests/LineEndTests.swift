import Basics
import Testing

@Suite struct LineEndTests {
    @Test(arguments: [
        ("", ""), ("secret", "secret"), ("secret\n", "secret"), ("secret\r\n", "secret"), ("secret\r", "secret\r"),
        ("secret\r\r\n", "secret\r"), ("secret\n\n", "secret\n"), ("secret\n\r", "secret\n\r"), ("\n", ""),
        ("\r\n", ""),
        ("\r", "\r"), (" secret \t\n", " secret \t"),
    ])
    func `one end of a line is taken off, LF or CR LF, and nothing else`(text: String, left: String) {
        let bytes = Array(text.utf8)
        #expect(String(decoding: bytes.prefix(LineEnd.length(of: bytes)), as: UTF8.self) == left)
    }
}

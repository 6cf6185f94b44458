import Testing

@testable import DoorProtocols

@Suite struct `A place to return to` {
    @Test(arguments: [
        "/", "/reports", "/reports/", "/reports/today?x=1&y=a%2Fb", "/a/b;c=d", "/?q=//evil.example", "/caf%C3%A9",
        "/a%20b", "/@evil.example", "/a?next=https://evil.example/",
    ]) func `may be a path on the same site`(_ text: String) {
        #expect(ReturnPath(text.utf8)?.text == text)
    }

    @Test(arguments: [
        ("/a?ids[]=1&ids[]=2", "/a?ids%5B%5D=1&ids%5B%5D=2"), ("/a?{\"x\":[1|2]}", "/a?%7B%22x%22:%5B1%7C2%5D%7D"),
        ("/a?x=100%", "/a?x=100%25"), ("/a?x=100%&y=%4", "/a?x=100%25&y=%254"), ("/a?x=%41%zz", "/a?x=%41%25zz"),
        ("/[x]/{y}|z^", "/%5Bx%5D/%7By%7D%7Cz%5E"), ("/é?q=ü", "/%C3%A9?q=%C3%BC"), ("/a?x\\y", "/a?x%5Cy"),
        ("/a?x=\"><script>", "/a?x=%22%3E%3Cscript%3E"), ("/<script>", "/%3Cscript%3E"),
        ("/\u{2028}/evil.example", "/%E2%80%A8/evil.example"), ("/a?`", "/a?%60"),
    ]) func `is encoded where browsers send what no URI holds, and once`(_ sent: String, _ text: String) {
        #expect(ReturnPath(sent.utf8)?.text == text)
        #expect(ReturnPath(text.utf8)?.text == text)
    }

    @Test func `in a query is not UTF-8 of necessity`() {
        #expect(ReturnPath(Array("/a?x=".utf8) + [0xFF])?.text == "/a?x=%FF")
        #expect(ReturnPath([0x2F, 0xFF]) == nil)
    }

    @Test(arguments: [
        "", "evil", "//", "//?x", "/%2f", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
        "\\/evil.example",
        "/\t/evil.example", "/%09/evil.example", "\t//evil.example", " //evil.example", "/\n/evil.example",
        "/%0a/evil.example", "/%0D%0ASet-Cookie:x=y", "/a\r\nLocation: //evil.example", "/%2fevil.example",
        "/%2Fevil.example", "/%5cevil.example", "/%5C%5Cevil.example", "/a\\..\\..\\evil.example", "https:evil.example",
        "https://evil.example", "HTTPS:/evil.example", "javascript:alert(1)", "data:text/html,x", "/.//evil.example",
        "/..//evil.example", "/a/../..//evil.example", "/%2e%2e//evil.example", "/./a", "/a//evil.example",
        "/a#//evil.example", "/a?x#y", "/a b", "/a?x y", "/\u{0}", "/%00", "/a%7f", "/%c0%af/evil.example", "/%ff",
        "/%", "/%1",
        "/%zz", "/a?x=\u{1}", "/a?x=\u{7f}", "?x", "http:///evil.example", "//evil.example/%2f..", "/%E2%80%A8%09",
    ]) func `is nothing that could lead elsewhere`(_ text: String) {
        #expect(ReturnPath(text.utf8) == nil)
    }

    @Test func `has at most 8192 bytes, three times as many where it is encoded`() {
        #expect(ReturnPath(("/?" + String(repeating: "%41", count: 8191)).utf8) != nil)
        #expect(ReturnPath(("/?" + String(repeating: "%41", count: 8192)).utf8) == nil)
    }

    @Test func `survives a query as it was`() throws {
        let text = "/a/b?x=1&y=2+3%20&z=é&[]|{}100%"
        let form = Array("rd=\(try #require(ReturnPath(text.utf8)).queryValue)".utf8)
        #expect(try FormFields(form.span, form.indices)["rd"] == Array(text.utf8))
    }
}

@Suite struct `A form` {
    private func read(_ text: String) throws(RequestRefusal) -> FormFields {
        let bytes = Array(text.utf8)
        return try FormFields(bytes.span, bytes.indices)
    }

    @Test func `is decoded once`() throws {
        let form = try read("user=a+b%2B&password=%2541&empty=&x=a=b")
        #expect(form["user"] == Array("a b+".utf8))
        #expect(form["password"] == Array("%41".utf8))
        #expect(form["empty"] == [])
        #expect(form["x"] == Array("a=b".utf8))
        #expect(form["other"] == nil)
        #expect(try read("")["user"] == nil)
    }

    @Test(arguments: [
        "user", "user=a&&b=c", "user=a&user=b", "user=a&%75ser=b", "user=%", "user=%a", "user=%zz", "%=a", "=a&=b",
        (0...16).map { "f\($0)=" }.joined(separator: "&"),
    ]) func `is refused when it can be read in two ways`(_ text: String) {
        #expect(throws: RequestRefusal.self) { try read(text) }
    }
}

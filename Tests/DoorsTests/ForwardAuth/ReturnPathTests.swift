import Testing

@testable import Doors

@Suite struct `A place to return to` {
    @Test(arguments: [
        "/", "/reports", "/reports/", "/reports/today?x=1&y=a%2Fb", "/a/b;c=d", "/?q=//evil.example", "/caf%C3%A9",
        "/a%20b", "/@evil.example", "/a?next=https://evil.example/",
    ]) func `may be a path on the same site`(_ text: String) {
        #expect(ReturnPath(text.utf8)?.text == text)
    }

    @Test(arguments: [
        "", "evil", "//", "//?x", "/%2f", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
        "\\/evil.example",
        "/\t/evil.example", "/%09/evil.example", "\t//evil.example", " //evil.example", "/\n/evil.example",
        "/%0a/evil.example", "/%0D%0ASet-Cookie:x=y", "/a\r\nLocation: //evil.example", "/%2fevil.example",
        "/%2Fevil.example", "/%5cevil.example", "/%5C%5Cevil.example", "/a\\..\\..\\evil.example", "https:evil.example",
        "https://evil.example", "HTTPS:/evil.example", "javascript:alert(1)", "data:text/html,x", "/.//evil.example",
        "/..//evil.example", "/a/../..//evil.example", "/%2e%2e//evil.example", "/./a", "/a//evil.example",
        "/a#//evil.example", "/a b", "/\u{0}", "/%00", "/a%7f", "/é", "/%c0%af/evil.example", "/%ff", "/%", "/%1",
        "/%zz",
        "/a?%", "/a?x=\u{1}", "/a?x=\"><script>", "/<script>", "?x", "/a?x\\y", "/\u{2028}/evil.example",
        "http:///evil.example", "//evil.example/%2f..", "/%E2%80%A8%09",
    ]) func `is nothing that could lead elsewhere`(_ text: String) {
        #expect(ReturnPath(text.utf8) == nil)
    }

    @Test func `has at most 2048 bytes`() {
        #expect(ReturnPath(("/" + String(repeating: "a", count: 2047)).utf8) != nil)
        #expect(ReturnPath(("/" + String(repeating: "a", count: 2048)).utf8) == nil)
    }

    @Test func `survives a query as it was`() throws {
        let text = "/a/b?x=1&y=2+3%20&z=é"
        let form = Array("rd=\(ReturnPath.queryValue(text.utf8))".utf8)
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

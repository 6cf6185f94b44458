import Glibc
import Testing

@testable import AuthConfiguration
@testable import ConfigurationLanguage

@Suite struct DescriptionTests {
    @Test func `describes every item with value, source and availability`() throws {
        let configuration = try load(
            """
            http-realm "a \\"b\\""
            object-map /A /B
            object-map "/C D" /E
            add-authdir
                username ann
                password geheim
            end-authdir
            add-module-options xmlauth
                secret geheim
            end-module-options
            """, arguments: ["--http-listen", "none", "--http-socket-mode=600"])
        let description = ConfigurationDescription(configuration)
        #expect(description.items.map(\.definition.name) == ItemDefinition.all.map(\.name))
        #expect(description.explain("http-realm")?.value == #""a \"b\"""#)
        #expect(description.explain("http-realm")?.source.description == "main.conf:1:1")
        #expect(description.explain("object-map")?.value == "/A /B\n\"/C D\" /E")
        #expect(description.explain("object-map")?.withoutEffect == nil)
        #expect(description.explain("add-authdir")?.withoutEffect == nil)
        #expect(description.explain("http-listen")?.value == "none")
        #expect(description.explain("http-socket-mode")?.value == "0600")
        #expect(description.explain("auth-moddir")?.value == nil)
        #expect(description.explain("auth-login-timeout")?.source.description == "default")
        #expect(description.explain("auth-login-timeout")?.withoutEffect == nil)
        #expect(description.explain("add-module-options")?.value == "xmlauth { secret }")
        #expect(
            description.explain("add-authdir")?.value
                == "{ name /status; check-module FALSE; username ann; password (hidden); realm \"Liberator Admin\"; "
                + "secure-passwords FALSE }")
        #expect(description.explain("nope") == nil)
        #expect(!description.items.contains { $0.value?.contains("geheim") == true })
    }

    @Test func `names what a reload changes, and where`() throws {
        let old = try load("\nlog-level info\nmodule-queue 5\nhttp-realm a")
        let new = try load(
            "log-level debug\nmodule-queue 6\nhttp-realm a\nadd-module-options xmlauth\nfile x\nend-module-options")
        let changes = new.changes(from: old)
        #expect(changes.map(\.item.name) == ["module-queue", "add-module-options", "log-level"])
        #expect(changes.map(\.isReloadable) == [true, true, true])
        #expect(changes.map(\.source.description) == ["main.conf:2:1", "main.conf:4:1", "main.conf:1:1"])
        #expect(new.changes(from: new).isEmpty)
    }

    @Test func `is documented item by item`() throws {
        let here = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let file = try ConfigurationFiles.disk.read("/" + here + "/docs/configuration.md").get()
        let text = String(decoding: file.bytes, as: UTF8.self)
        let begin = try #require(text.firstRange(of: "<!-- items: begin -->\n"))
        let end = try #require(text.firstRange(of: "<!-- items: end -->"))
        if getenv("AUTHHOST_UPDATE_GOLDEN") != nil {
            let parts = [text[..<begin.upperBound], ItemReference.markdown()[...], text[end.lowerBound...]]
            let output = try #require(fopen("/" + here + "/docs/configuration.md", "w"))
            fputs(parts.joined(), output)
            fclose(output)
            return
        }
        let table = String(text[begin.upperBound..<end.lowerBound])
        #expect(
            table == ItemReference.markdown(), "docs/configuration.md holds another table:\n\(ItemReference.markdown())"
        )
    }

    @Test(arguments: ["text", "two words", "#x", "q\"q", "b\\s", "${A}", "", "a#b", "%r", "q\"\u{301}"])
    func `writes values that are read back as they are`(text: String) throws {
        var lexer = Lexer(Array(("x " + Word.quoted(text)).unicodeScalars), file: "a", line: 1)
        #expect(try lexer.words().map(\.literal) == ["x", text])
    }
}

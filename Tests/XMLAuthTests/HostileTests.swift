import Glibc
import Testing

@testable import XMLAuthCore

private func refusal(_ text: [UInt8], pieces: Int? = nil) -> UsersFileError? {
    do {
        let session = try UsersSession(path: "users.xml", allowsPlain: true)
        var rest = text[...]
        while let pieces, !rest.isEmpty {
            let piece = Array(rest.prefix(pieces))
            rest = rest.dropFirst(pieces)
            try piece.withUnsafeBufferPointer { bytes throws(UsersFileError) in
                try session.feed(UnsafeRawBufferPointer(bytes))
            }
        }
        try UsersReader.feed(pieces == nil ? text : [], to: session)
        _ = try session.finish()
        return nil
    } catch {
        return error
    }
}

@Suite struct HostileTests {
    static let laughs = (1...9).map { "<!ENTITY l\($0) '\(String(repeating: "&l\($0 - 1);", count: 10))'>" }.joined()

    @Test(arguments: ["\u{7F}", "\u{85}", "\u{9B}31m"])
    func `a message shows no control character of the file`(control: String) {
        let text = "<authhost-users version='1'><user name='u' groups='a\(control)'/></authhost-users>"
        let error = #expect(throws: UsersFileError.self) {
            try UsersReader.read(Array(text.utf8), name: "users.xml", allowsPlain: false)
        }
        let shown = "\(error?.description ?? control)"
        #expect(!shown.unicodeScalars.contains { $0.properties.generalCategory == .control }, "\(shown)")
    }

    @Test(arguments: [
        ("a document type", "<!DOCTYPE authhost-users>\n<authhost-users version='1'/>"),
        ("a document type of a file", "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><authhost-users version='1'/>"),
        (
            "an entity of a file",
            "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><authhost-users version='1'><user name='&x;'/>"
                + "</authhost-users>"
        ),
        (
            "entities that multiply",
            "<!DOCTYPE a [<!ENTITY l0 'ha'>\(laughs)]><authhost-users version='1'><user name='&l9;'/></authhost-users>"
        ),
        (
            "an entity of a parameter",
            "<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://127.0.0.1/'> %p;]><authhost-users version='1'/>"
        ),
        ("an unknown entity", "<authhost-users version='1'><user name='&nbsp;'/></authhost-users>"),
        ("an unknown entity in text", "<authhost-users version='1'>&nbsp;</authhost-users>"),
        ("a known entity in text", "<authhost-users version='1'>&amp;</authhost-users>"),
        ("characters as a section", "<authhost-users version='1'><![CDATA[x]]></authhost-users>"),
        ("deep nesting", String(repeating: "<authhost-users version='1'>", count: 100_000)),
        (
            "deep nesting of what is unknown",
            "<authhost-users version='1'>" + String(repeating: "<a>", count: 100_000)
        ),
        (
            "an attribute of 1 MB",
            "<authhost-users version='1'><user name='\(String(repeating: "x", count: 1 << 20))'/></authhost-users>"
        ),
        (
            "an element's name of 1 MB",
            "<authhost-users version='1'><\(String(repeating: "x", count: 1 << 20))/></authhost-users>"
        ),
        (
            "100,000 attributes",
            "<authhost-users version='1'><user \((0..<100_000).map { "a\($0)='' " }.joined())/></authhost-users>"
        ),
        ("an inherited namespace", "<authhost-users version='1' xmlns='urn:x'/>"),
        ("a prefix", "<a:authhost-users version='1' xmlns:a='urn:x'/>"),
        ("a prefix of an attribute", "<authhost-users xmlns:a='urn:x' a:version='1'/>"),
        ("a prefix that is not declared", "<a:authhost-users version='1'/>"),
        ("a character that XML has not", "<authhost-users version='1'><user name='&#1;'/></authhost-users>"),
        ("half a pair of UTF-16", "<authhost-users version='1'><user name='&#xD800;'/></authhost-users>"),
        ("an unknown encoding", "<?xml version='1.0' encoding='nowhere'?><authhost-users version='1'/>"),
        ("the wrong encoding", "<?xml version='1.0' encoding='UTF-16'?><authhost-users version='1'/>"),
        ("nothing", ""), ("spaces", " \n "),
    ])
    func `refuses a hostile text, and says where`(name: String, text: String) {
        let error = refusal(Array(text.utf8))
        #expect(error != nil)
        #expect(text.isEmpty || (error?.line ?? 0) > 0, "\(error?.description ?? "")")
        #expect((error?.description.utf8.count ?? 0) < 60_000)
        #expect(refusal(Array(text.utf8), pieces: 4_096)?.code == error?.code)
    }

    /// The parser compares each attribute with all before it: what it is given is bounded, not the time it takes.
    @Test(arguments: [9_000, 300_000], [nil, 1, 65_536])
    func `a start tag is refused by its size, before its attributes are read`(count: Int, pieces: Int?) {
        let attributes = (0..<count).map { "a\($0)=''" }.joined(separator: " ")
        let text = Array("<authhost-users version='1'>\n <user \(attributes)/></authhost-users>".utf8)
        let error = refusal(text, pieces: count > 9_000 && pieces == 1 ? 4_096 : pieces)
        #expect(
            error?.description
                == "users.xml:2:2: an element's start tag has more than 65536 bytes, at most that is accepted")
        let findings = UsersCheck.findings(String(decoding: text, as: UTF8.self), name: "users.xml", now: 0)
        #expect(findings.map(\.message) == [error?.message ?? ""])
    }

    @Test(arguments: [
        (
            "<authhost-users version='1'>" + String(repeating: "<a>", count: 100_000), 2,
            "more than 256 elements stand in"
        ),
        (
            "<authhost-users version='1'>" + String(repeating: "<a/>", count: 100_000), 1_001,
            "1000 mistakes until here: the rest of the file is not looked at"
        ),
    ])
    func `a check of a hostile file ends early`(text: String, count: Int, last: String) {
        let findings = UsersCheck.findings(text, name: "users.xml", now: 0)
        #expect(findings.count == count)
        #expect(findings.contains { $0.message.hasPrefix(last) }, "\(findings.last?.description ?? "")")
    }

    @Test func `a start tag of 65,536 bytes is read, and comments and text may be longer`() {
        let groups = (0..<6_000).map { "group\($0)" }.joined(separator: " ")
        let before = "<user name='u' groups='"
        let after = "'/>"
        let list = groups.prefix(60_000).split(separator: " ").dropLast().joined(separator: " ")
        let text =
            "<authhost-users version='1'><!--\(String(repeating: "x ", count: 200_000))-->"
            + list.split(separator: " ").map { "<group name='\($0)'/>" }.joined()
            + String(repeating: " ", count: 200_000) + before + list
            + String(repeating: " ", count: 65_536 - before.count - after.count - list.utf8.count) + after
            + "</authhost-users>"
        #expect(refusal(Array(text.utf8)) == nil)
        #expect(refusal(Array(text.utf8), pieces: 65_536) == nil)
    }

    @Test(
        arguments: [[0xC3], [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0], [1], [0x1B]]
            as [[UInt8]])
    func `refuses bytes that are not UTF-8 or not XML`(bytes: [UInt8]) {
        for (before, after) in [
            ("<authhost-users version='1'><user name='a", "'/></authhost-users>"),
            ("<authhost-users version='1'>", "</authhost-users>"),
            ("<authhost-users version='1'><!--", "--></authhost-users>"),
        ] {
            let error = refusal(Array(before.utf8) + bytes + Array(after.utf8))
            #expect(error?.line == 1, "\(error?.description ?? "accepted")")
        }
    }

    @Test func `refuses every beginning of a file, and reads the whole in pieces of any size`() {
        let text = Array(
            """
            <?xml version="1.0"?>
            <!-- é -->
            <authhost-users version="1"><group name="g"><map from="/a" to="/b"/></group>
            <user name="a&amp;b" groups="g"><deny actions="read" object="/A"><when field="f" min="1"/></deny></user>
            </authhost-users>
            """.utf8)
        for count in 0..<text.count {
            let error = refusal(Array(text[..<count]))
            #expect(error != nil, "\(count) bytes")
            #expect(count == 0 || (error?.line ?? 0) > 0, "\(count) bytes: \(error?.description ?? "")")
        }
        for size in 1...40 { #expect(refusal(text, pieces: size) == nil) }
    }

    @Test func `finds the same place in pieces of any size`() {
        let text = Array(
            """
            <authhost-users version="1"><user name="a"/>  <user
              name="b"/><user name="x"
               groups=""  sigkey-id="a b"/></authhost-users>
            """.utf8)
        for size in 1...text.count {
            #expect(refusal(text, pieces: size)?.description.hasPrefix("users.xml:3:26:") == true)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `does not wait for a FIFO, and says what it found`() throws {
        var template = Array("/tmp/xmlauth-XXXXXX".utf8CString)
        let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        defer {
            unlink("\(folder)/users.xml")
            rmdir(folder)
        }
        #expect(mkfifo("\(folder)/users.xml", 0o600) == 0)
        for (path, kind) in [
            ("\(folder)/users.xml", "a FIFO"), (folder, "a directory"), ("/dev/null", "a character device"),
        ] {
            let error = #expect(throws: UsersFileError.self) { try UsersReader.read(path, allowsPlain: false) }
            #expect(error?.description == "\(path): the users file cannot be read: it is \(kind), not a regular file")
        }
    }
}

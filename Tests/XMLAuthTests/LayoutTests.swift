import CLibXML2
import Glibc
import Rules
import Testing

@testable import Accounts
@testable import XMLAuthCore

/// What a text means to XML: elements, attributes in one order, comments; nothing of its layout.
private func meaning(_ text: [UInt8]) throws -> [String] {
    let document = text.withUnsafeBytes {
        xmlReadMemory($0.bindMemory(to: CChar.self).baseAddress, Int32(text.count), nil, nil, 0)
    }
    defer { xmlFreeDoc(document) }
    var lines: [String] = []
    func walk(_ first: xmlNodePtr?) {
        var node = first
        while let current = node {
            if current.pointee.type == XML_COMMENT_NODE { lines.append("#" + String(cString: current.pointee.content)) }
            if current.pointee.type == XML_ELEMENT_NODE {
                var attributes: [String] = []
                var attribute = current.pointee.properties
                while let one = attribute {
                    let value = xmlGetProp(current, one.pointee.name)
                    attributes.append(String(cString: one.pointee.name) + "=" + String(cString: value!))
                    free(value)
                    attribute = one.pointee.next
                }
                lines.append("<" + String(cString: current.pointee.name) + " \(attributes.sorted())")
                walk(current.pointee.children)
                lines.append(">")
            }
            node = current.pointee.next
        }
    }
    walk(try #require(document).pointee.children)
    return lines
}

private func laidOut(_ text: String) throws -> String {
    String(decoding: try UsersLayout.text(of: Array(text.utf8), name: "users.xml"), as: UTF8.self)
}

@Suite struct LayoutTests {
    @Test func `keeps the meaning of generated documents, and its own work`() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var generator = DocumentGenerator(seed: seed)
        for number in 0..<300 {
            let text = Array(generator.written(generator.document()).utf8)
            let once = try UsersLayout.text(of: text, name: "users.xml")
            #expect(try UsersLayout.text(of: once, name: "users.xml") == once, "seed \(seed), document \(number)")
            #expect(try meaning(once) == meaning(text), "seed \(seed), document \(number)")
            let before = try UsersReader.read(text, name: "before", allowsPlain: true)
            let after = try UsersReader.read(once, name: "after", allowsPlain: true)
            #expect(after.changes(since: before) == .users([]), "seed \(seed), document \(number)")
            #expect(after.rules.ruleCount == before.rules.ruleCount)
            let lines = String(decoding: once, as: UTF8.self).split(separator: "\n")
            let long = lines.filter { $0.unicodeScalars.count > 120 && $0.contains("\" ") && !$0.contains("<!--") }
            #expect(long.isEmpty, "seed \(seed), document \(number): \(long)")
        }
    }

    @Test func `puts one element on a line, attributes in order, comments where they stand`() throws {
        let long = String(repeating: "x", count: 60)
        let text = """
            <!-- head
              of the file --><authhost-users sigkey-id='k"&#38;' version = "1"><!-- beside -->


            <group  roles='' name="g"></group><user
               password="{PLAIN}\(long)" applications="\(long)" name="a"><!-- inside --></user> <!-- behind -->
              <?editor  fold?>
              <everybody><allow object="/A" actions="read">

                <when equals="&lt;&#10;'" field="f"/></allow></everybody
              >

            </authhost-users>
            <!-- foot -->
            """
        let expected = """
            <?xml version="1.0" encoding="UTF-8"?>
            <!-- head
              of the file -->
            <authhost-users version="1" sigkey-id="k&quot;&amp;"> <!-- beside -->

              <group name="g" roles=""/>
              <user name="a" password="{PLAIN}\(long)"
                  applications="\(long)"> <!-- inside -->
              </user> <!-- behind -->
              <?editor fold?>
              <everybody>
                <allow actions="read" object="/A">

                  <when field="f" equals="&lt;&#10;'"/>
                </allow>
              </everybody>

            </authhost-users>
            <!-- foot -->

            """
        let allowed = text.replacing("k\"&#38;", with: "k\"&#38;")
        #expect(try laidOut(allowed) == expected)
        #expect(try laidOut(expected) == expected)
    }

    @Test func `lays out nothing that cannot be used`() {
        #expect(throws: UsersFileError.self) { try laidOut("<authhost-users version='1'><user/></authhost-users>") }
        #expect(throws: UsersFileError.self) { try laidOut("<authhost-users version='1'>") }
    }

    @Test func `the example file is laid out`() throws {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let path = "/\(folder)/Plugins/xmlauth/users.xml"
        let text = try #require(readFile(path))
        #expect(try UsersLayout.text(ofFile: path) == text)
    }

    @Test func `replaces a file and keeps its mode, and leaves links alone`() throws {
        let file = UsersFile("<authhost-users version='1'/>")
        chmod(file.path, 0o640)
        try UsersFileReplacement.replace(file.path, with: Array("new".utf8))
        var status = stat()
        #expect(stat(file.path, &status) == 0 && status.st_mode & 0o7777 == 0o640)
        #expect(readFile(file.path) == Array("new".utf8))
        let link = file.path + ".link"
        symlink(file.path, link)
        defer { unlink(link) }
        #expect(throws: UsersFileError.self) { try UsersFileReplacement.replace(link, with: []) }
        unlink(link)
        Glibc.link(file.path, link)
        #expect(throws: UsersFileError.self) { try UsersFileReplacement.replace(link, with: []) }
        #expect(readFile(file.path) == Array("new".utf8))
    }
}

func readFile(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = getc(file), byte != EOF { bytes.append(UInt8(byte)) }
    return bytes
}

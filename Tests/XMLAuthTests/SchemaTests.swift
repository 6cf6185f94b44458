import CLibXML2
import Testing

@testable import XMLAuthCore

/// Validates with the schema that is installed, through libxml2.
final class UsersSchema {
    private let schema: xmlRelaxNGPtr

    init() throws {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let parser = xmlRelaxNGNewParserCtxt("/\(folder)/Plugins/xmlauth/users.rng")
        defer { xmlRelaxNGFreeParserCtxt(parser) }
        schema = try #require(xmlRelaxNGParse(parser))
    }

    deinit { xmlRelaxNGFree(schema) }

    func accepts(_ text: String) -> Bool {
        let options = XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
        let bytes = Array(text.utf8)
        let document = bytes.withUnsafeBytes {
            xmlReadMemory(
                $0.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count), "users.xml", "UTF-8", Int32(options))
        }
        guard let document else { return false }
        defer { xmlFreeDoc(document) }
        let context = xmlRelaxNGNewValidCtxt(schema)
        defer { xmlRelaxNGFreeValidCtxt(context) }
        xmlRelaxNGSetValidStructuredErrors(context, { _, _ in }, nil)
        return xmlRelaxNGValidateDoc(context, document) == 0
    }
}

/// What the reader says: nil when it takes the text.
private func refusal(_ text: String) -> String? {
    do {
        _ = try UsersReader.read(Array(text.utf8), name: "users.xml", allowsPlain: true)
        return nil
    } catch {
        return error.description
    }
}

@Suite struct SchemaTests {
    @Test func `schema and reader take every generated document`() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        let schema = try UsersSchema()
        var generator = DocumentGenerator(seed: seed)
        for number in 0..<2_000 {
            let text = generator.written(generator.document())
            let refused = refusal(text)
            #expect(refused == nil, "seed \(seed), document \(number): \(text)")
            #expect(schema.accepts(text), "seed \(seed), document \(number): \(text)")
            if refused != nil { return }
        }
    }

    @Test(arguments: DocumentFault.all)
    func `schema and reader refuse the same faults`(fault: DocumentFault) throws {
        let seed = UInt64.random(in: 0 ... .max)
        let schema = try UsersSchema()
        var generator = DocumentGenerator(seed: seed)
        for number in 0..<10 {
            var document = generator.document()
            fault.put(into: &document, at: number)
            let text = document.written
            let refused = refusal(text)
            #expect(refused != nil, "seed \(seed), document \(number): \(text)")
            #expect(refused?.hasPrefix("users.xml:1:") == true, "\(refused ?? "")")
            #expect(
                schema.accepts(text) == fault.isParserOnly,
                "seed \(seed), document \(number), reader: \(refused ?? "accepted"): \(text)")
        }
    }
}

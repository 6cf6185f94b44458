import Basics
import CLibYAML

/// Reads cases from YAML: a list of mappings, each like a line of JSON.
enum YAMLCases {
    /// How deep a case may nest; `fields` is the one mapping inside.
    private static let deepest = 4

    /// - Returns: each mapping as JSON, with the line that it begins at.
    /// - Throws: what is wrong with the text, and at which line.
    static func read(_ bytes: [UInt8]) throws(YAMLFault) -> [(line: Int, json: String)] {
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) == 1 else { throw YAMLFault(line: 1, "no memory is left") }
        defer { yaml_parser_delete(&parser) }
        var document = yaml_document_t()
        // SAFETY: the bytes outlive the load, behind which the parser is not used any more.
        let isRead = bytes.withUnsafeBufferPointer { buffer in
            yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
            return yaml_parser_load(&parser, &document) == 1
        }
        guard isRead else {
            let problem = parser.problem.map { String(cString: $0) } ?? "it is no YAML"
            throw YAMLFault(line: Int(parser.problem_mark.line) + 1, problem.controlsEscaped)
        }
        defer { yaml_document_delete(&document) }
        return try cases(&document)
    }

    private static func cases(_ document: inout yaml_document_t) throws(YAMLFault) -> [(line: Int, json: String)] {
        guard let root = yaml_document_get_root_node(&document) else { return [] }
        guard root.pointee.type == YAML_SEQUENCE_NODE else {
            throw YAMLFault(root, "a list of cases is expected, each begins with `- `")
        }
        var result: [(line: Int, json: String)] = []
        let items = root.pointee.data.sequence.items
        var next = items.start
        while let item = next, item != items.top {
            guard let node = yaml_document_get_node(&document, item.pointee), node.pointee.type == YAML_MAPPING_NODE
            else { throw YAMLFault(root, "a case is a mapping: `- user: ann`, and further members below") }
            result.append(
                (Int(node.pointee.start_mark.line) + 1, try element(node, &document, depth: 0).spelled))
            next = item + 1
        }
        return result
    }

    /// Spells a node; a plain `true` or `false` is a flag, all else that is no mapping a text.
    private static func element(
        _ node: UnsafeMutablePointer<yaml_node_t>, _ document: inout yaml_document_t, depth: Int
    ) throws(YAMLFault) -> JSONText.Element {
        guard depth < deepest else { throw YAMLFault(node, "it nests deeper than a case does") }
        if node.pointee.type == YAML_SCALAR_NODE {
            let scalar = node.pointee.data.scalar
            let text = String(
                decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            let isFlag = scalar.style == YAML_PLAIN_SCALAR_STYLE && ["true", "false"].contains(text)
            return isFlag ? .flag(text == "true") : .text(text)
        }
        guard node.pointee.type == YAML_MAPPING_NODE else { throw YAMLFault(node, "a list is no value of a case") }
        var members: [(String, JSONText.Element?)] = []
        let pairs = node.pointee.data.mapping.pairs
        var next = pairs.start
        while let pair = next, pair != pairs.top {
            guard let key = yaml_document_get_node(&document, pair.pointee.key), key.pointee.type == YAML_SCALAR_NODE,
                let value = yaml_document_get_node(&document, pair.pointee.value)
            else { throw YAMLFault(node, "the name of a member is a text") }
            let scalar = key.pointee.data.scalar
            let name = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            if members.contains(where: { $0.0 == name }) {
                throw YAMLFault(key, "`\(name.controlsEscaped)` stands there twice")
            }
            members.append((name, try element(value, &document, depth: depth + 1)))
            next = pair + 1
        }
        return .object(members)
    }
}

/// Why a text is no list of cases.
struct YAMLFault: Error {
    let line: Int
    let message: String

    init(line: Int, _ message: String) { (self.line, self.message) = (line, message) }

    fileprivate init(_ node: UnsafeMutablePointer<yaml_node_t>, _ message: String) {
        self.init(line: Int(node.pointee.start_mark.line) + 1, message)
    }
}

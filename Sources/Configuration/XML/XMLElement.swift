import CLibXML2

/// An element of a configuration in XML: children or text, never both.
final class XMLElement {
    let name: String
    let position: SourcePosition
    var children: [XMLElement] = []
    /// Without white space at its ends.
    var text = ""

    init(_ name: String, at position: SourcePosition) {
        self.name = name
        self.position = position
    }

    var source: SettingSource { .file(position) }

    func children(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
}

/// Reads a file of XML into elements, with libxml2.
///
/// What a configuration does not need is refused: document types and so entities but the five of XML, attributes,
/// namespaces, text beside elements, more than 32 levels.
final class XMLFileReader {
    private static let depthLimit = 32

    private let file: String
    private let bytes: [UInt8]
    private var context: xmlParserCtxtPtr?
    private var open: [XMLElement] = []
    private var root: XMLElement?
    private var problem: ConfigurationProblem?

    private init(_ bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
    }

    /// Reads a whole file. Throws: the first thing that is wrong with it.
    static func read(_ bytes: [UInt8], file: String) throws(ConfigurationError) -> XMLElement {
        let reader = XMLFileReader(bytes, file: file)
        reader.parse()
        if let problem = reader.problem { throw ConfigurationError([problem]) }
        guard let root = reader.root else {
            let start = SettingSource.file(SourcePosition(file: file, line: 1, column: 1))
            throw ConfigurationError([
                ConfigurationProblem(.syntax, at: start, "not well-formed XML: there is no element")
            ])
        }
        return root
    }

    private func parse() {
        xmlInitParser()
        var handler = Self.handler()
        bytes.withUnsafeBytes { bytes in
            let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            guard let context = xmlCreateMemoryParserCtxt(start, Int32(clamping: bytes.count)) else { return }
            // SAFETY: the context, which keeps its own copy of the bytes, is freed below; its own handler is put back first.
            let own = context.pointee.sax
            self.context = context
            withUnsafeMutablePointer(to: &handler) { handler in
                context.pointee.sax = handler
                context.pointee.userData = Unmanaged.passUnretained(self).toOpaque()
                xmlParseDocument(context)
                context.pointee.sax = own
            }
            if context.pointee.myDoc != nil { xmlFreeDoc(context.pointee.myDoc) }
            xmlFreeParserCtxt(context)
            self.context = nil
        }
    }

    private static func handler() -> xmlSAXHandler {
        var handler = xmlSAXHandler()
        handler.initialized = UInt32(XML_SAX2_MAGIC)
        handler.startElementNs = { data, name, prefix, uri, namespaces, _, count, _, _ in
            guard let data, let name else { return }
            let isPlain = prefix == nil && uri == nil && namespaces == 0 && count == 0
            XMLFileReader.of(data).begin(String(cString: name), isPlain: isPlain)
        }
        handler.endElementNs = { data, _, _, _ in if let data { XMLFileReader.of(data).end() } }
        handler.characters = { data, bytes, count in
            guard let data else { return }
            XMLFileReader.of(data).add(UnsafeBufferPointer(start: bytes, count: Int(count)))
        }
        handler.cdataBlock = handler.characters
        handler.internalSubset = { data, _, _, _ in
            if let data { XMLFileReader.of(data).refuse("a document type is not accepted") }
        }
        handler.serror = { data, error in
            guard let data, let error = error?.pointee else { return }
            let text = error.message.map { String(cString: $0) } ?? "error \(error.code)"
            let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            XMLFileReader.of(data).malformed(line, line: Int(error.line), column: Int(error.int2))
        }
        return handler
    }

    private static func of(_ data: UnsafeMutableRawPointer) -> XMLFileReader {
        // SAFETY: the context's user data is the reader that parses, which outlives the parse.
        Unmanaged<XMLFileReader>.fromOpaque(data).takeUnretainedValue()
    }

    private func begin(_ name: String, isPlain: Bool) {
        guard problem == nil else { return }
        guard isPlain else { return refuse("`\(name.clipped)` has an attribute or a namespace: neither is accepted") }
        guard open.count < Self.depthLimit else {
            return refuse("`\(name.clipped)` is nested too deep: at most \(Self.depthLimit) elements")
        }
        let element = XMLElement(name, at: place)
        if let parent = open.last {
            if !parent.text.isEmpty { return refuse("`\(parent.name)` has text beside elements") }
            parent.children.append(element)
        } else {
            root = element
        }
        open.append(element)
    }

    private func end() {
        guard problem == nil, let element = open.popLast() else { return }
        element.text = element.text.trimmed
    }

    private func add(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard problem == nil, let element = open.last else { return }
        let text = String(decoding: bytes, as: UTF8.self)
        if element.children.isEmpty {
            element.text += text
            if element.text.trimmed.isEmpty { element.text = "" }
        } else if !text.trimmed.isEmpty {
            refuse("`\(element.name)` has text beside elements")
        }
    }

    private func refuse(_ message: String) {
        if problem == nil { problem = ConfigurationProblem(.syntax, at: .file(place), message) }
        xmlStopParser(context)
    }

    private func malformed(_ message: String, line: Int, column: Int) {
        let text = "not well-formed XML: " + message.prefix(1).lowercased() + message.dropFirst()
        let position = SourcePosition(file: file, line: max(line, 1), column: max(column, 1))
        if problem == nil { problem = ConfigurationProblem(.syntax, at: .file(position), text) }
    }

    /// Where the tag stands that the parser is in: what it has read of the file ends with it.
    private var place: SourcePosition {
        guard let input = context?.pointee.input, let base = input.pointee.base, let now = input.pointee.cur else {
            return SourcePosition(file: file, line: 1, column: 1)
        }
        // What the parser has passed and let go of is counted; `<` cannot stand inside a tag.
        let count = min(Int(clamping: input.pointee.consumed) + (now - base), bytes.count)
        let start = bytes[..<count].lastIndex(of: UInt8(ascii: "<")) ?? 0
        let line = bytes[..<start].count { $0 == 0x0A } + 1
        let lineStart = bytes[..<start].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let column = String(decoding: bytes[lineStart..<start], as: UTF8.self).unicodeScalars.count + 1
        return SourcePosition(file: file, line: line, column: column)
    }
}

extension String {
    /// Without white space at its ends.
    fileprivate var trimmed: String {
        let isSpace: (Unicode.Scalar) -> Bool = { [" ", "\t", "\n", "\r"].contains($0) }
        var rest = Substring(self).unicodeScalars.drop(while: isSpace)
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return String(rest)
    }
}

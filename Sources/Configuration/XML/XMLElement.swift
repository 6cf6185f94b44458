import CLibXML2

/// An element of a configuration in XML.
final class XMLElement {
    let name: String
    let position: SourcePosition
    var children: [XMLElement] = []
    /// Without white space at its ends.
    var text = ""
    /// What an element of authhost's must not have: an attribute, a namespace, text beside elements; nil for nothing.
    ///
    /// AMPS's other elements may have it: `<Include comment="true">`.
    fileprivate(set) var flaw: ConfigurationProblem?

    init(_ name: String, at position: SourcePosition) {
        self.name = name
        self.position = position
    }

    var source: SettingSource { .file(position) }

    func children(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
}

/// Reads a file of XML into elements, with libxml2's push parser.
///
/// What a configuration does not need is refused: document types and so entities but the five of XML, and more than the
/// bounds below.
final class XMLFileReader {
    /// How many elements may be open.
    static let depthLimit = 32
    /// How many elements a file may have.
    static let elementLimit = 100_000
    /// The longest text of an element, in bytes of UTF-8: that of a word.
    static let textLimit = VariableExpander.wordLimit
    /// The longest start tag that is sure to be read, its attributes included, in bytes.
    ///
    /// NOTE: libxml2 compares each attribute of a start tag with all before it, when it has seen the end of the tag.
    static let tagLimit = 65_536
    private static let pieceSize = 8_192

    private let file: String
    private let bytes: [UInt8]
    private var context: xmlParserCtxtPtr?
    private var open: [XMLElement] = []
    private var count = 0
    private var root: XMLElement?
    private var problem: ConfigurationProblem?
    private var passed: LinePlace

    private init(_ bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
        passed = LinePlace()
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
        // SAFETY: libxml2 copies the handler; the reader, its user data, outlives the context, which is freed below.
        let data = Unmanaged.passUnretained(self).toOpaque()
        guard let context = xmlCreatePushParserCtxt(&handler, data, nil, 0, nil) else { return }
        self.context = context
        defer {
            xmlFreeParserCtxt(context)
            self.context = nil
        }
        xmlCtxtUseOptions(context, Int32(XML_PARSE_NONET.rawValue))
        bytes.withUnsafeBytes { bytes in
            var rest = bytes.bindMemory(to: CChar.self)[...]
            while !rest.isEmpty, problem == nil {
                let piece = UnsafeBufferPointer(rebasing: rest.prefix(Self.pieceSize))
                rest = rest.dropFirst(Self.pieceSize)
                xmlParseChunk(context, piece.baseAddress, Int32(piece.count), 0)
                if holdsLongTag { refuse("an element's start tag has more than \(Self.tagLimit) bytes") }
            }
        }
        if problem == nil { xmlParseChunk(context, nil, 0, 1) }
    }

    /// Whether the parser holds the beginning of a start tag that is too long already.
    private var holdsLongTag: Bool {
        guard let input = context?.pointee.input, let now = input.pointee.cur, let end = input.pointee.end,
            end - now > Self.tagLimit
        else { return false }
        return now[0] == UInt8(ascii: "<") && now[1] != UInt8(ascii: "!") && now[1] != UInt8(ascii: "?")
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
        count += 1
        guard count <= Self.elementLimit else { return refuse("more than \(Self.elementLimit) elements") }
        guard open.count < Self.depthLimit else {
            return refuse("`\(name.clipped)` is nested too deep: at most \(Self.depthLimit) elements")
        }
        let element = XMLElement(name, at: place)
        if !isPlain { flag(element, "has an attribute or a namespace: neither is accepted") }
        if let parent = open.last {
            if !parent.text.isEmpty { flag(parent, Self.mixed) }
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
        if !element.children.isEmpty {
            if !text.trimmed.isEmpty { flag(element, Self.mixed) }
        } else if !element.text.isEmpty || !text.trimmed.isEmpty {
            element.text += text
            if element.text.utf8.count > Self.textLimit {
                refuse("`\(element.name.clipped)` has more than \(Self.textLimit) bytes of text")
            }
        }
    }

    private static let mixed = "has text beside elements"

    private func flag(_ element: XMLElement, _ what: String) {
        if element.flaw != nil { return }
        element.flaw = ConfigurationProblem(.syntax, at: .file(place), "`\(element.name.clipped)` \(what)")
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
        let isBefore = holdsLongTag
        let start = isBefore ? count : bytes[..<count].lastIndex(of: UInt8(ascii: "<")) ?? 0
        passed.move(to: start, in: bytes)
        return SourcePosition(file: file, line: passed.line, column: passed.column)
    }
}

/// Follows line and column of a place that moves through a text of UTF-8: each byte is looked at once.
private struct LinePlace {
    private(set) var line = 1
    /// In characters of Unicode.
    private(set) var column = 1
    private var offset = 0

    mutating func move(to end: Int, in bytes: [UInt8]) {
        if end < offset { self = LinePlace() }
        for byte in bytes[offset..<end] {
            if byte == 0x0A {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        offset = end
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

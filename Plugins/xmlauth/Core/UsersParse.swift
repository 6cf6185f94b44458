import Accounts
import CLibXML2
import Rules

/// Follows one parse: what libxml2 reports goes in, a directory or the first error comes out.
final class UsersParse {
    private let path: String
    private var builder: DirectoryBuilder?
    private var context: xmlParserCtxtPtr?
    private var open: [Element] = []
    private var error: UsersFileError?
    /// The names of elements and attributes as the parser's dictionary holds them: one pointer comparison each.
    /// Elements first, attributes from 8.
    private let names: UnsafeMutablePointer<UnsafePointer<xmlChar>?>
    private var copies: [UnsafeMutableBufferPointer<UInt8>] = []

    init(path: String, allowsPlain: Bool) {
        self.path = path
        builder = DirectoryBuilder(allowsPlain: allowsPlain)
        names = .allocate(capacity: 16)
        names.initialize(repeating: nil, count: 16)
    }

    deinit {
        // SAFETY: made by `start`, freed once; no document was built.
        if let context { xmlFreeParserCtxt(context) }
        names.deallocate()
    }

    func start() throws(UsersFileError) {
        xmlInitParser()
        var handler = Self.handler()
        // SAFETY: libxml2 copies the handler; `self` outlives the context, which it owns.
        let made = xmlCreatePushParserCtxt(&handler, Unmanaged.passUnretained(self).toOpaque(), nil, 0, nil)
        guard let made else { throw fail(.unreadable, (0, 0), "libxml2 cannot start") }
        context = made
        // Never NOENT and never DTDLOAD: entities are errors, and nothing else is ever opened.
        xmlCtxtUseOptions(made, Int32(XML_PARSE_NONET.rawValue))
        for element in Element.allCases { names[element.rawValue] = xmlDictLookup(made.pointee.dict, element.name, -1) }
        for attribute in Attribute.allCases {
            names[8 + attribute.rawValue] = xmlDictLookup(made.pointee.dict, attribute.text, -1)
        }
    }

    func feed(_ bytes: UnsafeRawBufferPointer, isLast: Bool) throws(UsersFileError) {
        let chars = bytes.bindMemory(to: CChar.self)
        let code = xmlParseChunk(context, chars.baseAddress, Int32(chars.count), isLast ? 1 : 0)
        if let error { throw error }
        if code != 0 { throw fail(.notXML, place(nil), "not well-formed XML: libxml2 error \(code)") }
    }

    func finish() throws(UsersFileError) -> Directory {
        guard let builder = builder.take() else { throw fail(.unreadable, (0, 0), "the file was read already") }
        do {
            return try builder.build()
        } catch {
            throw fail(
                UsersFileError.Code(rawValue: error.code.rawValue), (error.place?.line ?? 0, error.place?.column ?? 0),
                error.message)
        }
    }

    // MARK: Callbacks

    func begin(_ name: UnsafePointer<xmlChar>, namespaces: Bool, _ attributes: AttributeList) {
        guard error == nil else { return }
        let here = place(nil)
        let parent = open.last
        guard !namespaces, let element = element(name, in: parent?.childMask ?? 1) else {
            let text = String(cString: name)
            let accepted = parent?.children ?? [.root]
            let names = accepted.map(\.name)
            let expected = names.isEmpty ? "nothing" : names.map { "`\($0)`" }.joined(separator: ", ")
            let container = parent.map { "inside `\($0.name)`" } ?? "as the outermost element"
            let how = namespaces ? " with a namespace" : ""
            let hint = NearestWord.hint(text, among: names)
            let message = "found the element `\(text)`\(how) \(container), expected \(expected)\(hint)"
            return stop(.unexpected, here, message)
        }
        open.append(element)
        defer { dropCopies() }
        guard let values = read(attributes, of: element, here) else { return }
        do {
            try enter(element, values, here)
        } catch {
            let attribute = error.field.flatMap { Attribute($0) }
            let start = attribute.flatMap { values[$0]?.baseAddress }
            let code = UsersFileError.Code(rawValue: error.code.rawValue)
            stop(code, place(start.map { $0 + error.offset }), error.message)
        }
    }

    func end() {
        guard error == nil, let element = open.popLast() else { return }
        if element == .user || element == .group || element == .everybody { builder?.end() }
    }

    func text(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard error == nil, let first = bytes.firstIndex(where: { $0 > 0x20 }) else { return }
        // The parser has counted the lines of the whole text already, but not moved on.
        let newlines = bytes[first...].count { $0 == 0x0A }
        let here = place(bytes.baseAddress.map { $0 + first }, newlines: newlines)
        stop(.unexpected, here, "found text inside `\(open.last?.name ?? "")`, expected elements alone")
    }

    func doctype() {
        stop(.notXML, place(nil), "found a document type declaration, which a users file must not have")
    }

    func malformed(_ message: String, _ line: Int, _ column: Int) {
        stop(.notXML, (line, column), "not well-formed XML: \(message)")
    }

    // MARK: Meaning

    private func enter(_ element: Element, _ values: AttributeValues, _ here: (Int, Int)) throws(DirectoryFault) {
        let none = LentText(start: nil, count: 0)
        let place = Place(line: here.0, column: here.1)
        switch element {
        case .root: return checkVersion(values)
        case .group:
            var entry = GroupEntry(name: values[.name] ?? none)
            entry.groups = values[.groups]
            try builder?.beginGroup(entry, at: place)
        case .user:
            var entry = UserEntry(name: values[.name] ?? none)
            entry.password = values[.password]
            entry.groups = values[.groups]
            try builder?.beginUser(entry, at: place)
        case .everybody: try builder?.beginEverybody(EverybodyEntry(), at: place)
        case .allow, .deny:
            let entry = RuleEntry(
                isAllow: element == .allow, actions: values[.actions] ?? none, object: values[.object] ?? none)
            try builder?.beginRule(entry, at: place)
            try builder?.endRule()
        case .map:
            try builder?.addMapping(MappingEntry(from: values[.from] ?? none, to: values[.to] ?? none), at: place)
        }
    }

    private func checkVersion(_ values: AttributeValues) {
        if let version = values[.version], version.elementsEqual("1".utf8) { return }
        stop(
            .badValue, place(values[.version]?.baseAddress),
            "this version of the format is not known, expected `1`")
    }

    private func read(_ list: AttributeList, of element: Element, _ here: (Int, Int)) -> AttributeValues? {
        var values = AttributeValues()
        var missing = element.requiredMask
        for index in 0..<list.count {
            let (name, value) = list[index]
            guard let attribute = attribute(name, in: element.attributeMask) else {
                let text = name.map { String(cString: $0) } ?? ""
                let names = Attribute.of(element.attributeMask).map(\.text)
                let expected = names.isEmpty ? "none" : names.map { "`\($0)`" }.joined(separator: ", ")
                stop(
                    .unexpected, here,
                    "found the attribute `\(text)` of `\(element.name)`, expected \(expected)"
                        + NearestWord.hint(text, among: names))
                return nil
            }
            values[attribute] = value.contains(UInt8(ascii: "&")) ? unescaped(value) : value
            missing &= ~(1 << UInt8(attribute.rawValue))
        }
        if missing != 0, let first = Attribute.of(missing).first {
            stop(.missing, here, "`\(element.name)` has no attribute `\(first.text)`")
            return nil
        }
        return values
    }

    private func element(_ name: UnsafePointer<xmlChar>, in mask: UInt8) -> Element? {
        for index in 0..<8 where mask >> index & 1 == 1 && names[index] == name {
            return Element(rawValue: index)
        }
        return nil
    }

    private func attribute(_ name: UnsafePointer<xmlChar>?, in mask: UInt8) -> Attribute? {
        for index in 0..<8 where mask >> index & 1 == 1 && names[8 + index] == name {
            return Attribute(rawValue: index)
        }
        return nil
    }

    /// Puts `&` in place of `&#38;`, as which libxml2 passes an ampersand on when it is not to replace entities: the
    /// value of an attribute can hold `&` in no other way. The copy lives until the element has been dealt with.
    private func unescaped(_ value: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: value.count)
        copies.append(copy)
        var length = 0
        var position = 0
        while position < value.count {
            copy.initializeElement(at: length, to: value[position])
            position += value[position] == UInt8(ascii: "&") ? "&#38;".utf8.count : 1
            length += 1
        }
        return UnsafeBufferPointer(rebasing: copy[..<length])
    }

    private func dropCopies() {
        if copies.isEmpty { return }
        for copy in copies { copy.deallocate() }
        copies = []
    }

    // MARK: Places

    /// Finds line and column of a byte of the parser's buffer; of the current tag's `<` when the byte is elsewhere (a
    /// value with a character reference is a copy). newlines: those after the byte that the parser has counted but not
    /// passed.
    private func place(_ byte: UnsafePointer<UInt8>?, newlines: Int = 0) -> (Int, Int) {
        guard let input = context?.pointee.input?.pointee, let base = input.base, let current = input.cur,
            let end = input.end
        else { return (0, 0) }
        var target = byte
        if let wanted = byte, wanted < base || wanted >= end { target = nil }
        // SAFETY: `base..<end` is the parser's buffer, unchanged during a callback; `<` cannot stand inside a tag.
        guard let found = target ?? Self.last(UInt8(ascii: "<"), in: base, before: current) else {
            return (Int(input.line), Int(input.col))
        }
        var line = Int(input.line) - newlines
        if found < current { line -= UnsafeBufferPointer(start: found, count: current - found).count { $0 == 0x0A } }
        // SAFETY: as above.
        if let newline = Self.last(0x0A, in: base, before: found) { return (line, found - newline) }
        if input.consumed == 0 { return (line, found - base + 1) }
        // The line began before the buffer: count back from where the parser stands.
        return (line, max(1, Int(input.col) - (current - found)))
    }

    private static func last(
        _ byte: UInt8, in base: UnsafePointer<UInt8>, before end: UnsafePointer<UInt8>
    ) -> UnsafePointer<UInt8>? {
        var scan = end
        while scan > base {
            scan -= 1
            // SAFETY: inside `base..<end`.
            if scan.pointee == byte { return scan }
        }
        return nil
    }

    private func stop(_ code: UsersFileError.Code, _ place: (Int, Int), _ message: String) {
        guard error == nil else { return }
        error = fail(code, place, message)
        xmlStopParser(context)
    }

    private func fail(_ code: UsersFileError.Code, _ place: (Int, Int), _ message: String) -> UsersFileError {
        // A message shows what the file holds, and a file may hold anything.
        let printable = message.unicodeScalars.map { ($0.properties.generalCategory == .control) ? "?" : Character($0) }
        return UsersFileError(code: code, file: path, line: place.0, column: place.1, message: String(printable))
    }
}

/// Lends the attributes of one element as libxml2 hands them over: five pointers each.
struct AttributeList {
    let pointers: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
    let count: Int

    subscript(index: Int) -> (name: UnsafePointer<xmlChar>?, value: UnsafeBufferPointer<UInt8>) {
        guard let pointers else { return (nil, UnsafeBufferPointer(start: nil, count: 0)) }
        // SAFETY: SAX2 passes 5 pointers an attribute: local name, prefix, URI, begin and end of the value. A prefixed
        // attribute gets no name here, so that it is refused.
        let row = pointers + index * 5
        guard let begin = row[3], let end = row[4] else { return (nil, UnsafeBufferPointer(start: nil, count: 0)) }
        return (row[1] == nil ? row[0] : row[1], UnsafeBufferPointer(start: begin, count: end - begin))
    }
}

/// Keeps the values of one element by attribute.
struct AttributeValues {
    private var values = InlineArray<8, UnsafeBufferPointer<UInt8>?>(repeating: nil)

    subscript(attribute: Attribute) -> UnsafeBufferPointer<UInt8>? {
        get { values[attribute.rawValue] }
        set { values[attribute.rawValue] = newValue }
    }
}

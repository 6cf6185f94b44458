import Accounts
import Basics
import CLibXML2
import Glibc

/// Follows one parse: what libxml2 reports goes in, entries go to the builder, faults are kept with their place.
///
/// INVARIANT: it stays at one address while its context parses, see ``UsersSession``.
struct UsersParse: ~Copyable {
    private let path: String
    private let context: xmlParserCtxtPtr
    private let names: ParserNames
    private(set) var builder: SnapshotBuilder
    /// The first fault, with which the parser stopped.
    private(set) var error: UsersFileError?
    /// What a check of the file wants to know; nil when the file is only read.
    private(set) var survey: UsersSurvey?
    private var open = InlineArray<4, Element>(repeating: .root)
    private var depth = 0
    /// How many elements are open that begin with one at fault: what they hold is passed over.
    private var skipped = 0
    private static let mostSkipped = 256

    init(path: String, context: xmlParserCtxtPtr, builder: consuming SnapshotBuilder, survey: UsersSurvey?) {
        self.path = path
        self.context = context
        self.builder = builder
        self.survey = survey
        names = ParserNames(context.pointee.dict)
    }

    /// Makes the accounts of what was read. Throws the fault of the file as a whole.
    consuming func build() throws(UsersFileError) -> AccountSnapshot {
        let path = path
        let builder = builder
        do {
            return try builder.build()
        } catch {
            throw UsersFileError(error, file: path, place: error.place ?? Place(line: 0))
        }
    }

    // MARK: Callbacks

    mutating func begin(_ name: UnsafePointer<xmlChar>, namespaces: Bool, _ attributes: AttributeList) {
        if skipped > 0 {
            skipped += 1
            if skipped > Self.mostSkipped {
                fail(.notXML, place(nil), "more than \(Self.mostSkipped) elements stand in one another")
                xmlStopParser(context)
            }
            return
        }
        let here = place(nil)
        let accepted = depth == 0 ? 1 : names.grammar(of: open[depth - 1]).children
        guard !namespaces, let element = names.element(name, in: accepted) else {
            return unexpected(name, namespaces, among: accepted, at: here)
        }
        guard let values = read(attributes, of: element, here) else { return }
        do {
            survey?.begin(element, values, at: here)
            try enter(element, values, here)
            open[depth] = element
            depth += 1
        } catch {
            let start = error.field.flatMap { Attribute($0) }.flatMap { values[$0]?.baseAddress }
            fail(UsersFileError(error, file: path, place: error.place ?? place(start.map { $0 + error.offset })))
        }
    }

    mutating func end() {
        if skipped > 0 {
            skipped -= 1
            return
        }
        guard depth > 0 else { return }
        depth -= 1
        switch open[depth] {
        case .role, .group, .user, .everybody: builder.end()
        case .allow, .deny: builder.endRule()
        case .root, .map, .limit, .when: return
        }
    }

    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard skipped == 0, let first = bytes.firstIndex(where: { $0 > 0x20 }) else { return }
        // The parser has counted the lines of the whole text already, and may not have moved on.
        let newlines = bytes[first...].count { $0 == 0x0A }
        let here = place(bytes.baseAddress.map { $0 + first }, newlines: newlines)
        let container = depth > 0 ? open[depth - 1].name : ""
        fail(.unexpected, here, "found text inside `\(container)`, expected elements alone", isOpen: false)
    }

    mutating func doctype() {
        fail(.notXML, place(nil), "found a document type declaration, which a users file must not have")
        xmlStopParser(context)
    }

    mutating func malformed(_ message: String, _ line: Int, _ column: Int) {
        fail(.notXML, Place(line: line, column: column), "not well-formed XML: \(message)", isOpen: false)
    }

    /// Keeps the fault of a start tag that the parser was not given whole; it has stopped.
    mutating func tooLong(_ line: Int, _ column: Int) {
        fail(
            .notXML, Place(line: line, column: column),
            "an element's start tag has more than \(PushParser.longestTag) bytes, at most that is accepted",
            isOpen: false)
    }

    /// Keeps a fault that the parser tells by its answer alone.
    mutating func stopped(code: Int32) {
        if error == nil, survey?.isMalformed != true {
            malformed("libxml2 error \(code)", place(nil).line, place(nil).column)
        }
    }

    // MARK: Grammar

    private mutating func unexpected(
        _ name: UnsafePointer<xmlChar>, _ namespaces: Bool, among mask: UInt32, at here: Place
    ) {
        let text = String(cString: name)
        let words = Element.allCases.filter { mask >> $0.rawValue & 1 == 1 }.map(\.name)
        let expected = words.isEmpty ? "nothing" : words.map { "`\($0)`" }.joined(separator: ", ")
        let container = depth > 0 ? "inside `\(open[depth - 1].name)`" : "as the outermost element"
        let how = namespaces ? " with a namespace" : ""
        let hint = NearestName.hint(text, among: words)
        fail(.unexpected, here, "found the element `\(text)`\(how) \(container), expected \(expected)\(hint)")
    }

    private mutating func read(_ list: AttributeList, of element: Element, _ here: Place) -> AttributeValues? {
        let grammar = names.grammar(of: element)
        var values = AttributeValues(list)
        var missing = grammar.required
        for index in 0..<list.count {
            guard let attribute = names.attribute(list.name(index), in: grammar.accepted) else {
                let text = list.name(index).map { String(cString: $0) } ?? ""
                let words = Attribute.of(grammar.accepted).map(\.text)
                let expected = words.map { "`\($0)`" }.joined(separator: ", ")
                let hint = NearestName.hint(text, among: words)
                fail(
                    .unexpected, here,
                    "found the attribute `\(text)` of `\(element.name)`, expected \(expected)\(hint)")
                return nil
            }
            values.put(attribute, at: index)
            missing &= ~(1 << UInt32(attribute.rawValue))
        }
        if missing != 0, let first = Attribute.of(missing).first {
            fail(.missing, here, "`\(element.name)` has no attribute `\(first.text)`")
            return nil
        }
        return values
    }

    // MARK: Meaning

    private mutating func enter(
        _ element: Element, _ values: AttributeValues, _ here: Place
    ) throws(EntryFault) {
        switch element {
        case .root:
            guard values.required(.version).elementsEqual("1".utf8) else {
                let start = values[.version]?.baseAddress
                return fail(.badValue, place(start), "this version of the format is not known, expected `1`")
            }
            if let keyID = values[.keyID] { try builder.setDefaultKey(keyID) }
        case .role: try builder.beginRole(RoleEntry(values), at: here)
        case .group: try builder.beginGroup(GroupEntry(values), at: here)
        case .user: try builder.beginUser(UserEntry(values), at: here)
        case .everybody: try builder.beginEverybody(EverybodyEntry(values), at: here)
        case .allow, .deny:
            let entry = RuleEntry(
                isAllow: element == .allow, actions: values.required(.actions), object: values.required(.object))
            try builder.beginRule(entry, at: here)
        case .when: try builder.addCondition(ConditionEntry(values), at: here)
        case .map:
            let entry = MappingEntry(from: values.required(.from), to: values.required(.to))
            try builder.addMapping(entry, at: here)
        case .limit:
            let entry = LimitEntry(
                application: values.required(.application), maxSessions: values.required(.maxSessions))
            try builder.addLimit(entry, at: here)
        }
    }

    // MARK: Faults

    /// Finds line and column of a byte of the parser's buffer; of the current tag's `<` when the byte is elsewhere (a
    /// value with a character reference is a copy). newlines: see ``ParserPlace/find(_:newlines:)``.
    private func place(_ byte: UnsafePointer<UInt8>?, newlines: Int = 0) -> Place {
        guard let input = context.pointee.input else { return Place(line: 0) }
        return ParserPlace(input).find(byte, newlines: newlines)
    }

    /// isOpen: whether the element at fault has begun and not ended.
    private mutating func fail(_ code: UsersFileError.Code, _ place: Place, _ message: String, isOpen: Bool = true) {
        fail(
            UsersFileError(code: code, file: path, line: place.line, column: place.column, message: message),
            isOpen: isOpen)
    }

    private mutating func fail(_ fault: UsersFileError, isOpen: Bool = true) {
        if isOpen { skipped = 1 }
        if let survey {
            if !survey.report(fault) { xmlStopParser(context) }
            return
        }
        if error != nil { return }
        error = fault
        xmlStopParser(context)
    }
}

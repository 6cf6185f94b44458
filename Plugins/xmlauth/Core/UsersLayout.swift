import CLibXML2

/// Writes a users file in the one layout: two spaces a level, attributes in the order of the manual page, lines of at most
/// 120 columns, comments where they stand, and of blank lines that follow each other one.
package enum UsersLayout {
    /// Lays out a file. Blocks for as long as that takes.
    ///
    /// Throws what reading the file throws: a broken one is not laid out.
    package static func text(ofFile path: String) throws(UsersFileError) -> [UInt8] {
        _ = try UsersReader.read(path, allowsPlain: true)
        let session = try LayoutSession(path: path)
        try UsersReader.feed(path, to: session)
        return session.finish()
    }

    /// Lays out a text. `name` stands in the errors.
    static func text(of text: [UInt8], name: String) throws(UsersFileError) -> [UInt8] {
        _ = try UsersReader.read(text, name: name, allowsPlain: true)
        let session = try LayoutSession(path: name)
        try UsersReader.feed(text, to: session)
        return session.finish()
    }
}

/// Owns a push parser that drives a layout.
private final class LayoutSession: UsersFeed {
    private let path: String
    private let layout: UnsafeMutablePointer<LayoutWriter>
    private var context: xmlParserCtxtPtr?

    init(path: String) throws(UsersFileError) {
        self.path = path
        layout = .allocate(capacity: 1)
        layout.initialize(to: LayoutWriter())
        var handler = LayoutWriter.handler()
        // SAFETY: libxml2 copies the handler; the session owns both the context and the layout behind its user data.
        guard let context = xmlCreatePushParserCtxt(&handler, layout, nil, 0, nil) else {
            throw UsersFileError(code: .unreadable, file: path, line: 0, column: 0, message: "libxml2 cannot start")
        }
        self.context = context
        // As when the file is read for use.
        xmlCtxtUseOptions(context, Int32(XML_PARSE_NONET.rawValue | XML_PARSE_NOENT.rawValue))
        layout.pointee.context = context
    }

    deinit {
        // SAFETY: made by `init`, freed once; no document was built.
        if let context { xmlFreeParserCtxt(context) }
        layout.deinitialize(count: 1)
        layout.deallocate()
    }

    func feed(_ bytes: UnsafeRawBufferPointer) throws(UsersFileError) {
        guard let context else { return }
        if PushParser(context: context).feed(bytes) != .going {
            // The file was right a moment ago.
            throw UsersFileError(
                code: .unreadable, file: path, line: 0, column: 0, message: "the users file changed while it was read")
        }
    }

    func finish() -> [UInt8] { layout.pointee.finish() }
}

extension LayoutWriter {
    fileprivate static func handler() -> xmlSAXHandler {
        var handler = xmlSAXHandler()
        handler.initialized = UInt32(XML_SAX2_MAGIC)
        handler.startElementNs = { data, name, _, _, _, _, count, _, attributes in
            guard let data, let name else { return }
            LayoutWriter.at(data).pointee.begin(name, AttributeList(pointers: attributes, count: Int(count)))
        }
        handler.endElementNs = { data, name, _, _ in
            if let data, let name { LayoutWriter.at(data).pointee.end(name) }
        }
        handler.comment = { data, value in
            if let data, let value { LayoutWriter.at(data).pointee.comment(value) }
        }
        handler.processingInstruction = { data, target, value in
            if let data, let target { LayoutWriter.at(data).pointee.instruction(target, value) }
        }
        // Errors come back from the parser as its answer.
        handler.serror = { _, _ in }
        return handler
    }

    private static func at(_ data: UnsafeMutableRawPointer) -> UnsafeMutablePointer<LayoutWriter> {
        // SAFETY: the context's user data is the layout that its session put at this address for as long as it parses.
        data.assumingMemoryBound(to: LayoutWriter.self)
    }
}

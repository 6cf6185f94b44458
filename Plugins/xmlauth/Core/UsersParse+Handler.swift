import CLibXML2

extension UsersParse {
    /// The callbacks of a parse: a bare handler, so that libxml2 builds nothing and knows no entities.
    static func handler() -> xmlSAXHandler {
        var handler = xmlSAXHandler()
        handler.initialized = UInt32(XML_SAX2_MAGIC)
        handler.startElementNs = { data, name, prefix, uri, namespaces, _, count, _, attributes in
            guard let data, let name else { return }
            let list = AttributeList(pointers: attributes, count: Int(count))
            let hasNamespace = namespaces > 0 || uri != nil || prefix != nil
            UsersParse.at(data).pointee.begin(name, namespaces: hasNamespace, list)
        }
        handler.endElementNs = { data, _, _, _ in
            if let data { UsersParse.at(data).pointee.end() }
        }
        handler.characters = { data, bytes, count in
            if let data { UsersParse.at(data).pointee.text(UnsafeBufferPointer(start: bytes, count: Int(count))) }
        }
        handler.internalSubset = { data, _, _, _ in
            if let data { UsersParse.at(data).pointee.doctype() }
        }
        handler.serror = { data, error in
            guard let data, let error = error?.pointee else { return }
            // libxml2's texts name elements, attributes and entities, never an attribute's value.
            let text = error.message.map { String(cString: $0) } ?? "error \(error.code)"
            let message = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            UsersParse.at(data).pointee.malformed(
                message.prefix(1).lowercased() + message.dropFirst(), Int(error.line), Int(error.int2))
        }
        return handler
    }

    private static func at(_ data: UnsafeMutableRawPointer) -> UnsafeMutablePointer<UsersParse> {
        // SAFETY: the context's user data is the parse that its session put at this address for as long as it parses.
        data.assumingMemoryBound(to: UsersParse.self)
    }
}

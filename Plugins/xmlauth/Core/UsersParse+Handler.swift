import CLibXML2

extension UsersParse {
    /// The callbacks of a parse: a bare handler, so that libxml2 builds nothing and knows no entities.
    static func handler() -> xmlSAXHandler {
        var handler = xmlSAXHandler()
        handler.initialized = UInt32(XML_SAX2_MAGIC)
        handler.startElementNs = { data, name, prefix, uri, namespaces, _, count, _, attributes in
            guard let parse = UsersParse.from(data), let name else { return }
            let list = AttributeList(pointers: attributes, count: Int(count))
            parse.begin(name, namespaces: namespaces > 0 || uri != nil || prefix != nil, list)
        }
        handler.endElementNs = { data, _, _, _ in UsersParse.from(data)?.end() }
        handler.characters = { data, bytes, count in
            UsersParse.from(data)?.text(UnsafeBufferPointer(start: bytes, count: Int(count)))
        }
        handler.internalSubset = { data, _, _, _ in UsersParse.from(data)?.doctype() }
        handler.serror = { data, error in
            guard let parse = UsersParse.from(data), let error = error?.pointee else { return }
            // libxml2's texts name elements, attributes and entities, never an attribute's value.
            let text = error.message.map { String(cString: $0) } ?? "error \(error.code)"
            let message = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            parse.malformed(message.prefix(1).lowercased() + message.dropFirst(), Int(error.line), Int(error.int2))
        }
        return handler
    }

    private static func from(_ data: UnsafeMutableRawPointer?) -> UsersParse? {
        // SAFETY: the context's user data is the parse that owns the context and is running it.
        data.map { Unmanaged<UsersParse>.fromOpaque($0).takeUnretainedValue() }
    }
}

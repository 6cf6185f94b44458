extension JSONReader {
    /// Reads a value by what its type says of itself, as an `Encodable` was written.
    ///
    /// - Throws: ``JSONFault`` for what is not JSON or too much of it, `DecodingError` for another shape, and what the type throws.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, _ bytes: some Sequence<UInt8>, within bounds: JSONBounds = .own, as what: String
    ) throws -> Value {
        try Array(bytes).withUnsafeBytes { bytes in
            try bounds.check(bytes, what)
            startWiping()
            return try JSONDocument(bytes, as: what).withRoot { root in
                try Value(from: NodeDecoder(node: root, codingPath: []))
            }
        }
    }
}

/// Reads a node. It lives no longer than the document that lends the node.
private struct NodeDecoder: Decoder {
    let node: JSONNode
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard node.isObject else { throw mismatch([String: Any].self) }
        return KeyedDecodingContainer(Members(node: node, codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard let nodes = node.list else { throw mismatch([Any].self) }
        return Elements(nodes: nodes, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { Single(decoder: self) }

    func mismatch(_ type: Any.Type) -> DecodingError {
        // Never quotes a value, which may be a password.
        .typeMismatch(type, .init(codingPath: codingPath, debugDescription: "it is of another type"))
    }

    func inner(_ node: JSONNode, _ key: some CodingKey) -> NodeDecoder {
        NodeDecoder(node: node, codingPath: codingPath + [key])
    }
}

private struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let node: JSONNode
    let codingPath: [any CodingKey]

    var allKeys: [Key] { node.names.compactMap(Key.init(stringValue:)) }
    func contains(_ key: Key) -> Bool { node.member(key.stringValue) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try decoder(key).node.isNull }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try Value(from: decoder(key))
    }
    func nestedContainer<Inner: CodingKey>(
        keyedBy type: Inner.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Inner> { try decoder(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(key).unkeyedContainer()
    }
    func superDecoder() -> any Decoder { NodeDecoder(node: node, codingPath: codingPath) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }

    private func decoder(_ key: Key) throws -> NodeDecoder {
        guard let member = node.member(key.stringValue) else {
            throw DecodingError.keyNotFound(
                key, .init(codingPath: codingPath, debugDescription: "the member `\(key.stringValue)` is missing"))
        }
        return NodeDecoder(node: member, codingPath: codingPath + [key])
    }
}

private struct Elements: UnkeyedDecodingContainer {
    let nodes: [JSONNode]
    let codingPath: [any CodingKey]
    private(set) var currentIndex = 0

    init(nodes: [JSONNode], codingPath: [any CodingKey]) { (self.nodes, self.codingPath) = (nodes, codingPath) }

    var count: Int? { nodes.count }
    var isAtEnd: Bool { currentIndex == nodes.count }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, nodes[currentIndex].isNull else { return false }
        currentIndex += 1
        return true
    }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: next()) }
    mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        try next().container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try next() }

    private mutating func next() throws -> NodeDecoder {
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                Any.self, .init(codingPath: codingPath, debugDescription: "the list has \(nodes.count) elements"))
        }
        defer { currentIndex += 1 }
        return NodeDecoder(node: nodes[currentIndex], codingPath: codingPath)
    }
}

private struct Single: SingleValueDecodingContainer {
    let decoder: NodeDecoder
    var codingPath: [any CodingKey] { decoder.codingPath }

    func decodeNil() -> Bool { decoder.node.isNull }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        guard let scalar = type as? any NodeScalar.Type else { return try Value(from: decoder) }
        guard let value = scalar.init(decoder.node) as? Value else { throw decoder.mismatch(type) }
        return value
    }
}

/// What a node holds by itself.
private protocol NodeScalar {
    init?(_ node: JSONNode)
}

extension NodeScalar where Self: FixedWidthInteger {
    init?(_ node: JSONNode) {
        guard let number = node.whole, let value = Self(exactly: number) else { return nil }
        self = value
    }
}

extension Int: NodeScalar {}
extension Int32: NodeScalar {}
extension Int64: NodeScalar {}
extension UInt32: NodeScalar {}
extension UInt64: NodeScalar {}

extension Bool: NodeScalar {
    fileprivate init?(_ node: JSONNode) {
        guard let flag = try? node.flag() else { return nil }
        self = flag
    }
}

extension Double: NodeScalar {
    fileprivate init?(_ node: JSONNode) {
        guard let number = node.number else { return nil }
        self = number
    }
}

extension String: NodeScalar {
    fileprivate init?(_ node: JSONNode) {
        guard let text = try? node.text() else { return nil }
        self = text
    }
}

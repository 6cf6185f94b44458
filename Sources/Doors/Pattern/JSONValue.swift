import CLibJansson

/// JSON whose members nobody knows beforehand, as jansson reads it.
enum JSONValue: Sendable, Equatable {
    case null
    case flag(Bool)
    /// As text: whole numbers exactly, others as the nearest that a double can hold.
    case number(String)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])

    /// Reads I-JSON (RFC 7493): UTF-8, and no name twice in an object, also where two are equal as Unicode compares texts.
    ///
    /// - Throws: a refusal for anything else, and for more than the bounds before anything is made of it.
    init(_ bytes: [UInt8], within bounds: JSONBounds = JSONBounds()) throws(RequestRefusal) {
        try bounds.check(bytes.span)
        var error = json_error_t()
        // SAFETY: jansson reads `count` bytes during the call and keeps none.
        let root = bytes.withUnsafeBytes {
            json_loadb(
                $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count,
                Int(JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL), &error)
        }
        guard let root else {
            throw json_error_code(&error) == json_error_duplicate_key ? Self.isTwice : .bad("the body is not JSON")
        }
        // SAFETY: the tree is owned here, and what is made of it are copies.
        defer { json_decref(root) }
        try self.init(root)
    }

    private static let isTwice = RequestRefusal.bad("an object of the body names a member twice")

    // INVARIANT: the bounds have few levels, so the recursion ends well within a thread's stack.
    private init(_ value: UnsafeMutablePointer<json_t>) throws(RequestRefusal) {
        switch value.pointee.type {
        case JSON_TRUE: self = .flag(true)
        case JSON_FALSE: self = .flag(false)
        case JSON_INTEGER: self = .number(String(json_integer_value(value)))
        case JSON_REAL: self = .number(Self.decimal(json_real_value(value)))
        case JSON_STRING:
            let bytes = UnsafeRawBufferPointer(start: json_string_value(value), count: json_string_length(value))
            self = .text(String(decoding: bytes, as: UTF8.self))
        case JSON_ARRAY:
            var elements: [JSONValue] = []
            elements.reserveCapacity(json_array_size(value))
            for index in 0..<json_array_size(value) {
                if let element = json_array_get(value, index) { elements.append(try JSONValue(element)) }
            }
            self = .list(elements)
        case JSON_OBJECT: self = .object(try Self.members(of: value))
        default: self = .null
        }
    }

    private static func members(of value: UnsafeMutablePointer<json_t>) throws(RequestRefusal) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        var member = json_object_iter(value)
        while let current = member {
            let name = UnsafeRawBufferPointer(
                start: json_object_iter_key(current), count: json_object_iter_key_len(current))
            if let inner = json_object_iter_value(current) {
                let before = members.updateValue(try JSONValue(inner), forKey: String(decoding: name, as: UTF8.self))
                if before != nil { throw isTwice }
            }
            member = json_object_iter_next(value, current)
        }
        return members
    }

    /// A whole number without a fraction, so that `1.0` is `1` as it is in JSON.
    private static func decimal(_ value: Double) -> String {
        let text = "\(value)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// A member of an object; nil without one, and for what is no object.
    subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    var isObject: Bool {
        if case .object = self { true } else { false }
    }

    var text: String? {
        if case .text(let text) = self { text } else { nil }
    }
}

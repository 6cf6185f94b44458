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

    /// Reads I-JSON (RFC 7493): UTF-8, and no name twice in an object.
    ///
    /// - Throws: a refusal for anything else.
    init(_ bytes: [UInt8]) throws(RequestRefusal) {
        if JSONNames.areTwice(in: bytes) { throw .bad("an object of the body names a member twice") }
        var error = json_error_t()
        // SAFETY: jansson reads `count` bytes during the call and keeps none.
        let root = bytes.withUnsafeBytes {
            json_loadb($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, Int(JSON_ALLOW_NUL), &error)
        }
        guard let root else { throw .bad("the body is not JSON") }
        // SAFETY: the tree is owned here, and what is made of it are copies.
        defer { json_decref(root) }
        self.init(root)
    }

    // INVARIANT: jansson reads at most 2,048 levels, so the recursion ends well within a thread's stack.
    private init(_ value: UnsafeMutablePointer<json_t>) {
        switch value.pointee.type {
        case JSON_TRUE: self = .flag(true)
        case JSON_FALSE: self = .flag(false)
        case JSON_INTEGER: self = .number(String(json_integer_value(value)))
        case JSON_REAL: self = .number(Self.decimal(json_real_value(value)))
        case JSON_STRING:
            let bytes = UnsafeRawBufferPointer(start: json_string_value(value), count: json_string_length(value))
            self = .text(String(decoding: bytes, as: UTF8.self))
        case JSON_ARRAY:
            self = .list((0..<json_array_size(value)).compactMap { json_array_get(value, $0).map(JSONValue.init) })
        case JSON_OBJECT:
            var members: [String: JSONValue] = [:]
            var member = json_object_iter(value)
            while let current = member {
                let name = UnsafeRawBufferPointer(
                    start: json_object_iter_key(current), count: json_object_iter_key_len(current))
                members[String(decoding: name, as: UTF8.self)] = json_object_iter_value(current).map(JSONValue.init)
                member = json_object_iter_next(value, current)
            }
            self = .object(members)
        default: self = .null
        }
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

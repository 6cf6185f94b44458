import CLibJansson

/// JSON whose members are not known beforehand.
package enum JSONValue: Sendable, Equatable {
    case null
    case flag(Bool)
    /// As text: whole numbers exactly, others as the nearest that a double can hold.
    case number(String)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])

    /// Copies a value.
    // INVARIANT: the bounds let few levels through, so the recursion ends well within a thread's stack.
    package init(_ node: JSONNode) throws(JSONFault) {
        switch node.value.pointee.type {
        case JSON_TRUE: self = .flag(true)
        case JSON_FALSE: self = .flag(false)
        case JSON_INTEGER: self = .number(String(json_integer_value(node.value)))
        case JSON_REAL: self = .number(Self.decimal(json_real_value(node.value)))
        case JSON_STRING: self = .text(try node.text())
        case JSON_ARRAY: self = .list(try node.elements { element throws(JSONFault) in try JSONValue(element) })
        case JSON_OBJECT: self = .object(try node.members { member throws(JSONFault) in try JSONValue(member) })
        default: self = .null
        }
    }

    /// A whole number without a fraction, so that `1.0` is `1` as it is in JSON.
    private static func decimal(_ value: Double) -> String {
        let text = "\(value)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// A member of an object; nil without one, and for what is no object.
    package subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    /// Whether it is an object.
    package var isObject: Bool {
        if case .object = self { true } else { false }
    }

    /// A text; nil for anything else.
    package var text: String? {
        if case .text(let text) = self { text } else { nil }
    }
}

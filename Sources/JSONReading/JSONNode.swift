import CLibJansson

/// A value of a JSON text while ``JSONReader`` lends it.
// INVARIANT: it is not kept beyond the call that lends it; what is read from it are copies.
package struct JSONNode {
    let value: UnsafeMutablePointer<json_t>
    /// Where it stands, such as `checks.[0].action`; empty for the whole.
    package let place: String
    /// The name of the text in messages.
    let what: String

    /// Whether it is null.
    package var isNull: Bool { value.pointee.type == JSON_NULL }

    /// The bytes of a text, for the length of the call; nil for anything else.
    package func withText<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        guard value.pointee.type == JSON_STRING else { return nil }
        // SAFETY: jansson tells the length of the text that it holds.
        return body(UnsafeRawBufferPointer(start: json_string_value(value), count: json_string_length(value)))
    }

    /// A text.
    package func text() throws(JSONFault) -> String {
        guard let text = withText({ String(decoding: $0, as: UTF8.self) }) else { throw otherType() }
        return text
    }

    /// TRUE or FALSE.
    package func flag() throws(JSONFault) -> Bool {
        switch value.pointee.type {
        case JSON_TRUE: true
        case JSON_FALSE: false
        default: throw otherType()
        }
    }

    /// A whole number of 64 bits.
    package func integer() throws(JSONFault) -> Int {
        switch value.pointee.type {
        case JSON_INTEGER: return Int(json_integer_value(value))
        case JSON_REAL:
            guard let number = Int(exactly: json_real_value(value)) else { throw JSONReader.oddNumber(what) }
            return number
        default: throw otherType()
        }
    }

    /// A number that is written as a whole one; nil for anything else.
    package var whole: Int64? { value.pointee.type == JSON_INTEGER ? json_integer_value(value) : nil }

    /// A number, as the nearest that a double can hold; nil for anything else.
    package var number: Double? {
        [JSON_INTEGER, JSON_REAL].contains(value.pointee.type) ? json_number_value(value) : nil
    }

    /// Whether it is an object.
    package var isObject: Bool { value.pointee.type == JSON_OBJECT }

    /// A member of an object, null as well; nil without one, and for what is no object.
    package func member(_ name: String) -> JSONNode? {
        json_object_get(value, name).map { JSONNode(value: $0, place: inside(name), what: what) }
    }

    /// The names of an object's members; none for what is no object.
    package var names: [String] {
        var names: [String] = []
        var member = json_object_iter(value)
        while let current = member {
            let bytes = UnsafeRawBufferPointer(
                start: json_object_iter_key(current), count: json_object_iter_key_len(current))
            names.append(String(decoding: bytes, as: UTF8.self))
            member = json_object_iter_next(value, current)
        }
        return names
    }

    /// The elements of a list; nil for anything else.
    package var list: [JSONNode]? {
        guard value.pointee.type == JSON_ARRAY else { return nil }
        return (0..<json_array_size(value)).compactMap { index in
            json_array_get(value, index).map { JSONNode(value: $0, place: inside("[\(index)]"), what: what) }
        }
    }

    /// The elements of a list.
    package func elements<Element>(
        _ read: (JSONNode) throws(JSONFault) -> Element
    ) throws(JSONFault) -> [Element] {
        guard value.pointee.type == JSON_ARRAY else { throw otherType() }
        var elements: [Element] = []
        for index in 0..<json_array_size(value) {
            guard let element = json_array_get(value, index) else { continue }
            elements.append(try read(JSONNode(value: element, place: inside("[\(index)]"), what: what)))
        }
        return elements
    }

    /// The members of an object whose names are not known beforehand. Names that are one as Unicode compares texts, such as
    /// `K` and the Kelvin sign, are one name: a module must see both or none.
    package func members<Member>(
        _ read: (JSONNode) throws(JSONFault) -> Member
    ) throws(JSONFault) -> [String: Member] {
        guard value.pointee.type == JSON_OBJECT else { throw otherType() }
        var members: [String: Member] = [:]
        members.reserveCapacity(json_object_size(value))
        try eachMember { name, node throws(JSONFault) in
            let member = try read(node)
            if members.updateValue(member, forKey: name) != nil { throw JSONReader.twice(what) }
        }
        return members
    }

    fileprivate func eachMember(
        _ body: (String, JSONNode) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        var member = json_object_iter(value)
        while let current = member {
            let bytes = UnsafeRawBufferPointer(
                start: json_object_iter_key(current), count: json_object_iter_key_len(current))
            let name = String(decoding: bytes, as: UTF8.self)
            if let inner = json_object_iter_value(current) {
                try body(name, JSONNode(value: inner, place: inside(Self.shown(name)), what: what))
            }
            member = json_object_iter_next(value, current)
        }
    }

    /// The value as an object with no members but these.
    package func object(_ known: [String]) throws(JSONFault) -> JSONObject {
        guard value.pointee.type == JSON_OBJECT else { throw otherType() }
        try eachMember { name, node throws(JSONFault) in
            if known.contains(name) { return }
            let list = known.sorted().map { "`\($0)`" }.joined(separator: ", ")
            throw JSONFault(description: "the member `\(node.place)` is not known; known are \(list)")
        }
        return JSONObject(node: self)
    }

    /// The beginning of a name that a client chose, for a message: a character that cannot be seen is shown as U+FFFD.
    private static func shown(_ name: String) -> String {
        // Most names are such.
        if name.utf8.count <= 64, name.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) { return name }
        var shown = String.UnicodeScalarView()
        for scalar in name.unicodeScalars.prefix(64) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: shown.append("\u{FFFD}")
            default: shown.append(scalar)
            }
        }
        return String(shown)
    }

    fileprivate func inside(_ name: String) -> String { place.isEmpty ? name : "\(place).\(name)" }

    /// Says that it is of another type than was asked for.
    package func otherType() -> JSONFault {
        if place.isEmpty { return JSONFault(description: "the \(what) is not a JSON object") }
        return JSONFault(description: "the member `\(place)` is \(isNull ? "null" : "of another type")")
    }
}

/// An object whose members are read by their names, while ``JSONReader`` lends it. A null member counts as one that is missing,
/// where it may be missing.
package struct JSONObject {
    fileprivate let node: JSONNode

    /// A member that may be missing.
    package func optional<Member>(
        _ name: String, _ read: (JSONNode) throws(JSONFault) -> Member
    ) throws(JSONFault) -> Member? {
        guard let value = json_object_get(node.value, name) else { return nil }
        let member = JSONNode(value: value, place: node.inside(name), what: node.what)
        return member.isNull ? nil : try read(member)
    }

    /// A member that has to be there.
    package func needed<Member>(
        _ name: String, _ read: (JSONNode) throws(JSONFault) -> Member
    ) throws(JSONFault) -> Member {
        let place = node.inside(name)
        guard let value = json_object_get(node.value, name) else {
            throw JSONFault(description: "the member `\(place)` is missing")
        }
        return try read(JSONNode(value: value, place: place, what: node.what))
    }

    /// A text that has to be there.
    package func text(_ name: String) throws(JSONFault) -> String {
        try needed(name) { node throws(JSONFault) in try node.text() }
    }

    /// A text that may be missing.
    package func optionalText(_ name: String) throws(JSONFault) -> String? {
        try optional(name) { node throws(JSONFault) in try node.text() }
    }

    /// TRUE or FALSE, which may be missing.
    package func optionalFlag(_ name: String) throws(JSONFault) -> Bool? {
        try optional(name) { node throws(JSONFault) in try node.flag() }
    }

    /// A whole number that may be missing.
    package func optionalInteger(_ name: String) throws(JSONFault) -> Int? {
        try optional(name) { node throws(JSONFault) in try node.integer() }
    }

    /// An object of texts.
    package func optionalTexts(_ name: String) throws(JSONFault) -> [String: String]? {
        try optional(name) { node throws(JSONFault) in
            try node.members { member throws(JSONFault) in try member.text() }
        }
    }
}

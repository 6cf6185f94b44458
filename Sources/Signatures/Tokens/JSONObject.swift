import Basics
import CLibJansson

/// A JSON object whose members are read by name and type (RFC 8259).
///
/// The reader is jansson's, which refuses what is not JSON, invalid UTF-8, NUL in texts and, asked to, names that occur
/// twice: of two `sub` there is no right one.
struct JSONObject: ~Copyable {
    private let root: UnsafeMutablePointer<json_t>
    /// What refusals call the object.
    private let part: String

    init(_ part: String, _ bytes: [UInt8]) throws(TokenRefusal) {
        var error = json_error_t()
        // SAFETY: jansson reads `count` bytes during the call and keeps none.
        let value = bytes.withUnsafeBytes {
            json_loadb($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, Self.strict, &error)
        }
        guard let value else {
            let isTwice = json_error_code(&error) == json_error_duplicate_key
            throw .malformed("\(part) \(isTwice ? "names a member twice" : "is not strict JSON")")
        }
        guard value.pointee.type == JSON_OBJECT else {
            json_decref(value)
            throw .malformed("\(part) is not a JSON object")
        }
        root = value
        self.part = part
    }

    // SAFETY: the object is owned here, and what was read from it has been copied.
    deinit { json_decref(root) }

    private static let strict = Int(JSON_REJECT_DUPLICATES)

    /// Whether there is a member of that name, of whatever type.
    func has(_ name: String) -> Bool { json_object_get(root, name) != nil }

    /// Returns a text, nil when there is no such member.
    func text(_ name: String) throws(TokenRefusal) -> String? {
        guard let value = json_object_get(root, name) else { return nil }
        guard let text = Self.text(value) else { throw .malformed("\(part) has a `\(name)` that is not a text") }
        return text
    }

    /// Returns a text or all texts of an array, nil when there is no such member.
    func texts(_ name: String) throws(TokenRefusal) -> [String]? {
        guard let value = json_object_get(root, name) else { return nil }
        let count = json_array_size(value)
        let texts =
            value.pointee.type == JSON_ARRAY
            ? (0..<count).map { json_array_get(value, $0).flatMap(Self.text) } : [Self.text(value)]
        guard !texts.contains(nil) else {
            throw .malformed("\(part) has a `\(name)` that is neither a text nor an array of texts")
        }
        return texts.compactMap(\.self)
    }

    /// Returns the time that a number of seconds names (RFC 7519, section 2: NumericDate), nil when there is no such
    /// member.
    func time(_ name: String) throws(TokenRefusal) -> UnixTime? {
        guard let value = json_object_get(root, name) else { return nil }
        let type = value.pointee.type
        guard type == JSON_INTEGER || type == JSON_REAL else {
            throw .malformed("\(part) has a `\(name)` that is not a number")
        }
        let seconds = json_number_value(value)
        guard Self.accepted.contains(seconds) else {
            throw .malformed("\(part) has a `\(name)` that is not \(AcceptedTimes.text)")
        }
        return UnixTime(seconds: seconds)
    }

    private static let accepted = Double(AcceptedTimes.seconds.lowerBound)...Double(AcceptedTimes.seconds.upperBound)

    private static func text(_ value: UnsafeMutablePointer<json_t>) -> String? {
        guard let bytes = json_string_value(value) else { return nil }
        // SAFETY: jansson's texts are UTF-8 of that many bytes, which the value owns; they are copied here.
        let buffer = UnsafeRawBufferPointer(start: bytes, count: json_string_length(value))
        return String(decoding: buffer, as: UTF8.self)
    }
}

import CLibJansson

/// Looks for members of JSON objects that have the same name (RFC 8259, section 4: names should be unique), which the decoder
/// would drop all but one of: of two fields `Kind` a module must see both or none.
///
/// The reader is jansson's, which compares bytes. The decoder compares texts as Unicode does, where `K` and the Kelvin sign are
/// one, so names that are equal in that way are the same name too.
enum JSONNames {
    /// Says whether some object has a name twice; false also for what is not JSON, which the decoder then refuses.
    static func areTwice(in bytes: [UInt8]) -> Bool {
        var error = json_error_t()
        // SAFETY: jansson reads `count` bytes during the call and keeps none.
        let root = bytes.withUnsafeBytes {
            json_loadb($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, strict, &error)
        }
        guard let root else { return json_error_code(&error) == json_error_duplicate_key }
        // SAFETY: the tree is owned here, and nothing of it is kept.
        defer { json_decref(root) }
        return areTwice(inside: root)
    }

    /// Says whether what is JSON otherwise holds a number that is no `Int`.
    static func holdOddNumber(in bytes: [UInt8]) -> Bool {
        var error = json_error_t()
        // SAFETY: jansson reads `count` bytes during the call and keeps none.
        let root = bytes.withUnsafeBytes {
            json_loadb($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, strict, &error)
        }
        guard let root else { return json_error_code(&error) == json_error_numeric_overflow }
        // SAFETY: the tree is owned here, and nothing of it is kept.
        defer { json_decref(root) }
        return holdOddNumber(inside: root)
    }

    // INVARIANT: as below, the recursion ends.
    private static func holdOddNumber(inside value: UnsafeMutablePointer<json_t>) -> Bool {
        switch value.pointee.type {
        case JSON_REAL: return Int(exactly: json_real_value(value)) == nil
        case JSON_ARRAY:
            return (0..<json_array_size(value)).contains { index in
                json_array_get(value, index).map(holdOddNumber(inside:)) ?? false
            }
        case JSON_OBJECT:
            var member = json_object_iter(value)
            while let current = member {
                if let inner = json_object_iter_value(current), holdOddNumber(inside: inner) { return true }
                member = json_object_iter_next(value, current)
            }
            return false
        default: return false
        }
    }

    // What the decoder takes as a number and jansson does not is no object either way.
    private static let strict = Int(JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL)

    // INVARIANT: jansson reads at most 2,048 levels, so the recursion ends well within a thread's stack.
    private static func areTwice(inside value: UnsafeMutablePointer<json_t>) -> Bool {
        switch value.pointee.type {
        case JSON_ARRAY:
            return (0..<json_array_size(value)).contains { index in
                json_array_get(value, index).map(areTwice(inside:)) ?? false
            }
        case JSON_OBJECT:
            var names = Set<String>()
            var member = json_object_iter(value)
            while let current = member {
                let bytes = UnsafeRawBufferPointer(
                    start: json_object_iter_key(current), count: json_object_iter_key_len(current))
                if !names.insert(String(decoding: bytes, as: UTF8.self)).inserted { return true }
                if let inner = json_object_iter_value(current), areTwice(inside: inner) { return true }
                member = json_object_iter_next(value, current)
            }
            return false
        default: return false
        }
    }
}

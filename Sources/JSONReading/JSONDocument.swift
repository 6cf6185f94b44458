import CLibJansson
import Glibc

/// What a reader takes for JSON, besides RFC 8259 and the rule that no object names a member twice.
package struct JSONForm: Sendable {
    fileprivate let flags: Int

    /// I-JSON (RFC 7493): any value, and texts that may hold a NUL.
    package static let any = JSONForm(flags: Int(JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL))
    /// An object or a list, and no NUL in a text.
    package static let strict = JSONForm(flags: Int(JSON_REJECT_DUPLICATES))
}

/// A JSON text as jansson has read it, which lends its values.
package final class JSONDocument {
    private let value: UnsafeMutablePointer<json_t>
    private let what: String
    private let isSecret: Bool

    /// Reads a text.
    ///
    /// - Parameters:
    ///   - what: the name of the text in messages.
    ///   - isSecret: whether texts are overwritten with the document, where jansson does not overwrite what it gives back.
    /// - Throws: ``JSONFault`` for what is not JSON of the form, and for a name twice in an object.
    package init(
        _ bytes: UnsafeRawBufferPointer, _ form: JSONForm = .any, as what: String, isSecret: Bool = false
    ) throws(JSONFault) {
        var error = json_error_t()
        // SAFETY: jansson reads `count` bytes during the call and keeps none.
        let root = json_loadb(
            bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, form.flags, &error)
        guard let root else { throw JSONFault(&error, what) }
        value = root
        self.what = what
        self.isSecret = isSecret
    }

    /// As the initializer, for where bytes are lent.
    package static func read(
        _ bytes: UnsafeRawBufferPointer, _ form: JSONForm, as what: String, isSecret: Bool = false
    ) -> Result<JSONDocument, JSONFault> {
        do throws(JSONFault) {
            return .success(try JSONDocument(bytes, form, as: what, isSecret: isSecret))
        } catch {
            return .failure(error)
        }
    }

    // SAFETY: the tree is owned here, and lent for the length of calls alone.
    deinit {
        if isSecret { Self.wipe(value) }
        json_decref(value)
    }

    /// Lends the value that the text holds, for the length of the call.
    package func withRoot<Result, Fault>(
        _ body: (JSONNode) throws(Fault) -> Result
    ) throws(Fault) -> Result {
        try body(JSONNode(value: value, place: "", what: what))
    }

    // SAFETY: jansson's texts are its own heap memory, written through here alone, just before it is freed.
    private static func wipe(_ value: UnsafeMutablePointer<json_t>) {
        switch value.pointee.type {
        case JSON_STRING:
            if let text = json_string_value(value) {
                explicit_bzero(UnsafeMutableRawPointer(mutating: text), json_string_length(value))
            }
        case JSON_ARRAY:
            for index in 0..<json_array_size(value) { json_array_get(value, index).map(wipe) }
        case JSON_OBJECT:
            var member = json_object_iter(value)
            while let current = member {
                json_object_iter_value(current).map(wipe)
                member = json_object_iter_next(value, current)
            }
        default: break
        }
    }
}

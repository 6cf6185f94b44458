import CLibJansson

/// Why a JSON text was refused.
struct JSONFault: Error {
    /// Never quotes a value, which may be a password.
    let description: String
    /// Whether it was refused for holding too much, before it was read.
    var isTooMuch = false

    /// What the body of a request is refused with for it.
    var refusal: RequestRefusal { RequestRefusal(isTooMuch ? 413 : 400, description) }
}

/// How much a JSON text may hold, looked at before any work is done for it.
struct JSONBounds: Sendable {
    /// Most lists and objects inside each other.
    var depth = 32
    /// Most values: the members of all objects and the elements of all lists.
    var values = 4_096

    /// Of a body of 64 KiB.
    static let usual = JSONBounds()
    /// Of a batch in a body of 64 KiB.
    static let batch = JSONBounds(values: 16_384)
    /// Of a body of 2 MiB.
    static let large = JSONBounds(values: 65_536)

    /// Counts, in one pass and without a memory; says nothing about whether it is JSON.
    func check(_ bytes: UnsafeRawBufferPointer, _ what: String) throws(JSONFault) {
        var (open, count) = (0, 1)
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""): index = Self.end(ofText: index, bytes)
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                open += 1
                count += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): open -= 1
            case UInt8(ascii: ","): count += 1
            default: break
            }
            if open > depth {
                throw JSONFault(description: "the \(what) is deeper than \(depth) levels", isTooMuch: true)
            }
            if count > values {
                throw JSONFault(description: "the \(what) holds more than \(values) values", isTooMuch: true)
            }
            index += 1
        }
    }

    /// The place of the quotation mark at the end of a text.
    private static func end(ofText start: Int, _ bytes: UnsafeRawBufferPointer) -> Int {
        var index = start + 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return index
    }
}

/// The one reader of JSON: I-JSON (RFC 7493), within bounds, as jansson reads it. What jansson gives back is overwritten.
enum JSONText {
    private static let wipes: Void = authhost_json_wipes()

    /// From the first call on, jansson overwrites what it gives back.
    static func startWiping() { _ = wipes }

    /// Lends the value that a text holds, for the length of the call.
    ///
    /// - Parameter what: the name of the text in messages.
    /// - Throws: ``JSONFault`` for what is not JSON, for a name twice in an object, and for too much of it.
    static func read<Result>(
        _ bytes: UnsafeRawBufferPointer, within bounds: JSONBounds, as what: String,
        _ body: (JSONNode) throws(JSONFault) -> Result
    ) throws(JSONFault) -> Result {
        try bounds.check(bytes, what)
        _ = wipes
        var error = json_error_t()
        // SAFETY: jansson reads `count` bytes during the call and keeps none.
        let root = json_loadb(
            bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count,
            Int(JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL), &error)
        guard let root else { throw fault(json_error_code(&error), what) }
        // SAFETY: the tree is owned here; the closure keeps nothing of it.
        defer { json_decref(root) }
        return try body(JSONNode(value: root, place: "", what: what))
    }

    static func read<Result>(
        _ bytes: [UInt8], within bounds: JSONBounds = .usual, as what: String,
        _ body: (JSONNode) throws(JSONFault) -> Result
    ) throws(JSONFault) -> Result {
        let result: Swift.Result<Result, JSONFault> = bytes.withUnsafeBytes { raw in
            do throws(JSONFault) {
                return .success(try read(raw, within: bounds, as: what, body))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func fault(_ code: json_error_code, _ what: String) -> JSONFault {
        switch code {
        case json_error_duplicate_key: twice(what)
        case json_error_numeric_overflow: oddNumber(what)
        case json_error_null_byte_in_key: JSONFault(description: "the \(what) holds a name with a NUL")
        default: JSONFault(description: "the \(what) is not JSON")
        }
    }

    static func twice(_ what: String) -> JSONFault {
        JSONFault(description: "an object of the \(what) names a member twice")
    }

    static func oddNumber(_ what: String) -> JSONFault {
        JSONFault(description: "the \(what) holds a number that is not a whole one of 64 bits")
    }
}

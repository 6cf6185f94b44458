import CLibJansson

/// Why a JSON text was refused.
package struct JSONFault: Error {
    /// Never quotes a value, which may be a password.
    package let description: String
    /// Whether it was refused for holding too much, before it was read.
    package private(set) var isTooMuch = false
    /// Whether an object names a member twice.
    package private(set) var isTwice = false
    /// Where it is not JSON, counted from 1; zeros for what is JSON.
    package private(set) var line = 0, column = 0

    /// Makes a fault of what was found and what would be accepted.
    package init(description: String) { self.description = description }

    init(tooMuch description: String) {
        self.description = description
        isTooMuch = true
    }

    init(_ error: inout json_error_t, _ what: String) {
        let code = json_error_code(&error)
        switch code {
        case json_error_duplicate_key: self = JSONReader.twice(what)
        case json_error_numeric_overflow: self = JSONReader.oddNumber(what)
        case json_error_null_byte_in_key: self.init(description: "the \(what) holds a name with a NUL")
        default: self.init(description: "the \(what) is not JSON")
        }
        isTwice = code == json_error_duplicate_key
        (line, column) = (Int(error.line), Int(error.column))
    }
}

/// How much a JSON text may hold, looked at before any work is done for it.
package struct JSONBounds: Sendable {
    /// Most lists and objects inside each other.
    package var depth = 32
    /// Most values: the members of all objects and the elements of all lists.
    package var values = 4_096

    /// Makes bounds; those of a body of 64 KiB where nothing is said.
    package init(depth: Int = 32, values: Int = 4_096) {
        self.depth = depth
        self.values = values
    }

    /// Of a body of 64 KiB.
    package static let usual = JSONBounds()
    /// Of a batch in a body of 64 KiB.
    package static let batch = JSONBounds(values: 16_384)
    /// Of a body of 2 MiB.
    package static let large = JSONBounds(values: 65_536)
    /// Of what authhost or its operator has written, whose size has a bound of its own.
    package static let own = JSONBounds(depth: 2_048, values: 1 << 24)

    /// Counts, in one pass and without a memory; says nothing about whether it is JSON.
    package func check(_ bytes: UnsafeRawBufferPointer, _ what: String) throws(JSONFault) {
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
                throw JSONFault(tooMuch: "the \(what) is deeper than \(depth) levels")
            }
            if count > values {
                throw JSONFault(tooMuch: "the \(what) holds more than \(values) values")
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
package enum JSONReader {
    private static let wipes: Void = authhost_json_wipes()

    /// From the first call on, jansson overwrites what it gives back.
    package static func startWiping() { _ = wipes }

    /// Lends the value that a text holds, for the length of the call.
    ///
    /// - Parameter what: the name of the text in messages.
    /// - Throws: ``JSONFault`` for what is not JSON, for a name twice in an object, and for too much of it.
    package static func read<Result>(
        _ bytes: UnsafeRawBufferPointer, within bounds: JSONBounds, as what: String,
        _ body: (JSONNode) throws(JSONFault) -> Result
    ) throws(JSONFault) -> Result {
        try bounds.check(bytes, what)
        startWiping()
        return try JSONDocument(bytes, as: what).withRoot(body)
    }

    /// Lends the value that a text holds, for the length of the call.
    package static func read<Result>(
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

    static func twice(_ what: String) -> JSONFault {
        JSONFault(description: "an object of the \(what) names a member twice")
    }

    static func oddNumber(_ what: String) -> JSONFault {
        JSONFault(description: "the \(what) holds a number that is not a whole one of 64 bits")
    }
}

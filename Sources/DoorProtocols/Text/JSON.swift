import AuthCore
import FoundationEssentials

/// The JSON of the interface: strict about what it does not know.
enum JSON {
    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // The bodies hold texts, numbers and flags alone, which always have a JSON form.
        guard let data = try? encoder.encode(value) else { return Array("{}".utf8) }
        return Array(data)
    }

    /// Reads the body of a request, without copying it.
    ///
    /// - Throws: a refusal for a body that is not JSON, not of this shape, that holds a member this door does not know, or
    ///   too many.
    static func decode<Body: JSONBody>(
        _ type: Body.Type, _ request: StrictRequest, within bounds: JSONBounds = .usual
    ) throws(RequestRefusal) -> Body {
        try checkType(request)
        switch request.withBody({ read(type, $0, within: bounds, as: "body") }) {
        case .success(let body): return body
        case .failure(let fault): throw fault.refusal
        }
    }

    /// Reads an object; `what` is its name in messages.
    static func read<Body: JSONBody>(
        _ type: Body.Type, _ bytes: UnsafeRawBufferPointer, within bounds: JSONBounds = .usual, as what: String
    ) -> Result<Body, JSONFault> {
        do throws(JSONFault) {
            return .success(
                try JSONText.read(bytes, within: bounds, as: what) { node throws(JSONFault) -> Body in
                    try node.read(type)
                })
        } catch {
            return .failure(error)
        }
    }

    private static let applicationJSON = FieldName("application/json")

    static func checkType(_ request: StrictRequest) throws(RequestRefusal) {
        let wrong = RequestRefusal(415, "the body must be `application/json`")
        guard let value = try request.field(.contentType) else { throw wrong }
        let span = request.span
        var end = value.lowerBound
        while end < value.upperBound, span[end] != UInt8(ascii: ";"), span[end] != RequestGrammar.space { end += 1 }
        guard applicationJSON.matches(span, value.lowerBound..<end) else { throw wrong }
    }
}

struct ErrorBody: Encodable {
    let error: String
    let detail: String
}

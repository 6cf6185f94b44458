import AuthCore
import CLibJansson
import FoundationEssentials
import JSONReading

/// The JSON of the interface: strict about what it does not know.
enum JSON {
    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // The bodies hold texts, numbers and flags alone, which always have a JSON form.
        guard let data = try? encoder.encode(value) else { return Array("{}".utf8) }
        return Array(data)
    }

    /// Writes an object of texts, whose names are in their order, as ``encode(_:)-(Encodable)`` does; and, where there are any, of
    /// attributes: an object `attributes` of lists, by name.
    ///
    /// For what is asked for often: an `Encodable` is taken apart at run time, which costs as much as a log-in.
    static func encode(texts: KeyValuePairs<StaticString, String>, _ attributes: [Field]) -> [UInt8] {
        JSONReader.startWiping()
        guard let object = json_object() else { return Array("{}".utf8) }
        // SAFETY: the object is owned here; what is put into it is its own, also where that fails.
        defer { json_decref(object) }
        // No byte of a text becomes more than six, and each member has six bytes of marks.
        var longest = 2
        for (name, text) in texts {
            longest += 6 * text.utf8.count + name.utf8CodeUnitCount + 6
            // SAFETY: jansson copies the texts, and takes the value over.
            let value = text.withCString { json_stringn($0, text.utf8.count) }
            _ = name.utf8Start.withMemoryRebound(to: CChar.self, capacity: name.utf8CodeUnitCount) {
                json_object_setn_new(object, $0, name.utf8CodeUnitCount, value)
            }
        }
        if !attributes.isEmpty { longest += add(attributes, to: object) }
        return [UInt8](unsafeUninitializedCapacity: longest) { room, count in
            // SAFETY: jansson writes no more than the size that it is told, and says how much it would have written.
            let written = room.withMemoryRebound(to: CChar.self) {
                json_dumpb(object, $0.baseAddress, $0.count, Int(JSON_COMPACT | JSON_SORT_KEYS))
            }
            count = min(written, room.count)
        }
    }

    /// Returns how many bytes more the object may take.
    private static func add(_ attributes: [Field], to object: UnsafeMutablePointer<json_t>) -> Int {
        // SAFETY: what is made here is the object's from the first line on; jansson copies the texts.
        let lists = json_object()
        json_object_set_new(object, "attributes", lists)
        return attributes.reduce(20) { longest, field in
            field.name.withCString { name in
                let length = field.name.utf8.count
                if json_object_getn(lists, name, length) == nil {
                    json_object_setn_new(lists, name, length, json_array())
                }
                let value = field.value.withCString { json_stringn($0, field.value.utf8.count) }
                json_array_append_new(json_object_getn(lists, name, length), value)
            }
            return longest + 6 * (field.name.utf8.count + field.value.utf8.count) + 12
        }
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
                try JSONReader.read(bytes, within: bounds, as: what) { node throws(JSONFault) -> Body in
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
    /// Which decision it tells; left out where no question was asked.
    var decisionID: String?

    enum CodingKeys: String, CodingKey {
        case error, detail
        case decisionID = "decision_id"
    }
}

extension ErrorBody {
    /// Tells an answer that is not "yes".
    init(_ answer: Answer) {
        self.init(
            error: answer.verdict.rawValue, detail: VerdictStatus.detail(answer), decisionID: answer.decision.text)
    }
}

extension DecisionID {
    /// The digits; nil for none.
    var text: String? { isNone ? nil : hexadecimal }
}

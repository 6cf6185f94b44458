import AuthCore
import FoundationEssentials
import NIOCore

/// The JSON of the interface: strict about what it does not know.
enum JSON {
    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // The bodies hold texts, numbers and flags alone, which always have a JSON form.
        guard let data = try? encoder.encode(value) else { return Array("{}".utf8) }
        return Array(data)
    }

    /// Reads the body of a request.
    ///
    /// - Throws: a refusal for a body that is not JSON, not of this shape, or that holds a member this door does not
    /// know.
    static func decode<Body: StrictBody>(_ type: Body.Type, _ request: StrictRequest) throws(RequestRefusal) -> Body {
        try checkType(request)
        switch read(type, request.copy(request.head.body), as: "body") {
        case .success(let body): return body
        case .failure(let fault): throw .bad(fault.description)
        }
    }

    /// Reads an object; `what` is its name in messages.
    static func read<Body: StrictBody>(_ type: Body.Type, _ bytes: [UInt8], as what: String) -> Result<Body, JSONFault>
    {
        if JSONNames.areTwice(in: bytes) {
            return .failure(JSONFault(description: "an object of the \(what) names a member twice"))
        }
        do {
            return .success(try JSONDecoder().decode(Strict<Body>.self, from: Data(bytes)).value)
        } catch {
            return .failure(JSONFault(description: describe(error, in: bytes, what)))
        }
    }

    private static let applicationJSON = FieldName("application/json")

    static func checkType(_ request: StrictRequest) throws(RequestRefusal) {
        let wrong = RequestRefusal(415, "the body must be `application/json`")
        guard let value = try request.field(.contentType) else { throw wrong }
        let span = request.bytes.readableBytesUInt8Span
        var end = value.lowerBound
        while end < value.upperBound, span[end] != UInt8(ascii: ";"), span[end] != RequestGrammar.space { end += 1 }
        guard applicationJSON.matches(span, value.lowerBound..<end) else { throw wrong }
    }

    /// Names the place, never the value: it may be a password.
    private static func describe(_ error: any Error, in bytes: [UInt8], _ what: String) -> String {
        switch error as? DecodingError {
        case .keyNotFound(let key, let context): "the member `\(path(context.codingPath + [key]))` is missing"
        case .typeMismatch(_, let context) where context.codingPath.isEmpty: "the \(what) is not a JSON object"
        case .typeMismatch(_, let context): "the member `\(path(context.codingPath))` is of another type"
        case .valueNotFound(_, let context): "the member `\(path(context.codingPath))` is null"
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            "the member `\(path(context.codingPath))` \(context.debugDescription)"
        // The decoder says the same of these and of what is not JSON; no member takes such a number.
        case _ where JSONNames.holdOddNumber(in: bytes):
            "the \(what) holds a number that is not a whole one of 64 bits"
        default: "the \(what) is not JSON"
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.map { $0.intValue.map { "[\($0)]" } ?? String($0.stringValue.prefix(64)) }.joined(separator: ".")
    }
}

/// Why a JSON text was refused.
struct JSONFault: Error {
    let description: String
}

/// The body of a request: an object with no members but these.
protocol StrictBody: Decodable {
    associatedtype CodingKeys: CodingKey, CaseIterable
}

/// Decodes a body after a look at the names of its members.
struct Strict<Body: StrictBody>: Decodable {
    let value: Body

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let known = Set(Body.CodingKeys.allCases.map(\.stringValue))
        let container = try decoder.container(keyedBy: AnyKey.self)
        for key in container.allKeys where !known.contains(key.stringValue) {
            let context = DecodingError.Context(
                codingPath: decoder.codingPath + [key],
                debugDescription: "is not known; known are \(known.sorted().map { "`\($0)`" }.joined(separator: ", "))")
            throw DecodingError.dataCorrupted(context)
        }
        value = try Body(from: decoder)
    }
}

struct ErrorBody: Encodable {
    let error: String
    let detail: String
}

import AuthCore
import JSONReading

/// The body of a request: an object with no members but these.
protocol JSONBody {
    static var members: [String] { get }

    init(_ object: JSONObject) throws(JSONFault)
}

extension JSONNode {
    func read<Body: JSONBody>(_ type: Body.Type) throws(JSONFault) -> Body { try Body(try object(Body.members)) }
}

extension JSONNode {
    /// A text that never becomes a `String`.
    func secret() throws(JSONFault) -> Secret {
        guard let secret = withText({ Secret($0) }) else { throw otherType() }
        return secret
    }
}

extension JSONObject {
    func secret(_ name: String) throws(JSONFault) -> Secret {
        try needed(name) { node throws(JSONFault) in try node.secret() }
    }
}

extension JSONFault {
    /// What the body of a request is refused with for it.
    var refusal: RequestRefusal { RequestRefusal(isTooMuch ? 413 : 400, description) }
}

extension JSONValue {
    /// Reads the body of a request.
    ///
    /// - Throws: a refusal for what is not I-JSON, and for too much of it.
    init(_ bytes: [UInt8], within bounds: JSONBounds = .usual) throws(RequestRefusal) {
        do throws(JSONFault) {
            self = try JSONReader.read(bytes, within: bounds, as: "body") { node throws(JSONFault) in
                try JSONValue(node)
            }
        } catch {
            throw error.refusal
        }
    }
}

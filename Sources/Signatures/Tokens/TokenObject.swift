import Basics
import JSONReading

/// A part of a token whose members are read by name and type.
///
/// The reader refuses what is not JSON, invalid UTF-8, NUL in texts and names that occur twice: of two `sub` neither is the
/// right one.
struct TokenObject {
    private let document: JSONDocument
    /// What refusals call the object.
    private let part: String

    init(_ part: String, _ bytes: [UInt8]) throws(TokenRefusal) {
        switch bytes.withUnsafeBytes({ JSONDocument.read($0, .strict, as: part) }) {
        case .success(let document): self.document = document
        case .failure(let fault):
            throw .malformed("\(part) \(fault.isTwice ? "names a member twice" : "is not strict JSON")")
        }
        self.part = part
        guard document.withRoot(\.isObject) else { throw .malformed("\(part) is not a JSON object") }
    }

    /// Whether there is a member of that name, of whatever type.
    func has(_ name: String) -> Bool { document.withRoot { $0.member(name) != nil } }

    /// Returns a text, nil when there is no such member.
    func text(_ name: String) throws(TokenRefusal) -> String? {
        try read(name, "a text") { $0.textIfAny }
    }

    /// Returns a text or all texts of an array, nil when there is no such member.
    func texts(_ name: String) throws(TokenRefusal) -> [String]? {
        try read(name, "neither a text nor an array of texts", isNegated: true) { member in
            guard let list = member.list else { return member.textIfAny.map { [$0] } }
            let texts = list.compactMap(\.textIfAny)
            return texts.count == list.count ? texts : nil
        }
    }

    /// Returns the time that a number of seconds names (RFC 7519, section 2: NumericDate), nil when there is no such
    /// member.
    func time(_ name: String) throws(TokenRefusal) -> UnixTime? {
        guard let seconds = try read(name, "a number", { $0.number }) else { return nil }
        guard Self.accepted.contains(seconds) else {
            throw .malformed("\(part) has a `\(name)` that is not \(AcceptedTimes.text)")
        }
        return UnixTime(seconds: seconds)
    }

    private static let accepted = Double(AcceptedTimes.seconds.lowerBound)...Double(AcceptedTimes.seconds.upperBound)

    /// Reads a member; nil when there is none.
    private func read<Value>(
        _ name: String, _ accepted: String, isNegated: Bool = false, _ body: (JSONNode) -> Value?
    ) throws(TokenRefusal) -> Value? {
        let (isThere, value) = document.withRoot { root -> (Bool, Value?) in
            guard let member = root.member(name) else { return (false, nil) }
            return (true, body(member))
        }
        guard value != nil || !isThere else {
            throw .malformed("\(part) has a `\(name)` that is \(isNegated ? "" : "not ")\(accepted)")
        }
        return value
    }
}

extension JSONNode {
    fileprivate var textIfAny: String? { withText { String(decoding: $0, as: UTF8.self) } }
}

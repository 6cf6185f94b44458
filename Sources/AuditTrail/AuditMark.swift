import Basics

/// A signed statement of where a chain stands. It is a line of its own: of the sink that it is about, or of another one.
package struct AuditMark: Sendable, Equatable {
    /// What it is for.
    package enum Kind: String, Sendable, CaseIterable {
        /// A file begins, or a host begins to write: the chain goes on behind that place.
        case start
        /// The chain was as far a moment ago.
        case checkpoint
        /// The same, in another sink.
        case head
    }

    /// What it is for.
    package let kind: Kind
    /// Which sink it is about, from 1 in the order of the configuration.
    package let sink: Int
    /// The id of the key that signed it.
    package let key: String
    /// Where the chain stands.
    package let head: ChainHead
    /// The id of the key that goes on, where that is another one; "" else.
    package let next: String

    /// What is signed.
    private var text: String {
        "authhost audit \(kind.rawValue) sink \(sink) key \(key) head \(head.text) next \(next)"
    }

    /// The facts of its line, signed; nil for a key that cannot sign.
    func facts(signedBy key: AuditKey) -> [(name: StaticString, value: String)]? {
        guard let signature = key.sign(text) else { return nil }
        var facts: [(StaticString, String)] = [
            ("audit", kind.rawValue), ("sink", "\(sink)"), ("key", self.key), ("head", head.text),
        ]
        if !next.isEmpty { facts.append(("next", next)) }
        return facts + [("signature", Hexadecimal.text(signature))]
    }

    init(_ kind: Kind, sink: Int, key: String, head: ChainHead, next: String = "") {
        (self.kind, self.sink, self.key, self.head, self.next) = (kind, sink, key, head, next)
    }

    /// Reads one out of a line of text or JSON, whatever another program has put before it; nil for a line that has none.
    init?(line: some Collection<UInt8>) {
        let text = String(decoding: line, as: UTF8.self)
        guard let kind = Self.fact("audit", text).flatMap(Kind.init(rawValue:)),
            let sink = Self.fact("sink", text).flatMap({ Int($0) }), let key = Self.fact("key", text),
            let head = Self.fact("head", text).flatMap({ ChainHead($0) })
        else { return nil }
        self.init(kind, sink: sink, key: key, head: head, next: Self.fact("next", text) ?? "")
    }

    /// Whether one of the keys has signed the mark that a line has.
    func isSigned(in line: some Collection<UInt8>, by keys: [String: AuditKey]) -> Bool {
        guard let key = keys[key],
            let signature = Self.fact("signature", String(decoding: line, as: UTF8.self)).flatMap({
                Hexadecimal.bytes($0)
            })
        else { return false }
        return key.verifies(signature, text)
    }

    /// The value of a fact as text or JSON has it; the values here need no quotation marks.
    private static func fact(_ name: String, _ line: String) -> String? {
        for (begin, ends) in [("\"\(name)\":\"", "\""), ("\"\(name)\":", ",}"), (" \(name)=", " \n")] {
            guard let place = line.firstPlace(of: begin) else { continue }
            let rest = line.utf8[place.upperBound...]
            return String(rest.prefix { !ends.utf8.contains($0) })
        }
        return nil
    }
}

/// A text that is equal to another one only byte by byte.
///
/// Swift's own equality is Unicode's canonical equivalence, by which the KELVIN SIGN is a K; modules, files and protocols compare
/// bytes. Whatever decides whose session, place or credentials something is compares texts like this.
public struct ExactText: Hashable, Sendable {
    /// The text.
    public let text: String

    /// Takes a text.
    public init(_ text: String) { self.text = text }

    /// Compares bytes: canonically equivalent texts are different.
    public static func == (one: ExactText, other: ExactText) -> Bool { one.text.utf8.elementsEqual(other.text.utf8) }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(text.utf8.count)
        // In one piece: a step for each byte costs ten times as much.
        let isDone: Void? = text.utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if isDone == nil { Array(text.utf8).withUnsafeBytes { hasher.combine(bytes: $0) } }
    }
}

extension ExactText: ExpressibleByStringLiteral {
    /// Takes a literal.
    public init(stringLiteral text: String) { self.init(text) }
}

extension String {
    /// Whether the other text has the same bytes.
    public func hasBytes(of other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

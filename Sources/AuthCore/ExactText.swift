import Glibc

/// A text that is equal to another one only byte by byte.
///
/// Swift's own equality is Unicode's canonical equivalence, by which the KELVIN SIGN is a K; modules, files and protocols compare
/// bytes. Code that decides whose a session, a place or a credential is compares texts like this.
public struct ExactText: Hashable, Sendable {
    /// The text.
    public let text: String

    /// Takes a text.
    public init(_ text: String) { self.text = text }

    /// Compares bytes: canonically equivalent texts are different.
    public static func == (one: ExactText, other: ExactText) -> Bool { one.text.hasBytes(of: other.text) }

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
    public func hasBytes(of other: String) -> Bool {
        let (one, two) = (utf8, other.utf8)
        guard one.count == two.count else { return false }
        // In one piece: a step for each byte costs ten times as much.
        let isSame = one.withContiguousStorageIfAvailable { one in
            two.withContiguousStorageIfAvailable { two in
                // SAFETY: both have as many bytes; memcmp(3) of none looks at none.
                one.isEmpty || memcmp(one.baseAddress!, two.baseAddress!, one.count) == 0
            } ?? one.elementsEqual(two)
        }
        return isSame ?? one.elementsEqual(two)
    }
}

/// Numbers names in the order in which they were first seen. Names are the same only when all of their bytes are.
struct NameTable: Sendable {
    private var texts: [ByteText] = []
    private var numbers: [ByteText: UInt32] = [:]

    var count: Int { texts.count }

    /// The names in the order of their numbers.
    var names: [String] { texts.map(\.text) }

    /// The name that has a number.
    subscript(number: Int) -> String { texts[number].text }

    /// The name's number; nil when it was never seen.
    func number(of name: String) -> UInt32? { numbers[ByteText(text: name)] }

    /// The name's number, a new one when it was never seen.
    mutating func insert(_ name: String) -> UInt32 {
        if let number = numbers[ByteText(text: name)] { return number }
        let number = UInt32(texts.count)
        texts.append(ByteText(text: name))
        numbers[ByteText(text: name)] = number
        return number
    }
}

/// A text that equals another only when all bytes do: `String` takes é in one scalar and in two for the same; a user
/// database does not.
private struct ByteText: Hashable, Sendable {
    let text: String

    static func == (left: ByteText, right: ByteText) -> Bool {
        left.text.utf8.withContiguousStorageIfAvailable { left in
            right.text.utf8.withContiguousStorageIfAvailable { right in
                left.elementsEqual(right)
            }
        }.flatMap { $0 } ?? left.text.utf8.elementsEqual(right.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        let isHashed: Void? = text.utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if isHashed == nil { Array(text.utf8).withUnsafeBytes { hasher.combine(bytes: $0) } }
    }
}

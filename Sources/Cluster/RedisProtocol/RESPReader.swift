/// Reads the values of a server from bytes as they come. Pure, and bounded in every direction: what a server sends is not
/// trusted.
public struct RESPReader: Sendable {
    /// Bytes of one value at most, everything in it included.
    public static let sizeLimit = 16 << 20
    /// Values in one value at most.
    public static let itemLimit = 1 << 20
    /// Arrays in arrays at most.
    public static let depthLimit = 8
    private static let lineLimit = 64 << 10

    private var buffer: [UInt8] = []
    private var start = 0
    /// Bytes that the value which is under way needs at least, so that a long one is not read again with every piece.
    private var needed = 0
    private var broken: RESPError?

    /// Makes a reader of a connection that has just begun.
    public init() {}

    /// Bytes that no complete value has used yet.
    public var waiting: Int { buffer.count - start }

    /// Adds bytes that have come.
    public mutating func receive(_ bytes: some Collection<UInt8>) {
        if start > 0 && start * 2 >= buffer.count {
            buffer.removeFirst(start)
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// Takes the next value; nil where it is not complete yet.
    ///
    /// - Throws: ``RESPError`` where the bytes are no RESP2 or a bound is passed; then with every further call too.
    public mutating func next() throws(RESPError) -> RESPValue? {
        if let broken { throw broken }
        guard waiting >= max(1, needed) else { return nil }
        var cursor = Cursor(bytes: buffer, position: start, start: start)
        do throws(RESPError) {
            guard let value = try cursor.value(depth: 0) else {
                needed = cursor.needed - start
                guard needed <= Self.sizeLimit else { throw RESPError(description: "a value of \(needed) bytes") }
                return nil
            }
            start = cursor.position
            needed = 0
            return value
        } catch {
            broken = error
            buffer = []
            start = 0
            throw error
        }
    }

    /// Reads one value from its first byte on.
    private struct Cursor {
        let bytes: [UInt8]
        var position: Int
        let start: Int
        var needed = 0
        var items = 0

        mutating func value(depth: Int) throws(RESPError) -> RESPValue? {
            items += 1
            guard items <= RESPReader.itemLimit else {
                throw RESPError(description: "more than \(RESPReader.itemLimit) values in one")
            }
            guard let line = try line() else { return nil }
            guard let kind = line.first else { throw RESPError(description: "an empty line where a value begins") }
            let rest = line.dropFirst()
            switch kind {
            case UInt8(ascii: "+"): return .simple(Array(rest))
            case UInt8(ascii: "-"): return .error(Array(rest))
            case UInt8(ascii: ":"): return .integer(try number(rest))
            case UInt8(ascii: "$"): return try bulk(rest)
            case UInt8(ascii: "*"): return try array(rest, depth: depth)
            default:
                throw RESPError(
                    description: "a value that begins with byte \(kind), where one of + - : $ * is accepted")
            }
        }

        private mutating func bulk(_ length: ArraySlice<UInt8>) throws(RESPError) -> RESPValue? {
            let length = try number(length)
            if length == -1 { return .bulk(nil) }
            guard (0...Int64(RESPReader.sizeLimit)).contains(length) else {
                throw RESPError(
                    description: "a text of \(length) bytes, where at most \(RESPReader.sizeLimit) are accepted")
            }
            let end = position + Int(length)
            guard bytes.count >= end + 2 else {
                needed = end + 2
                return nil
            }
            guard bytes[end] == 13, bytes[end + 1] == 10 else {
                throw RESPError(description: "a text that does not end where its length says")
            }
            defer { position = end + 2 }
            return .bulk(Array(bytes[position..<end]))
        }

        private mutating func array(_ count: ArraySlice<UInt8>, depth: Int) throws(RESPError) -> RESPValue? {
            let count = try number(count)
            if count == -1 { return .array(nil) }
            guard (0...Int64(RESPReader.itemLimit)).contains(count) else {
                throw RESPError(
                    description: "an array of \(count) values, where at most \(RESPReader.itemLimit) are accepted")
            }
            guard depth < RESPReader.depthLimit else {
                throw RESPError(description: "arrays in arrays, more than \(RESPReader.depthLimit) deep")
            }
            var values: [RESPValue] = []
            for _ in 0..<count {
                guard let value = try value(depth: depth + 1) else { return nil }
                values.append(value)
            }
            return .array(values)
        }

        /// The bytes up to CR LF, which the next value follows.
        private mutating func line() throws(RESPError) -> ArraySlice<UInt8>? {
            let limit = min(bytes.count, position + RESPReader.lineLimit)
            guard let end = bytes[position..<limit].firstIndex(of: 10) else {
                guard bytes.count - position < RESPReader.lineLimit else {
                    throw RESPError(description: "a line longer than \(RESPReader.lineLimit) bytes")
                }
                needed = bytes.count + 1
                return nil
            }
            guard end > position, bytes[end - 1] == 13 else {
                throw RESPError(description: "a line that does not end with CR LF")
            }
            defer { position = end + 1 }
            return bytes[position..<end - 1]
        }

        private func number(_ digits: ArraySlice<UInt8>) throws(RESPError) -> Int64 {
            let isNegative = digits.first == UInt8(ascii: "-")
            let digits = isNegative ? digits.dropFirst() : digits
            guard (1...19).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }),
                let number = Int64(String(decoding: digits, as: UTF8.self))
            else { throw RESPError(description: "a number that is none") }
            return isNegative ? -number : number
        }
    }
}

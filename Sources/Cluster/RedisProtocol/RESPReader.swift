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

    /// An array whose values have not all come.
    private struct OpenArray {
        let count: Int
        var values: [RESPValue] = []
    }
    private enum Part {
        case value(RESPValue)
        case array(of: Int)
    }

    private var buffer: [UInt8] = []
    private var start = 0
    /// The arrays around the next part, the outermost first.
    private var open: [OpenArray] = []
    /// What was read of the value that is under way.
    private var size = 0
    private var items = 0
    /// Bytes that the next part needs at least, so that a long one is not read again with every piece.
    private var needed = 0
    /// Bytes of the next line that have no end of it.
    private var scanned = 0
    private var broken: RESPError?

    /// Makes a reader of a connection that has just begun.
    public init() {}

    /// Bytes that were not read yet, or must be read again with what follows them.
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
        do throws(RESPError) {
            while let part = try nextPart() {
                switch part {
                case .array(let count) where count > 0: open.append(OpenArray(count: count))
                case .array: if let value = place(.array([])) { return value }
                case .value(let value): if let value = place(value) { return value }
                }
            }
            return nil
        } catch {
            broken = error
            (buffer, open, start) = ([], [], 0)
            throw error
        }
    }

    /// Puts a value where it belongs; the outermost one where that is complete now.
    private mutating func place(_ value: RESPValue) -> RESPValue? {
        var value = value
        while let last = open.indices.last {
            open[last].values.append(value)
            guard open[last].values.count == open[last].count else { return nil }
            value = .array(open.removeLast().values)
        }
        (size, items) = (0, 0)
        return value
    }

    /// Reads a value that is no array, or the beginning of an array; nil where not all of it has come.
    private mutating func nextPart() throws(RESPError) -> Part? {
        var position = start
        let part = try part(&position)
        let used = part == nil ? needed : position - start
        guard size + used <= Self.sizeLimit else { throw RESPError(description: "a value of \(size + used) bytes") }
        guard let part else { return nil }
        items += 1
        guard items <= Self.itemLimit else {
            throw RESPError(description: "more than \(Self.itemLimit) values in one")
        }
        size += used
        start = position
        (needed, scanned) = (0, 0)
        return part
    }

    private mutating func part(_ position: inout Int) throws(RESPError) -> Part? {
        guard let line = try line(&position) else { return nil }
        guard let kind = line.first else { throw RESPError(description: "an empty line where a value begins") }
        let rest = line.dropFirst()
        switch kind {
        case UInt8(ascii: "+"): return .value(.simple(Array(rest)))
        case UInt8(ascii: "-"): return .value(.error(Array(rest)))
        case UInt8(ascii: ":"): return .value(.integer(try number(rest)))
        case UInt8(ascii: "$"): return try bulk(rest, &position).map { .value($0) }
        case UInt8(ascii: "*"): return try array(rest)
        default:
            throw RESPError(
                description: "a value that begins with byte \(kind), where one of + - : $ * is accepted")
        }
    }

    private mutating func bulk(
        _ length: ArraySlice<UInt8>, _ position: inout Int
    ) throws(RESPError) -> RESPValue? {
        let length = try number(length)
        if length == -1 { return .bulk(nil) }
        guard (0...Int64(Self.sizeLimit)).contains(length) else {
            throw RESPError(description: "a text of \(length) bytes, where at most \(Self.sizeLimit) are accepted")
        }
        let end = position + Int(length)
        guard buffer.count >= end + 2 else {
            needed = end + 2 - start
            return nil
        }
        guard buffer[end] == 13, buffer[end + 1] == 10 else {
            throw RESPError(description: "a text that does not end where its length says")
        }
        defer { position = end + 2 }
        return .bulk(Array(buffer[position..<end]))
    }

    private func array(_ count: ArraySlice<UInt8>) throws(RESPError) -> Part {
        let count = try number(count)
        if count == -1 { return .value(.array(nil)) }
        guard (0...Int64(Self.itemLimit)).contains(count) else {
            throw RESPError(
                description: "an array of \(count) values, where at most \(Self.itemLimit) are accepted")
        }
        guard open.count < Self.depthLimit else {
            throw RESPError(description: "arrays in arrays, more than \(Self.depthLimit) deep")
        }
        return .array(of: Int(count))
    }

    /// The bytes up to CR LF, which the next value follows.
    private mutating func line(_ position: inout Int) throws(RESPError) -> ArraySlice<UInt8>? {
        let limit = min(buffer.count, position + Self.lineLimit)
        guard let end = buffer[min(position + scanned, limit)..<limit].firstIndex(of: 10) else {
            guard buffer.count - position < Self.lineLimit else {
                throw RESPError(description: "a line longer than \(Self.lineLimit) bytes")
            }
            scanned = buffer.count - position
            needed = scanned + 1
            return nil
        }
        guard end > position, buffer[end - 1] == 13 else {
            throw RESPError(description: "a line that does not end with CR LF")
        }
        defer { position = end + 1 }
        return buffer[position..<end - 1]
    }

    private func number(_ digits: ArraySlice<UInt8>) throws(RESPError) -> Int64 {
        let isNegative = digits.first == UInt8(ascii: "-")
        let digits = isNegative ? digits.dropFirst() : digits
        guard (1...19).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }),
            let number = Int64(String(decoding: digits, as: UTF8.self))
        else { throw RESPError(description: "an invalid number") }
        return isNegative ? -number : number
    }
}

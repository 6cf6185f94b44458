import AuthCore

/// Reads the members of a message, and nothing beyond its end.
struct HandOverReader {
    private var left: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { left = bytes }

    var isAtEnd: Bool { left.isEmpty }

    private mutating func take(_ count: Int) throws(HandOverFault) -> ArraySlice<UInt8> {
        guard count <= left.count else { throw HandOverFault("a message that is shorter than it says") }
        defer { left = left.dropFirst(count) }
        return left.prefix(count)
    }

    mutating func byte() throws(HandOverFault) -> UInt8 { try take(1).first ?? 0 }

    mutating func number<Number: FixedWidthInteger>() throws(HandOverFault) -> Number {
        let bytes = try take(Number.bitWidth / 8)
        return bytes.reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
    }

    private mutating func count() throws(HandOverFault) -> Int {
        let count: UInt32 = try number()
        return Int(count)
    }

    mutating func flag() throws(HandOverFault) -> Bool {
        switch try byte() {
        case 0: false
        case 1: true
        case let other: throw HandOverFault("a flag that is \(other); 0 and 1 are accepted")
        }
    }

    mutating func bytes() throws(HandOverFault) -> [UInt8] { Array(try take(try count())) }

    mutating func text() throws(HandOverFault) -> String {
        guard let text = String(validating: try bytes(), as: UTF8.self) else {
            throw HandOverFault("a text that is not valid UTF-8")
        }
        return text
    }

    /// As many as are said, each of which has a byte at least.
    mutating func list<Element>(
        _ element: (inout HandOverReader) throws(HandOverFault) -> Element
    ) throws(HandOverFault) -> [Element] {
        let count = try count()
        guard count <= left.count else { throw HandOverFault("a list that is shorter than it says") }
        var list: [Element] = []
        for _ in 0..<count { list.append(try element(&self)) }
        return list
    }

    mutating func id() throws(HandOverFault) -> SessionID { SessionID(high: try number(), low: try number()) }

    mutating func session() throws(HandOverFault) -> HandedSession {
        HandedSession(
            id: try id(), user: try text(), typedUser: try text(), applicationID: try text(), machineID: try text(),
            address: try text(), door: try text(), connected: try number(), idle: try number(), expiry: try number(),
            attributes: try list { reader throws(HandOverFault) in Field(try reader.text(), try reader.text()) })
    }
}

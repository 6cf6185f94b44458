/// A value as a server of Redis' protocol sends it, RESP2.
public enum RESPValue: Sendable, Equatable {
    case simple([UInt8])
    case error([UInt8])
    case integer(Int64)
    /// nil where there is nothing of the name that was asked for.
    case bulk([UInt8]?)
    case array([RESPValue]?)

    /// The bytes of a text or of a number; nil of anything else.
    public var bytes: [UInt8]? {
        switch self {
        case .simple(let bytes), .bulk(.some(let bytes)): bytes
        case .integer(let number): Array(String(number).utf8)
        case .error, .bulk(.none), .array: nil
        }
    }

    /// The bytes as text, with a mark for each that is no UTF-8; "" of what has none.
    public var text: String { String(decoding: bytes ?? [], as: UTF8.self) }

    /// The values of an array; none of anything else.
    public var items: [RESPValue] { if case .array(.some(let items)) = self { items } else { [] } }
}

/// Why the bytes of a server are no RESP2.
public struct RESPError: Error, Sendable, CustomStringConvertible {
    /// What was expected and what was found.
    public let description: String
}

/// Spells commands.
public enum RESPCommand {
    /// Returns the bytes of a command: its name and its arguments, of any bytes.
    public static func encode(_ words: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(words.reduce(16) { $0 + $1.count + 16 })
        bytes.append(contentsOf: "*\(words.count)\r\n".utf8)
        for word in words {
            bytes.append(contentsOf: "$\(word.count)\r\n".utf8)
            bytes.append(contentsOf: word)
            bytes.append(contentsOf: "\r\n".utf8)
        }
        return bytes
    }
}

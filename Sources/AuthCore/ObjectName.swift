/// A name of an object: a slash path that has been found fit to be shown to a module.
///
/// Shape: valid UTF-8, 1...4095 bytes, starts with `/`, no control character, no empty segment (so no doubled slash, and a
/// trailing slash only in `/` itself), no `.` or `..` segment. The bytes are kept with a NUL behind them.
public struct ObjectName: Hashable, Sendable {
    /// Most bytes of a name. Liberator's buffers hold 4,096 with the NUL.
    public static let maximumLength = 4095

    @usableFromInline let terminated: [UInt8]

    /// Checks and keeps a name that came from outside.
    ///
    /// - Throws: ``NameError``, which says what is wrong and at which byte.
    public init(_ bytes: Span<UInt8>) throws(NameError) {
        if let fault = NameFault.find(in: bytes) { throw fault }
        var storage: [UInt8] = []
        storage.reserveCapacity(bytes.count + 1)
        bytes.withUnsafeBufferPointer { storage.append(contentsOf: $0) }
        storage.append(0)
        terminated = storage
    }

    /// Takes bytes that have been checked, with a NUL behind them.
    fileprivate init(checked terminated: [UInt8]) { self.terminated = terminated }

    /// Reads a name; throws what is wrong with it.
    public init(_ bytes: [UInt8]) throws(NameError) { try self.init(bytes.span) }

    /// Reads a name; throws what is wrong with it.
    public init(_ bytes: ArraySlice<UInt8>) throws(NameError) { try self.init(bytes.span) }

    /// Reads a name; throws what is wrong with it.
    public init(_ text: String) throws(NameError) { try self.init(Array(text.utf8)) }

    /// The number of bytes, 1...4095.
    public var count: Int { terminated.count - 1 }

    /// The name's bytes, UTF-8, without a NUL.
    public var bytes: ArraySlice<UInt8> { terminated.dropLast() }

    /// The name as text; exact, since a name is valid UTF-8.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Lends the bytes with the NUL behind them, without copying.
    @inlinable public func withTerminatedBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        terminated.withUnsafeBufferPointer(body)
    }
}

/// Memory for the names of questions that come one after another: a question that is over leaves its own to a later one, so that
/// what is answered at once costs no allocation.
///
/// At most 64 names of at most 128 bytes are kept; others have memory of their own.
public struct NameRooms: Sendable {
    private static let limit = 64
    private static let longest = 128

    private var rooms: [[UInt8]] = []
    private var next = 0

    /// Makes none; they come with the names.
    public init() {}

    /// Begins with the first again. A name that is still held stays as it is: the next one has fresh memory there.
    public mutating func startOver() { next = 0 }

    /// Checks and keeps a name that came from outside.
    public mutating func name(_ bytes: Span<UInt8>) throws(NameError) -> ObjectName {
        guard next < Self.limit, bytes.count <= Self.longest else { return try ObjectName(bytes) }
        if let fault = NameFault.find(in: bytes) { throw fault }
        var room: [UInt8] = []
        if next < rooms.count { swap(&room, &rooms[next]) } else { rooms.append([]) }
        room.removeAll(keepingCapacity: true)
        bytes.withUnsafeBufferPointer { room.append(contentsOf: $0) }
        room.append(0)
        rooms[next] = room
        next += 1
        return ObjectName(checked: room)
    }
}

/// Why a name is not one. `offset` is the index of the offending byte.
public struct NameError: Error, Hashable, Sendable {
    /// Kinds of mistakes in a name.
    public enum Code: String, Sendable, CaseIterable {
        case empty, tooLong, notAbsolute, nul, control, invalidUTF8, emptySegment, dotSegment, trailingSlash
    }

    /// The kind of mistake.
    public let code: Code
    /// Where the mistake is, in bytes.
    public let offset: Int

    /// Makes a mistake.
    public init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }
}

extension NameError: CustomStringConvertible {
    /// Spells the mistake in words.
    public var description: String {
        let what =
            switch code {
            case .empty: "an object name is empty; 1 to \(ObjectName.maximumLength) bytes are accepted"
            case .tooLong: "an object name is longer than \(ObjectName.maximumLength) bytes"
            case .notAbsolute: "an object name must start with `/`"
            case .nul: "an object name holds a NUL"
            case .control: "an object name holds a control character"
            case .invalidUTF8: "an object name is not valid UTF-8"
            case .emptySegment: "an object name holds a doubled slash"
            case .dotSegment: "an object name holds a `.` or `..` segment"
            case .trailingSlash: "an object name ends with a slash"
            }
        return "\(what) (byte \(offset))"
    }
}

/// The strict reader of names: one pass over the bytes.
enum NameFault {
    static func find(in bytes: Span<UInt8>) -> NameError? {
        if bytes.isEmpty { return NameError(.empty, at: 0) }
        if bytes.count > ObjectName.maximumLength { return NameError(.tooLong, at: ObjectName.maximumLength) }
        if bytes[0] != UInt8(ascii: "/") { return NameError(.notAbsolute, at: 0) }
        var segmentStart = 1
        var index = 1
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case 0: return NameError(.nul, at: index)
            case 1..<0x20, 0x7f: return NameError(.control, at: index)
            case UInt8(ascii: "/"):
                if let fault = segmentFault(bytes, segmentStart, index) { return fault }
                segmentStart = index + 1
                index += 1
            case 0x80...:
                guard let length = UTF8Reader.scalarLength(bytes, at: index) else {
                    return NameError(.invalidUTF8, at: index)
                }
                // C1 controls, U+0080...U+009F
                if byte == 0xc2 && bytes[index + 1] < 0xa0 { return NameError(.control, at: index) }
                index += length
            default: index += 1
            }
        }
        if bytes.count > 1 && segmentStart == bytes.count { return NameError(.trailingSlash, at: bytes.count - 1) }
        return bytes.count == 1 ? nil : segmentFault(bytes, segmentStart, bytes.count)
    }

    private static func segmentFault(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> NameError? {
        let dot = UInt8(ascii: ".")
        switch end - start {
        case 0: return NameError(.emptySegment, at: end)
        case 1 where bytes[start] == dot: return NameError(.dotSegment, at: start)
        case 2 where bytes[start] == dot && bytes[start + 1] == dot: return NameError(.dotSegment, at: start)
        default: return nil
        }
    }
}

/// Reads UTF-8 strictly: no overlong forms, no surrogates, nothing above U+10FFFF (RFC 3629, section 4).
enum UTF8Reader {
    /// Tells the length of the scalar that starts at `index`, or nil where the bytes are not one.
    static func scalarLength(_ bytes: Span<UInt8>, at index: Int) -> Int? {
        let first = bytes[index]
        let (length, low, high): (Int, UInt8, UInt8) =
            switch first {
            case 0x00...0x7f: (1, 0, 0)
            case 0xc2...0xdf: (2, 0x80, 0xbf)
            case 0xe0: (3, 0xa0, 0xbf)
            case 0xed: (3, 0x80, 0x9f)
            case 0xe1...0xef: (3, 0x80, 0xbf)
            case 0xf0: (4, 0x90, 0xbf)
            case 0xf1...0xf3: (4, 0x80, 0xbf)
            case 0xf4: (4, 0x80, 0x8f)
            default: (0, 0, 0)
            }
        guard length > 0, index + length <= bytes.count else { return nil }
        if length == 1 { return 1 }
        guard (low...high).contains(bytes[index + 1]) else { return nil }
        for follower in 2..<max(length, 2) where bytes[index + follower] & 0xc0 != 0x80 { return nil }
        return length
    }
}

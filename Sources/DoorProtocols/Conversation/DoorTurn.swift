import AuthCore

/// A moment on the clock of a carrier, which only ever goes forward.
public struct DoorInstant: Sendable, Hashable, Comparable {
    /// Nanoseconds since a moment that only the carrier knows.
    public let nanoseconds: UInt64

    /// Makes a moment of the carrier's clock.
    public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// Whether one comes before another.
    public static func < (one: DoorInstant, other: DoorInstant) -> Bool { one.nanoseconds < other.nanoseconds }

    /// So much later; `duration` is not negative, and one that is too long ends with the clock.
    public static func + (instant: DoorInstant, duration: Duration) -> DoorInstant {
        instant.later(by: nanoseconds(of: duration))
    }

    /// So many nanoseconds later, at the end of the clock at the latest.
    func later(by nanoseconds: UInt64) -> DoorInstant {
        let (sum, ends) = self.nanoseconds.addingReportingOverflow(nanoseconds)
        return DoorInstant(nanoseconds: ends ? .max : sum)
    }

    /// A duration in nanoseconds. `components` would take it apart by generic code, for ten times as many instructions.
    static func nanoseconds(of duration: Duration) -> UInt64 {
        UInt64(clamping: duration.attoseconds / 1_000_000_000)
    }
}

/// What one call of a conversation sees of the outside, and what it leaves for its carrier to do.
public struct DoorTurn {
    /// How a connection ends.
    public enum End: Sendable {
        /// At once; what is written may be lost.
        case now
        /// Behind the last byte that was written.
        case written
        /// Behind the last byte, after the client has had two seconds to read it: closing with input unread would reset the
        /// connection and could lose the end.
        case lingering
    }

    /// Written bytes are sent early when they have grown to this many.
    public static let fullSize = 64 * 1024

    /// When the turn began.
    public var now: DoorInstant
    /// The same on the clock of the day, in whole seconds since 1970: for what clients are told.
    public var seconds: Int64
    /// Whether the client takes what is written.
    public var isWritable: Bool
    /// What is sent to the client.
    public var out = OutgoingBytes()
    /// How the connection ends; nil while it stays.
    public private(set) var end: End?
    /// Whether the conversation wants to hear when the client has taken what is written now.
    public var wantsSentNotice = false
    /// What may take a while and is not begun yet, in its order.
    private var laterWork: [@Sendable () -> Void] = []

    /// Makes the turn of a connection that has just begun.
    public init(now: DoorInstant, seconds: Int64, isWritable: Bool = true) {
        self.now = now
        self.seconds = seconds
        self.isWritable = isWritable
    }

    /// Whether no more should be written in this turn.
    var isFull: Bool { !isWritable || out.count >= Self.fullSize }

    /// Leaves to the carrier what may take a while: it is done where no event loop waits for it, in its order, also when the
    /// connection ends.
    mutating func doLater(_ work: @escaping @Sendable () -> Void) { laterWork.append(work) }

    /// Whether something may take a while and is not begun.
    public var hasLaterWork: Bool { !laterWork.isEmpty }

    /// Takes over what may take a while.
    public mutating func takeLaterWork() -> [@Sendable () -> Void] {
        defer { laterWork = [] }
        return laterWork
    }

    /// Ends the connection; the first end counts, but for ``End/now``.
    public mutating func close(_ end: End) {
        if self.end == nil || end == .now { self.end = end }
    }
}

/// Bytes for a client, in the order in which they are written.
public struct OutgoingBytes {
    /// The bytes.
    public private(set) var bytes: [UInt8] = []

    /// Holds nothing yet.
    public init() {}

    /// How many there are.
    public var count: Int { bytes.count }
    /// Whether there are no bytes.
    public var isEmpty: Bool { bytes.isEmpty }

    /// Forgets the bytes that were sent, and keeps room for as many.
    public mutating func removeAll() {
        if bytes.capacity > 2 * DoorTurn.fullSize { bytes = [] } else { bytes.removeAll(keepingCapacity: true) }
    }

    mutating func write(_ text: StaticString) {
        // SAFETY: a literal's own memory, which lasts as long as the program.
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func write(_ text: String) {
        if text.isEmpty { return }
        // In one piece, as nearly every text lies: a view of it is appended by steps.
        let isWritten: Void? = text.utf8.withContiguousStorageIfAvailable { bytes.append(contentsOf: $0) }
        if isWritten == nil { bytes.append(contentsOf: text.utf8) }
    }

    mutating func write(_ more: some Collection<UInt8>) { bytes.append(contentsOf: more) }

    /// Writes a number in decimal digits.
    mutating func write(decimal number: UInt32) {
        var divisor: UInt32 = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }

    /// Writes the 32 digits of a decision's name.
    mutating func write(_ decision: DecisionID) {
        let quarters: InlineArray<4, UInt64> = InlineArray { decision.digits(ofQuarter: $0).littleEndian }
        withUnsafeBytes(of: quarters) { bytes.append(contentsOf: $0) }
    }

    /// Writes a number with its lowest byte first.
    mutating func write(little number: some FixedWidthInteger & UnsignedInteger) {
        var rest = number
        for _ in 0..<number.bitWidth / 8 {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest = rest >> 8
        }
    }

    /// Writes the length of everything behind a place into the four bytes there, the lowest first.
    mutating func writeLength(at place: Int) {
        let length = UInt32(truncatingIfNeeded: bytes.count - place - 4)
        for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: length >> (8 * UInt32(index))) }
    }
}

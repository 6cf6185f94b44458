import AuthCore

/// A CHECK without fields, contribution and attributes, as nearly all are, read where it lies. All other frames are for
/// ``NativeReader``.
struct NativePlainCheck {
    /// Of a frame without the name.
    private static let size = NativeProtocol.lengthSize + NativeProtocol.headerSize + 16 + 1 + 2 + 4
    /// Where the name begins, behind its length.
    private static let start = NativeProtocol.lengthSize + NativeProtocol.headerSize + 19

    let number: UInt32
    let session: SessionID
    let action: Check.Action
    /// Where the name is, in the frame.
    let name: Range<Int>

    /// Reads a whole frame with its length; nil for what is no such check.
    init?(_ frame: Span<UInt8>) {
        guard frame.count >= Self.size, frame[4] == NativeProtocol.Kind.check.rawValue, frame[5] == 0,
            frame[6] | frame[7] == 0
        else { return nil }
        let bytes = frame.bytes
        let length = Int(UInt16(littleEndian: Self.load(bytes, Self.start - 2)))
        guard frame.count == Self.size + length, UInt32(littleEndian: Self.load(bytes, frame.count - 4)) == 0
        else { return nil }
        switch frame[Self.start - 3] {
        case 1: action = .read
        case 2: action = .write
        case 3: action = .create
        default: return nil
        }
        number = UInt32(littleEndian: Self.load(bytes, 8))
        session = SessionID(
            high: UInt64(littleEndian: Self.load(bytes, 12)), low: UInt64(littleEndian: Self.load(bytes, 20)))
        name = Self.start..<Self.start + length
    }

    private static func load<Number: FixedWidthInteger & BitwiseCopyable>(_ bytes: RawSpan, _ place: Int) -> Number {
        // SAFETY: any bits are a number, and the span checks that they are within it.
        bytes.unsafeLoadUnaligned(fromByteOffset: place, as: Number.self)
    }
}

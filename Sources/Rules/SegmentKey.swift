/// Identifies one segment of a name: its place, its first eight bytes as a word, and a hash, made in one pass.
struct SegmentKey: BitwiseCopyable {
    /// Offset of the first byte.
    let start: Int
    /// Number of bytes.
    let length: Int
    /// The first eight bytes, little endian, zero-filled: equal words and equal lengths up to 8 are equal segments.
    let head: UInt64
    /// Spread over all 64 bits.
    let hash: UInt64

    static let slash = UInt8(ascii: "/")

    /// Reads the segment that begins at `start` and ends before the next slash or at `count`.
    @inline(__always)
    init(reading bytes: UnsafePointer<UInt8>, from start: Int, count: Int) {
        var word: UInt64 = 0
        var head: UInt64 = 0
        var shift: UInt64 = 0
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
        var position = start
        while position < count {
            // SAFETY: `position < count`, and the caller vouches for `count` bytes.
            let byte = bytes[position]
            if byte == Self.slash { break }
            word |= UInt64(byte) &<< shift
            shift &+= 8
            position &+= 1
            if shift == 64 {
                if position &- start == 8 { head = word }
                hash = Self.mix(hash ^ word)
                word = 0
                shift = 0
            }
        }
        length = position &- start
        self.start = start
        self.head = length < 8 ? word : head
        self.hash = Self.mix(hash ^ word ^ (UInt64(truncatingIfNeeded: length) &<< 56))
    }

    @inline(__always)
    static func mix(_ value: UInt64) -> UInt64 {
        let product = value &* 0xD6E8_FEB8_6659_FD93
        return product ^ (product &>> 32)
    }
}

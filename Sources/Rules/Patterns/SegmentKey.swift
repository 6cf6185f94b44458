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

    /// Reads the segment that begins at `start`, at most `count`, and ends before the next slash or at `count`.
    @inline(__always)
    init(reading bytes: UnsafePointer<UInt8>, from start: Int, count: Int) {
        var head: UInt64 = 0
        var word: UInt64 = 0
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
        var position = start
        while position < count {
            word = Self.word(bytes, at: position, count: count)
            let length = min(Self.lengthBeforeSlash(word), count &- position)
            position &+= length
            if length < 8 {
                word &= (1 &<< UInt64(truncatingIfNeeded: length &* 8)) &- 1
                break
            }
            if position &- start == 8 { head = word }
            hash = Self.mix(hash ^ word)
            word = 0
        }
        length = position &- start
        self.start = start
        self.head = length < 8 ? word : head
        self.hash = Self.mix(hash ^ word ^ (UInt64(truncatingIfNeeded: length) &<< 56))
    }

    /// Reads eight bytes, little endian; those from `count` on are zero.
    @inline(__always)
    private static func word(_ bytes: UnsafePointer<UInt8>, at position: Int, count: Int) -> UInt64 {
        let missing = position &+ 8 &- count
        if missing <= 0 || count >= 8 {
            let start = missing <= 0 ? position : count &- 8
            // SAFETY: the eight bytes from `start` lie below `count`.
            let word = UInt64(littleEndian: UnsafeRawPointer(bytes + start).loadUnaligned(as: UInt64.self))
            return missing <= 0 ? word : word &>> UInt64(truncatingIfNeeded: missing &* 8)
        }
        var word: UInt64 = 0
        // SAFETY: below `count`.
        for index in position..<count { word |= UInt64(bytes[index]) &<< UInt64((index &- position) &* 8) }
        return word
    }

    /// Counts the bytes before the first slash, 8 when there is none: the lowest bit left is that of the first zero byte.
    @inline(__always)
    private static func lengthBeforeSlash(_ word: UInt64) -> Int {
        let differing = word ^ 0x2F2F_2F2F_2F2F_2F2F
        let zeros = (differing &- 0x0101_0101_0101_0101) & ~differing & 0x8080_8080_8080_8080
        return zeros.trailingZeroBitCount &>> 3
    }

    @inline(__always)
    static func mix(_ value: UInt64) -> UInt64 {
        let product = value &* 0xD6E8_FEB8_6659_FD93
        return product ^ (product &>> 32)
    }
}

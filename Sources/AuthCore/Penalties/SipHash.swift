/// SipHash-2-4 of Aumasson and Bernstein: a keyed digest that hosts with one key make alike.
struct SipHash {
    private var state: (UInt64, UInt64, UInt64, UInt64)
    private var tail: UInt64 = 0
    private var count = 0

    init(_ key: (UInt64, UInt64)) {
        state = (
            key.0 ^ 0x736f_6d65_7073_6575, key.1 ^ 0x646f_7261_6e64_6f6d, key.0 ^ 0x6c79_6765_6e65_7261,
            key.1 ^ 0x7465_6462_7974_6573
        )
    }

    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            tail |= UInt64(byte) << UInt64(8 * (count % 8))
            count += 1
            if count % 8 == 0 { takeTail() }
        }
    }

    /// The digest of all that was added.
    consuming func finish() -> UInt64 {
        tail |= UInt64(truncatingIfNeeded: count) << 56
        takeTail()
        state.2 ^= 0xff
        for _ in 0..<4 { turn() }
        return state.0 ^ state.1 ^ state.2 ^ state.3
    }

    private mutating func takeTail() {
        state.3 ^= tail
        turn()
        turn()
        state.0 ^= tail
        tail = 0
    }

    private mutating func turn() {
        state.0 = state.0 &+ state.1
        state.1 = Self.rotated(state.1, 13) ^ state.0
        state.0 = Self.rotated(state.0, 32)
        state.2 = state.2 &+ state.3
        state.3 = Self.rotated(state.3, 16) ^ state.2
        state.0 = state.0 &+ state.3
        state.3 = Self.rotated(state.3, 21) ^ state.0
        state.2 = state.2 &+ state.1
        state.1 = Self.rotated(state.1, 17) ^ state.2
        state.2 = Self.rotated(state.2, 32)
    }

    private static func rotated(_ value: UInt64, _ bits: UInt64) -> UInt64 { value << bits | value >> (64 - bits) }
}

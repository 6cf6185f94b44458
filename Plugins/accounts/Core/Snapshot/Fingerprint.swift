/// Tells entries apart: a hash of 64 bits, seeded for the process, that takes eight bytes at a time.
struct Fingerprint: BitwiseCopyable {
    private static let seed = UInt64.random(in: .min ... .max)
    private(set) var value = seed

    /// Takes a part with its length, so that parts do not run into each other; "not there" is not "empty".
    mutating func add(_ text: LentText?) {
        guard let text, let base = text.baseAddress else { return add(text == nil ? UInt64.max : 0) }
        add(UInt64(text.count))
        var position = 0
        while position &+ 8 <= text.count {
            // SAFETY: eight bytes are left.
            add(UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self))
            position &+= 8
        }
        guard position < text.count else { return }
        var word: UInt64 = 0
        while position < text.count {
            // SAFETY: `position` is inside the text.
            word = word &<< 8 | UInt64(base[position])
            position &+= 1
        }
        add(word)
    }

    /// Takes a number.
    @inline(__always)
    mutating func add(_ number: UInt64) {
        let product = (value ^ number).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        value = product.high ^ product.low &+ 0xD6E8_FEB8_6659_FD93
    }
}

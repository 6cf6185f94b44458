/// Numbers byte strings in order of addition, and finds them again.
///
/// At most 2^32 - 2 names and 4 GiB of bytes. A name costs its bytes, 4 bytes of offset and 8 to 16 bytes of index.
public struct NameTable: ~Copyable, @unchecked Sendable {
    // Sendable: one owner, and reading changes nothing: concurrent reads of a table are safe while no thread changes it.
    private var bytes = Flat<UInt8>()
    private var ends = Flat<UInt32>()
    /// The upper half of a slot is a piece of the hash, the lower half the index plus one; 0 is empty.
    private var slots = Flat<UInt64>(repeating: 0, count: 16)
    private var shift: UInt64 = 60

    /// Makes an empty table.
    public init() {}

    /// How many names there are.
    public var count: Int { ends.count }

    /// Finds a name's index in order of addition; nil when it was never added. Allocates nothing.
    public func find(_ name: Span<UInt8>) -> Int? {
        name.withBytes { find($0) }
    }

    /// Adds a name, or finds it when it is there already.
    ///
    /// Returns its index, and whether it is new.
    public mutating func insert(_ name: Span<UInt8>) -> (index: Int, isNew: Bool) {
        name.withUnsafeBufferPointer { insert($0) }
    }

    /// Copies out a name.
    public func name(_ index: Int) -> [UInt8] { view(index).array }

    @inline(__always)
    func view(_ index: Int) -> Bytes { lent.view(index) }

    /// Lends the names as plain pointers; valid as long as the table is neither changed nor dropped.
    @inline(__always)
    var lent: LentNames { LentNames(bytes: UnsafePointer(bytes.base), ends: UnsafePointer(ends.base)) }

    @inline(__always)
    func find(_ name: Bytes) -> Int? {
        let hash = Self.hash(name)
        var slot = Int(truncatingIfNeeded: hash &>> shift)
        while true {
            let entry = slots[slot]
            if entry == 0 { return nil }
            if entry &>> 32 == hash & 0xFFFF_FFFF {
                let index = Int(entry & 0xFFFF_FFFF) - 1
                if view(index) == name { return index }
            }
            slot = (slot + 1) & (slots.count - 1)
        }
    }

    private mutating func insert(_ name: UnsafeBufferPointer<UInt8>) -> (index: Int, isNew: Bool) {
        let stand = UnsafePointer<UInt8>(bitPattern: 1).unsafelyUnwrapped
        let view = Bytes(name.baseAddress ?? stand, name.count)
        if let index = find(view) { return (index, false) }
        bytes.append(name)
        precondition(bytes.count <= UInt32.max && count < UInt32.max - 1, "a name table holds 4 GiB at most")
        ends.append(UInt32(bytes.count))
        if count * 2 > slots.count { rehash() } else { place(Self.hash(view), index: count - 1) }
        return (count - 1, true)
    }

    private mutating func rehash() {
        slots = Flat(repeating: 0, count: slots.count * 2)
        shift -= 1
        for index in 0..<count { place(Self.hash(view(index)), index: index) }
    }

    private mutating func place(_ hash: UInt64, index: Int) {
        var slot = Int(truncatingIfNeeded: hash &>> shift)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = (hash & 0xFFFF_FFFF) << 32 | UInt64(index + 1)
    }

    @inline(__always)
    private static func hash(_ name: Bytes) -> UInt64 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
        var position = 0
        while position &+ 8 <= name.count {
            // SAFETY: eight bytes are left.
            let word = UnsafeRawPointer(name.base + position).loadUnaligned(as: UInt64.self)
            hash = SegmentKey.mix(hash ^ word)
            position &+= 8
        }
        var word: UInt64 = 0
        while position < name.count {
            // SAFETY: `position` is inside the name.
            word = word &<< 8 | UInt64(name.base[position])
            position &+= 1
        }
        return SegmentKey.mix(SegmentKey.mix(hash ^ word) ^ UInt64(truncatingIfNeeded: name.count))
    }
}

/// Reads the names of a table that outlives it.
struct LentNames: BitwiseCopyable {
    let bytes: UnsafePointer<UInt8>
    let ends: UnsafePointer<UInt32>

    @inline(__always)
    func view(_ index: Int) -> Bytes {
        // SAFETY: `index` is below the table's count; its offsets lie inside its bytes.
        let start = index == 0 ? 0 : Int(ends[index &- 1])
        return Bytes(bytes + start, Int(ends[index]) &- start)
    }
}

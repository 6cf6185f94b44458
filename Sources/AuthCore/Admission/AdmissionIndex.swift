/// Finds records of a slab by what stands in them: a hash table of numbers, eight bytes a slot, where a dictionary would keep
/// every key a second time.
///
/// Hashes come from Swift's `Hasher`, SipHash under a key of this process, so that names cannot be chosen to collide. Open
/// addressing with linear probing; a removal moves later entries back, so there are no marks of removed ones.
struct AdmissionIndex: Sendable {
    private struct Slot: Sendable {
        var hash: UInt32 = 0
        var index = Chain.none
    }

    private var slots = [Slot](repeating: Slot(), count: 16)
    private var count = 0

    /// The number whose record `matches` says is the one.
    @inline(__always) func find(_ hash: UInt32, where matches: (UInt32) -> Bool) -> UInt32? {
        let mask = slots.count - 1
        var position = Int(hash) & mask
        while slots[position].index != Chain.none {
            if slots[position].hash == hash && matches(slots[position].index) { return slots[position].index }
            position = (position + 1) & mask
        }
        return nil
    }

    /// Adds a number that is not in it.
    mutating func insert(_ index: UInt32, _ hash: UInt32) {
        if count * 4 >= slots.count * 3 { grow() }
        place(Slot(hash: hash, index: index))
        count += 1
    }

    /// Takes out a number that is in it.
    mutating func remove(_ index: UInt32, _ hash: UInt32) {
        let mask = slots.count - 1
        var hole = Int(hash) & mask
        while slots[hole].index != index { hole = (hole + 1) & mask }
        var position = hole
        while true {
            position = (position + 1) & mask
            guard slots[position].index != Chain.none else { break }
            let home = Int(slots[position].hash) & mask
            // It may move to the hole if its home is not between the hole and where it stands.
            if (position - home) & mask >= (position - hole) & mask {
                slots[hole] = slots[position]
                hole = position
            }
        }
        slots[hole] = Slot()
        count -= 1
    }

    private mutating func place(_ slot: Slot) {
        let mask = slots.count - 1
        var position = Int(slot.hash) & mask
        while slots[position].index != Chain.none { position = (position + 1) & mask }
        slots[position] = slot
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: old.count * 2)
        for slot in old where slot.index != Chain.none { place(slot) }
    }

    static func hash(_ name: String) -> UInt32 {
        var hasher = Hasher()
        ExactText(name).hash(into: &hasher)
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }

    static func hash(_ first: UInt32, _ second: UInt32) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(UInt64(first) << 32 | UInt64(second))
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }
}

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

    /// A look for numbers by a hash.
    struct Search {
        fileprivate let hash: UInt32
        fileprivate var position: Int
    }

    /// Begins to look for numbers with a hash: a closure that compared records would hold a copy of their table.
    func search(_ hash: UInt32) -> Search { Search(hash: hash, position: Int(hash) & (slots.count - 1)) }

    /// The next number with the hash; nil when there is no more.
    func next(_ search: inout Search) -> UInt32? {
        while true {
            let slot = slots[search.position]
            if slot.index == Chain.none { return nil }
            search.position = (search.position + 1) & (slots.count - 1)
            if slot.hash == search.hash { return slot.index }
        }
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

    /// Of two numbers of the ledger's own, which no client chooses: Knuth's multiplication, by 2^64 over the golden ratio.
    static func hash(_ first: UInt32, _ second: UInt32) -> UInt32 {
        // A shift binds more strongly than a product: without the parentheses the first number would count for nothing.
        UInt32(truncatingIfNeeded: ((UInt64(first) << 32 | UInt64(second)) &* 0x9e37_79b9_7f4a_7c15) >> 32)
    }
}

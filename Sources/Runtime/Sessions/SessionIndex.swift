import AuthCore

/// Sessions by id: a table with open addressing, in which the place of an id is in the id itself.
///
/// Ids are random and drawn by the host, so there is nothing to hash: a client that asks for ids of its own choice finds runs of
/// taken places as long as chance has made them, and can make none longer.
struct SessionIndex: Sendable {
    private struct Slot: Sendable {
        /// The low word of the session's id with its lowest bit set, which names the shard and nothing here; 0 for a free slot.
        var tag: UInt64 = 0
        var session: Session?
    }

    /// The bits of the low word that choose the shard.
    static let shardBits: UInt64 = 6

    private var slots = Array(repeating: Slot(), count: 8)
    private(set) var count = 0

    private var mask: Int { slots.count - 1 }

    subscript(id: SessionID) -> Session? { place(of: id).flatMap { slots[$0].session } }

    /// Keeps a session that is not kept yet.
    mutating func insert(_ session: Session) {
        if (count + 1) * 4 > slots.count * 3 { grow() }
        put(Slot(tag: session.id.low | 1, session: session))
        count += 1
    }

    mutating func remove(_ id: SessionID) {
        guard var hole = place(of: id) else { return }
        // The entries behind move up, but none before its home, so that a search never meets a hole too early.
        var next = (hole + 1) & mask
        while slots[next].tag != 0 {
            let home = home(of: slots[next].tag)
            if (next - home) & mask >= (next - hole) & mask {
                slots[hole] = slots[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        slots[hole] = Slot()
        count -= 1
    }

    private func home(of tag: UInt64) -> Int { Int(truncatingIfNeeded: tag >> Self.shardBits) & mask }

    private func place(of id: SessionID) -> Int? {
        let tag = id.low | 1
        var place = home(of: tag)
        while slots[place].tag != 0 {
            if slots[place].tag == tag, slots[place].session?.id == id { return place }
            place = (place + 1) & mask
        }
        return nil
    }

    private mutating func put(_ slot: Slot) {
        var place = home(of: slot.tag)
        while slots[place].tag != 0 { place = (place + 1) & mask }
        slots[place] = slot
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: Slot(), count: old.count * 2)
        for slot in old where slot.tag != 0 { put(slot) }
    }
}

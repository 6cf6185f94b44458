/// Records found by a number that is used again after they are gone.
struct Slab<Record: Sendable>: Sendable {
    private var records: [Record] = []
    private var free: [UInt32] = []

    var indices: Range<UInt32> { 0..<UInt32(records.count) }

    mutating func insert(_ record: Record) -> UInt32 {
        if let index = free.popLast() {
            records[Int(index)] = record
            return index
        }
        records.append(record)
        return UInt32(records.count - 1)
    }

    /// Lets the number be used again; the record stays until it is.
    mutating func remove(_ index: UInt32) { free.append(index) }

    subscript(index: UInt32) -> Record {
        // Lent: a copy counts a reference for each text in it.
        _read { yield records[Int(index)] }
        _modify { yield &records[Int(index)] }
    }
}

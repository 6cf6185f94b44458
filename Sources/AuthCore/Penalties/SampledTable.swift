/// A bounded dictionary. Where it is full, a few entries are drawn by lot, and the one that is worth least makes room.
///
/// No client can choose which entry goes, and an entry that is worth much stays as long as there are many that are not.
struct SampledTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var index: [Key: Int] = [:]
    private(set) var slots: [(key: Key, value: Value)] = []
    private var cursor = 0
    /// Most entries.
    var limit: Int

    /// How many entries are compared.
    private static var draws: Int { 16 }

    init(limit: Int) { self.limit = limit }

    var count: Int { slots.count }

    subscript(_ key: Key) -> Value? { index[key].map { slots[$0].value } }

    /// Changes an entry; returns nil where it is not there.
    mutating func update<Result>(_ key: Key, _ body: (inout Value) -> Result) -> Result? {
        guard let place = index[key] else { return nil }
        return body(&slots[place].value)
    }

    /// Changes an entry, and makes it where it is not there.
    ///
    /// - Parameter worth: of an entry; one with the greatest number never goes.
    mutating func update<Result>(
        _ key: Key, or value: @autoclosure () -> Value, worth: (Value) -> Int64, _ body: (inout Value) -> Result
    ) -> Result {
        if let place = index[key] { return body(&slots[place].value) }
        if slots.count >= limit { makeRoom(worth) }
        index[key] = slots.count
        slots.append((key, value()))
        return body(&slots[slots.count - 1].value)
    }

    private mutating func makeRoom(_ worth: (Value) -> Int64) {
        var least: (place: Int, worth: Int64)?
        for _ in 0..<Self.draws {
            guard let place = slots.indices.randomElement() else { return }
            let worth = worth(slots[place].value)
            if worth < least?.worth ?? .max { least = (place, worth) }
        }
        if let least { remove(at: least.place) }
    }

    mutating func remove(_ key: Key) {
        if let place = index.removeValue(forKey: key) { close(place) }
    }

    /// Changes an entry, and removes it where `body` says that it is over. It is looked for once.
    mutating func change(_ key: Key, _ body: (inout Value) -> Bool) {
        guard let found = index.index(forKey: key) else { return }
        let place = index[found].value
        guard body(&slots[place].value) else { return }
        index.remove(at: found)
        close(place)
    }

    private mutating func remove(at place: Int) {
        index[slots[place].key] = nil
        close(place)
    }

    /// Fills the place of an entry that the index has no more with the last one.
    private mutating func close(_ place: Int) {
        let last = slots.removeLast()
        guard place < slots.count else { return }
        slots[place] = last
        index[last.key] = place
    }

    /// Removes entries; looks at every one.
    mutating func removeAll(where isForgotten: (Key, Value) -> Bool) {
        for key in slots.filter({ isForgotten($0.key, $0.value) }).map(\.key) { remove(key) }
    }

    /// Removes what is forgotten among the next so many entries.
    mutating func sweep(_ most: Int, where isForgotten: (Value) -> Bool) {
        for _ in 0..<min(most, slots.count) {
            if cursor >= slots.count { cursor = 0 }
            guard cursor < slots.count else { return }
            if isForgotten(slots[cursor].value) { remove(at: cursor) } else { cursor += 1 }
        }
    }
}

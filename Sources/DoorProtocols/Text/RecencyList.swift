/// Values in the order of their last use. Each change touches four links at most, however long the list is.
struct RecencyList<Value: Sendable>: Sendable {
    private struct Link: Sendable {
        var value: Value?
        var older: Int
        var newer: Int
    }

    private static var none: Int { -1 }

    private var links: [Link] = []
    private var free: [Int] = []
    private var oldestIndex = Self.none
    private var newestIndex = Self.none
    /// How many links were ever looked at or changed: what the list has cost.
    private(set) var touches = 0

    /// The one that was used longest ago.
    var oldest: Value? { oldestIndex == Self.none ? nil : links[oldestIndex].value }

    /// Adds a value as the newest, and returns where it is until it is removed.
    mutating func append(_ value: Value) -> Int {
        let index: Int
        if let again = free.popLast() {
            index = again
        } else {
            links.append(Link(value: nil, older: Self.none, newer: Self.none))
            index = links.count - 1
        }
        change(index) { $0.value = value }
        attach(index)
        return index
    }

    /// Makes a value the newest.
    mutating func touch(_ index: Int) {
        detach(index)
        attach(index)
    }

    mutating func remove(_ index: Int) {
        detach(index)
        change(index) { $0.value = nil }
        free.append(index)
    }

    private mutating func attach(_ index: Int) {
        let before = newestIndex
        change(index) { ($0.older, $0.newer) = (before, Self.none) }
        if before == Self.none { oldestIndex = index } else { change(before) { $0.newer = index } }
        newestIndex = index
    }

    private mutating func detach(_ index: Int) {
        let (older, newer) = (links[index].older, links[index].newer)
        if older == Self.none { oldestIndex = newer } else { change(older) { $0.newer = newer } }
        if newer == Self.none { newestIndex = older } else { change(newer) { $0.older = older } }
    }

    private mutating func change(_ index: Int, _ body: (inout Link) -> Void) {
        touches += 1
        body(&links[index])
    }
}

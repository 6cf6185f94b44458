/// The two ends of a list whose links a ``Chain`` holds.
struct ListEnds: Sendable {
    var first = Chain.none
    var last = Chain.none
}

/// The links of lists to which each number belongs once at most: adding to the end and taking out cost the same however long a
/// list is.
struct Chain: Sendable {
    static let none = UInt32.max

    private var links: [(previous: UInt32, next: UInt32)] = []

    mutating func append(_ index: UInt32, to list: inout ListEnds) {
        while links.count <= Int(index) { links.append((Self.none, Self.none)) }
        links[Int(index)] = (list.last, Self.none)
        if list.last == Self.none { list.first = index } else { links[Int(list.last)].next = index }
        list.last = index
    }

    mutating func remove(_ index: UInt32, from list: inout ListEnds) {
        let (previous, next) = links[Int(index)]
        if previous == Self.none { list.first = next } else { links[Int(previous)].next = next }
        if next == Self.none { list.last = previous } else { links[Int(next)].previous = previous }
        links[Int(index)] = (Self.none, Self.none)
    }

    /// The one after `index` in its list, or ``none``.
    func next(after index: UInt32) -> UInt32 { links[Int(index)].next }
}

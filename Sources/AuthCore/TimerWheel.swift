/// Deadlines of many pending questions, in slots of one tick: adding costs a few instructions, and the time is looked at once a
/// tick instead of once a deadline. A pure value; its owner brings the clock and the lock.
public struct TimerWheel<Element> {
    private struct Entry {
        let due: Int64
        let element: Element
    }

    /// Nanoseconds of one tick.
    public let tick: Int64
    private var slots: [[Entry]]
    /// The tick up to which everything has expired.
    private var cursor: Int64
    /// How many deadlines there are.
    public private(set) var count = 0

    /// - Parameters:
    ///   - tick: in nanoseconds, at least 1. A deadline expires at most one tick late, never early.
    ///   - slots: how many ticks one turn has; deadlines further away stay for more turns.
    ///   - now: nanoseconds on the clock that deadlines are on.
    public init(tick: Int64, slots: Int, now: Int64) {
        self.tick = tick
        self.slots = Array(repeating: [], count: slots)
        cursor = now / tick
    }

    /// Whether there is no deadline.
    public var isEmpty: Bool { count == 0 }

    /// Adds a deadline; one that has passed expires at the next ``advance(to:)``.
    public mutating func add(_ element: Element, due: Int64) {
        let slot = max((due + tick - 1) / tick, cursor + 1)
        slots[Int(slot % Int64(slots.count))].append(Entry(due: due, element: element))
        count += 1
    }

    /// Forgets deadlines; looks at every one.
    public mutating func removeAll(where isForgotten: (Element) -> Bool) {
        for index in slots.indices { slots[index].removeAll { isForgotten($0.element) } }
        count = slots.reduce(0) { $0 + $1.count }
    }

    /// Takes out everything whose deadline has passed.
    public mutating func advance(to now: Int64) -> [Element] {
        let target = now / tick
        guard target > cursor else { return [] }
        var expired: [Element] = []
        let turns = min(target - cursor, Int64(slots.count))
        for step in 1...turns {
            let index = Int((target - turns + step) % Int64(slots.count))
            guard !slots[index].isEmpty else { continue }
            var kept: [Entry] = []
            for entry in slots[index] {
                if entry.due <= now { expired.append(entry.element) } else { kept.append(entry) }
            }
            slots[index] = kept
        }
        cursor = target
        count -= expired.count
        return expired
    }
}

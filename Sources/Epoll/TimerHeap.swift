/// The next of many times, each of a number that has one at most. A pure value; nothing is allocated once it has grown.
struct TimerHeap {
    private struct Entry {
        var due: UInt64
        var number: Int
    }

    /// No entry is due before the one at half its index.
    private var entries: [Entry] = []
    /// Where a number's entry is; -1 without one.
    private var places: [Int] = []

    /// How many numbers have a time.
    var count: Int { entries.count }
    /// The earliest time; nil without one.
    var first: UInt64? { entries.first?.due }

    /// Sets or moves the time of a number.
    mutating func set(_ number: Int, to due: UInt64) {
        while places.count <= number { places.append(-1) }
        let place = places[number]
        guard place >= 0 else {
            entries.append(Entry(due: due, number: number))
            return rise(entries.count - 1)
        }
        entries[place].due = due
        settle(place)
    }

    /// Forgets the time of a number, if it has one.
    mutating func remove(_ number: Int) {
        guard number < places.count, places[number] >= 0 else { return }
        let place = places[number]
        places[number] = -1
        let last = entries.removeLast()
        guard place < entries.count else { return }
        entries[place] = last
        settle(place)
    }

    /// Takes a number out whose time has come.
    mutating func pop(_ now: UInt64) -> Int? {
        guard let first = entries.first, first.due <= now else { return nil }
        remove(first.number)
        return first.number
    }

    private mutating func settle(_ place: Int) {
        if place > 0, entries[place].due < entries[(place - 1) / 2].due { rise(place) } else { sink(place) }
    }

    private mutating func rise(_ place: Int) {
        let entry = entries[place]
        var place = place
        while place > 0, entry.due < entries[(place - 1) / 2].due {
            put(entries[(place - 1) / 2], place)
            place = (place - 1) / 2
        }
        put(entry, place)
    }

    private mutating func sink(_ place: Int) {
        let entry = entries[place]
        var place = place
        while true {
            var child = 2 * place + 1
            if child + 1 < entries.count, entries[child + 1].due < entries[child].due { child += 1 }
            guard child < entries.count, entries[child].due < entry.due else { break }
            put(entries[child], place)
            place = child
        }
        put(entry, place)
    }

    private mutating func put(_ entry: Entry, _ place: Int) {
        entries[place] = entry
        places[entry.number] = place
    }
}

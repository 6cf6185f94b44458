/// Gives turns to all that wait: numbers wait in line by their owner, and owners come one after the other.
///
/// Numbers are small and used again. Each step takes constant time.
struct TurnRing<Key: Hashable> {
    /// A place in a doubly linked list: that of the owners, or that of one owner's numbers. -1 is none.
    private struct Link {
        var before = -1
        var after = -1
    }

    private struct Owner {
        let key: Key
        var first = -1
        var last = -1
        var count = 0
        var link = Link()
    }

    private var numbers: [Key: Int] = [:]
    private var owners: [Owner?] = []
    private var free: [Int] = []
    private var links: [Link] = []
    private var firstOwner = -1
    private var lastOwner = -1

    /// The number of an owner with something that waits.
    func number(of key: Key) -> Int? { numbers[key] }

    /// How much waits for an owner.
    func count(of key: Key) -> Int { numbers[key].flatMap { owners[$0]?.count } ?? 0 }

    /// Lets a number wait behind the others of its owner; an owner with nothing that waited comes last. Returns the owner's
    /// number, which it has for as long as something waits for it.
    mutating func append(_ number: Int, to key: Key) -> Int {
        while links.count <= number { links.append(Link()) }
        let index = numbers[key] ?? add(key)
        guard var owner = owners[index] else { return index }
        links[number] = Link(before: owner.last)
        if owner.last >= 0 { links[owner.last].after = number } else { owner.first = number }
        owner.last = number
        owner.count += 1
        owners[index] = owner
        return index
    }

    /// The number that is next, which stays; its owner's turn is over, and another's comes. Nil when nothing waits.
    mutating func next() -> Int? {
        guard firstOwner >= 0, let owner = owners[firstOwner] else { return nil }
        let index = firstOwner
        leave(index)
        join(index)
        return owner.first
    }

    /// Takes a number out. index: its owner's.
    mutating func remove(_ number: Int, of index: Int) {
        guard var owner = owners[index] else { return }
        let link = links[number]
        if link.before >= 0 { links[link.before].after = link.after } else { owner.first = link.after }
        if link.after >= 0 { links[link.after].before = link.before } else { owner.last = link.before }
        owner.count -= 1
        owners[index] = owner
        guard owner.count == 0 else { return }
        leave(index)
        owners[index] = nil
        numbers[owner.key] = nil
        free.append(index)
    }

    private mutating func add(_ key: Key) -> Int {
        let index = free.popLast() ?? owners.count
        if index == owners.count { owners.append(Owner(key: key)) } else { owners[index] = Owner(key: key) }
        numbers[key] = index
        join(index)
        return index
    }

    private mutating func join(_ index: Int) {
        owners[index]?.link = Link(before: lastOwner)
        if lastOwner >= 0 { owners[lastOwner]?.link.after = index } else { firstOwner = index }
        lastOwner = index
    }

    private mutating func leave(_ index: Int) {
        guard let link = owners[index]?.link else { return }
        if link.before >= 0 { owners[link.before]?.link.after = link.after } else { firstOwner = link.after }
        if link.after >= 0 { owners[link.after]?.link.before = link.before } else { lastOwner = link.before }
    }
}

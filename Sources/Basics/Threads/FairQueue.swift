/// Says how many log-ins may wait.
package struct FairQueueBounds: Sendable, Hashable {
    /// In all (`hash-queue`), 1...1,000,000.
    package var all: Int
    /// From one address (`hash-queue-address`), 1...1,000,000.
    package var address: Int
    /// About one user from one address (`hash-queue-user`), 1...1,000,000.
    package var user: Int
    /// How much one user, and one address, may have waiting: so many times what is free. So there is room for the next one,
    /// however few fill the rest. nil for no such bound.
    package var share: Int?

    /// Takes the bounds, with the defaults of the manual page.
    package init(all: Int = 1_024, address: Int = 256, user: Int = 64) {
        (self.all, self.address, self.user) = (all, address, user)
    }

    /// Takes the bound in all, and those of the parts in their default ratio to it; none falls below 16 by that.
    package init(inProportionTo all: Int) {
        self.init(all: all, address: max(16, all / 4), user: max(16, all / 16))
    }

    /// Takes the bound in all, and gives shares of it: one user alone may fill four fifths, two together eight ninths.
    package init(sharing all: Int) {
        self.init(all: all, address: all, user: all)
        share = 4
    }
}

/// Keeps what waits by user and by address, and hands it out by turns, so that a client that sends much waits behind itself.
///
/// Every other turn goes round the users, and those between go round the addresses. A crowd about one user delays the
/// others by a turn at most, and so does one from an address, whatever users it names. A value that knows no clock
/// and no thread; each step takes constant time.
package struct FairQueue<Element> {
    /// Why there is no room.
    package enum Refusal: Error, Hashable {
        case all, address, user
    }

    private struct Slot {
        var element: Element?
        var pair: Pair
    }

    /// A user and an address, by their numbers in the rings.
    private struct Pair: Hashable {
        let user: Int
        let address: Int
    }

    /// What may wait from now on; what waits already stays.
    package var bounds: FairQueueBounds
    private var slots: [Slot] = []
    private var free: [Int] = []
    private var users = TurnRing<[UInt8]>()
    private var addresses = TurnRing<[UInt8]>()
    private var pairs: [Pair: Int] = [:]
    private var isTurnOfUsers = true

    /// Makes an empty queue.
    package init(_ bounds: FairQueueBounds) { self.bounds = bounds }

    /// How many wait.
    package var count: Int { slots.count - free.count }

    /// Lets an element wait. Throws the bound that leaves no room; nothing has changed then.
    package mutating func append(_ element: Element, user: [UInt8], address: [UInt8]) throws(Refusal) {
        if count >= bounds.all { throw .all }
        if addresses.count(of: address) >= bounds.address { throw .address }
        if let share = bounds.share {
            let most = (bounds.all - count) * share
            if addresses.count(of: address) > most { throw .address }
            if users.count(of: user) > most { throw .user }
        }
        if let known = users.number(of: user), let from = addresses.number(of: address),
            pairs[Pair(user: known, address: from), default: 0] >= bounds.user
        {
            throw .user
        }
        let number = free.popLast() ?? slots.count
        let pair = Pair(
            user: users.append(number, to: user), address: addresses.append(number, to: address))
        let slot = Slot(element: element, pair: pair)
        if number == slots.count { slots.append(slot) } else { slots[number] = slot }
        pairs[pair, default: 0] += 1
    }

    /// Takes what is next; nil when nothing waits.
    package mutating func next() -> Element? {
        guard let number = isTurnOfUsers ? users.next() : addresses.next() else { return nil }
        isTurnOfUsers.toggle()
        let pair = slots[number].pair
        users.remove(number, of: pair.user)
        addresses.remove(number, of: pair.address)
        let left = pairs[pair, default: 1] - 1
        pairs[pair] = left > 0 ? left : nil
        defer {
            slots[number].element = nil
            free.append(number)
        }
        return slots[number].element
    }
}

/// Ejections of the oldest sessions that were ordered, and not all confirmed. The registry chooses them a slice at a time, so that
/// neither it nor this host is held up by however many there are.
struct EjectionOrder: Sendable {
    /// What the owner knows it by.
    let number: UInt64
    /// Whose sessions, as the script has it: `=` and a name, or nothing for any.
    let user, application, machine: [UInt8]
    /// How many more are to end.
    var left: Int
    /// Where the registry goes on; nil for nowhere.
    var place: String? = "-inf"
    let began: Int64
    /// Whether the registry may have chosen for it.
    var isAsked = false
    /// When the registry is asked who of the slice has not ended, and then when it is given up.
    var due: Int64 = 0
    var isPolled = false
    /// Whether the registry has chosen the slice.
    var isChosen = false
    /// Sessions of the slice whose end is waited for.
    var waiting: Set<String> = []
    /// Those that have ended before the choice was heard of.
    var early: Set<String> = []
    var result = ClusterEjections()

    /// What its first second has brought, for its owner.
    var soFar: ClusterEjections {
        var result = result
        result.pending = left + waiting.count
        return result
    }
}

/// What operators and modules have ejected by number: the oldest sessions, wherever they are.
extension ClusterMember {
    /// How long hosts may take to end what was chosen, before and after they are asked again.
    private static let orderTimes: (first: Int64, last: Int64) = (700_000_000, 250_000_000)
    /// How long an order may take until its owner hears of it.
    private static let ownerPatience: Int64 = 1_000_000_000
    /// Sessions that the registry looks at in one call.
    private static let sliceLimit = 200

    /// Ejects the oldest sessions in the whole cluster; ``ClusterAction/ordered(number:_:)`` tells within a second what came of it,
    /// and names every host that takes longer than that to end its own. An order that takes longer goes on then, and is told again
    /// when it has ended.
    ///
    /// - Parameters:
    ///   - count: how many at most.
    ///   - user: whose sessions; nil for anybody's.
    ///   - application: of which application; nil for any.
    ///   - machine: on which machine; nil for any.
    ///   - number: what the answer is known by.
    public mutating func ejectOldest(
        _ count: Int, of user: [UInt8]?, application: [UInt8]?, machine: [UInt8]? = nil, number: UInt64, at now: Int64
    ) -> [ClusterAction] {
        advance(to: now) { member in
            func named(_ id: [UInt8]?) -> [UInt8] { id.map { [UInt8(ascii: "=")] + $0 } ?? [] }
            let order = EjectionOrder(
                number: number, user: named(user), application: named(application), machine: named(machine),
                left: count, began: member.now)
            guard member.isReady else { return member.giveUp(order, member.problem) }
            guard member.hasRoom, member.queuedOrders.count + member.orders.count < Self.requestLimit else {
                return member.giveUp(order, "\(Self.requestLimit) requests wait for answers")
            }
            member.queuedOrders.append(order)
            member.askForSlice()
        }
    }

    // MARK: slices

    /// Has the registry choose for the order whose turn it is. One slice is asked for at a time: asked again, the registry knows the
    /// last one alone.
    mutating func askForSlice() {
        guard slice == nil, isReady, var order = queuedOrders.popFirst() else { return }
        lastSlice += 1
        slice = lastSlice
        (order.isAsked, order.isChosen, order.isPolled) = (true, false, false)
        order.due = now + Self.orderTimes.first
        orders[lastSlice] = order
        ask(
            Request(
                .eject(lastSlice),
                [
                    Array("\(lastSlice)".utf8), order.user, order.application, order.machine,
                    Array("\(order.left)".utf8), Array((order.place ?? "-inf").utf8),
                ]))
    }

    /// The registry has told the sessions of a slice to end.
    mutating func chosen(_ reply: [RESPValue], slice number: UInt64) {
        if slice == number { slice = nil }
        guard var order = orders[number] else { return askForSlice() }
        let word = reply.first?.text ?? ""
        guard word == "OK", reply.count > 1 else { return postponed(number, word) }
        order.isChosen = true
        order.place = reply[1].text != "-" ? reply[1].text : nil
        let sessions = reply.dropFirst(2).map(\.text)
        order.left -= sessions.count
        var own: [String] = []
        for session in sessions {
            let parts = session.split(separator: ".")
            let host = peer(of: session)
            if parts.count == 2 && String(parts[0]) == membership?.epoch {
                own.append(String(parts[1]))
                order.result.ended[host, default: 0] += 1
            } else if order.early.contains(session) {
                order.result.ended[host, default: 0] += 1
            } else if order.result.silent[host] != nil {
                // A host that has kept one slice waiting keeps no other.
                order.result.silent[host, default: 0] += 1
            } else {
                order.waiting.insert(session)
            }
        }
        order.early = []
        orders[number] = order
        for handle in own { takeEjection(handle) }
        finishIfEnded(number)
        askForSlice()
    }

    /// The registry does not know all sessions yet, or not in their order.
    private mutating func postponed(_ number: UInt64, _ word: String) {
        guard let order = orders.removeValue(forKey: number) else { return }
        var unasked = order
        unasked.isAsked = order.place != "-inf"
        switch word {
        case "AGAIN":
            queuedOrders.append(unasked)
            askForSlice()
        case "WARM" where now - order.began < settings.lease: queuedOrders.append(unasked)
        case "WARM": giveUp(order, "it still waits for hosts to register their sessions, and nothing was ejected")
        case "FULL":
            giveUp(order, "it has no memory left in which to put all sessions in order, and nothing was ejected")
        default: giveUp(order, "it answered `\(word)`")
        }
    }

    /// The registry could not choose.
    mutating func sliceRefused(_ number: UInt64, _ why: String) {
        if slice == number { slice = nil }
        if let order = orders.removeValue(forKey: number) { giveUp(order, why) }
        askForSlice()
    }

    mutating func takeEnded(_ session: String, slice number: UInt64) {
        guard let order = orders[number] else { return }
        guard order.isChosen else {
            if order.early.count < Self.sliceLimit { orders[number]?.early.insert(session) }
            return
        }
        ended([session], slice: number)
    }

    /// The registry has said which sessions have not ended.
    mutating func polled(_ left: [String], slice number: UInt64) {
        guard let order = orders[number], order.isChosen else { return }
        ended(order.waiting.subtracting(left), slice: number)
    }

    private mutating func ended(_ sessions: Set<String>, slice number: UInt64) {
        for session in sessions where orders[number]?.waiting.remove(session) != nil {
            let host = peer(of: session)
            orders[number]?.result.ended[host, default: 0] += 1
        }
        finishIfEnded(number)
    }

    private mutating func finishIfEnded(_ number: UInt64) {
        guard let order = orders[number], order.isChosen, order.waiting.isEmpty else { return }
        orders[number] = nil
        guard order.left > 0, order.place != nil else {
            return act(.ordered(number: order.number, order.result))
        }
        queuedOrders.append(order)
        askForSlice()
    }

    // MARK: times

    mutating func lookAtOrders() {
        for (number, order) in orders where order.due <= now {
            if order.isPolled || !isReady { giveUpSlice(number) }
            guard let order = orders[number] else { continue }
            orders[number]?.isPolled = true
            orders[number]?.due = now + Self.orderTimes.last
            if !order.waiting.isEmpty {
                ask(Request(.ejecting(number), words: ["e\(number)"] + order.waiting.sorted()))
            }
        }
        if isUnreachable || hasLapsed { giveUpQueuedOrders(problem) }
        for (number, order) in orders where !order.result.isSequel && isDue(order) {
            orders[number]?.result.isSequel = true
            act(.ordered(number: order.number, order.soFar))
        }
        for order in queuedOrders.takeAll() {
            var order = order
            if !order.result.isSequel && isDue(order) {
                act(.ordered(number: order.number, order.soFar))
                order.result.isSequel = true
            }
            queuedOrders.append(order)
        }
    }

    private func isDue(_ order: EjectionOrder) -> Bool { now - order.began >= Self.ownerPatience }

    /// Goes on without those that have not ended in time; without an answer of the registry there is nothing to go on with.
    private mutating func giveUpSlice(_ number: UInt64) {
        guard var order = orders[number] else { return }
        guard order.isChosen else {
            orders[number] = nil
            return giveUp(order, "it has not answered, and may have sessions ended all the same")
        }
        for session in order.waiting { order.result.silent[peer(of: session), default: 0] += 1 }
        order.waiting = []
        orders[number] = order
        finishIfEnded(number)
    }

    mutating func giveUpOrders(_ why: String) {
        slice = nil
        for order in orders.values {
            var order = order
            for session in order.waiting { order.result.silent[peer(of: session), default: 0] += 1 }
            giveUp(order, why)
        }
        orders = [:]
        giveUpQueuedOrders(why)
    }

    private mutating func giveUpQueuedOrders(_ why: String) {
        for order in queuedOrders.takeAll() { giveUp(order, why) }
    }

    private mutating func giveUp(_ order: EjectionOrder, _ why: String) {
        var result = order.result
        result.problem = "the cluster's registry cannot be asked: \(why)"
        result.isUnasked = !order.isAsked
        act(.ordered(number: order.number, result))
    }
}

/// Ejections of a user's oldest sessions that were ordered, and not all confirmed.
struct EjectionOrder: Sendable {
    /// What the owner knows it by.
    let number: UInt64
    /// When the registry is asked who has not ended, and then when it is given up.
    var due: Int64
    var isPolled = false
    /// The sessions that the registry has chosen; nil before it has.
    var chosen: [String]?
    /// Those that have ended. That may be heard before the choice.
    var ended: Set<String> = []
}

/// What operators and modules have ejected by number: the oldest sessions of a user, wherever they are.
extension ClusterMember {
    /// How long hosts may take to end what was chosen, before and after they are asked again.
    private static let orderTimes: (first: Int64, last: Int64) = (700_000_000, 250_000_000)

    /// Ejects the oldest sessions of a user in the whole cluster; ``ClusterAction/ordered(number:_:)`` tells within a second what
    /// came of it.
    ///
    /// - Parameters:
    ///   - count: how many at most.
    ///   - application: whose sessions; nil for any.
    ///   - machine: on which machine; nil for any.
    ///   - number: what the answer is known by.
    public mutating func ejectOldest(
        _ count: Int, of user: [UInt8], application: [UInt8]?, machine: [UInt8]? = nil, number: UInt64, at now: Int64
    ) -> [ClusterAction] {
        advance(to: now) { member in
            guard member.isReady, member.hasRoom else {
                let result = ClusterEjections(problem: "the cluster's registry cannot be asked: \(member.problem)")
                return member.act(.ordered(number: number, result))
            }
            member.lastOrder += 1
            member.orders[member.lastOrder] = EjectionOrder(number: number, due: member.now + Self.orderTimes.first)
            func named(_ id: [UInt8]?) -> [UInt8] { id.map { [UInt8(ascii: "=")] + $0 } ?? [] }
            member.ask(
                Request(
                    .eject(member.lastOrder),
                    [
                        Array("\(member.lastOrder)".utf8), user, named(application), Array("\(count)".utf8),
                        named(machine),
                    ]))
        }
    }

    /// The registry has told these sessions to end.
    mutating func chosen(_ sessions: [String], order: UInt64) {
        guard orders[order] != nil else { return }
        orders[order]?.chosen = sessions
        for session in sessions {
            let parts = session.split(separator: ".")
            guard parts.count == 2, String(parts[0]) == membership?.epoch else { continue }
            orders[order]?.ended.insert(session)
            takeEjection(String(parts[1]))
        }
        finishIfEnded(order)
    }

    mutating func takeEnded(_ session: String, order: UInt64) {
        guard orders[order]?.ended.insert(session).inserted == true else { return }
        finishIfEnded(order)
    }

    /// The registry has said which sessions have not ended.
    mutating func polled(_ left: [String], order: UInt64) {
        guard let chosen = orders[order]?.chosen else { return }
        orders[order]?.ended.formUnion(Set(chosen).subtracting(left))
        finishIfEnded(order)
    }

    mutating func lookAtOrders() {
        for (order, state) in orders where state.due <= now {
            if state.isPolled || !isReady {
                let why = "it has not answered, and may have them ended all the same"
                giveUp(order: order, state.chosen == nil ? why : nil)
            }
            guard orders[order] != nil else { continue }
            orders[order]?.isPolled = true
            orders[order]?.due = now + Self.orderTimes.last
            let left = state.chosen?.filter { !state.ended.contains($0) } ?? []
            if !left.isEmpty { ask(Request(.ejecting(order), words: ["e\(order)"] + left)) }
        }
    }

    mutating func giveUpOrders(_ why: String) {
        for order in orders.keys { giveUp(order: order, why) }
    }

    mutating func giveUp(order: UInt64, _ problem: String?) {
        guard let state = orders.removeValue(forKey: order) else { return }
        var result = ClusterEjections(problem: problem.map { "the cluster's registry cannot be asked: \($0)" })
        for session in state.chosen ?? [] {
            let host = peer(of: session)
            if state.ended.contains(session) {
                result.ended[host, default: 0] += 1
            } else {
                result.silent[host, default: 0] += 1
            }
        }
        act(.ordered(number: state.number, result))
    }

    private mutating func finishIfEnded(_ order: UInt64) {
        guard let state = orders[order], let chosen = state.chosen, state.ended.isSuperset(of: chosen) else { return }
        giveUp(order: order, nil)
    }
}

/// A subject with wrong passwords, as operators see it.
public struct PenaltyDescription: Sendable, Equatable {
    /// Who is counted.
    public let subject: PenaltySubject
    /// Wrong passwords that count now.
    public let count: Int
    /// At which number log-ins are refused.
    public let limit: Int
    /// When they are forgotten, in nanoseconds from now.
    public let left: Int64

    /// Whether log-ins are refused now.
    public var isRefused: Bool { count >= limit }
}

/// Which subjects: those that have every property that is given.
public struct PenaltyFilter: Sendable {
    private let name: PenaltyName?
    private let address: [UInt8]?

    /// - Parameter address: nil for any; an address of either family.
    public init(user: String?, address: [UInt8]?) {
        name = user.map(PenaltyName.init)
        self.address = address
    }

    fileprivate func matches(_ subject: PenaltySubject) -> Bool {
        let (name, network): (PenaltyName?, NetworkPrefix?) =
            switch subject {
            case .user(let name), .usual(let name, .door): (name, nil)
            case .usual(let name, .network(let network)): (name, network)
            case .network(let network): (nil, network)
            }
        if let wanted = self.name, wanted != name { return false }
        if let address { return network?.contains(address) ?? false }
        return true
    }
}

/// How much there is.
public struct PenaltyNumbers: Sendable, Equatable {
    /// Users, usual sources and networks with wrong passwords.
    public var users = 0, usual = 0, networks = 0
    /// Of these, those whose log-ins are refused now.
    public var refused = 0

    /// Counts nothing yet.
    public init() {}
}

extension PenaltyTable {
    /// Describes what matches, the most wrong passwords first.
    ///
    /// Takes time in proportion to everything that is counted; never for an event loop of a door.
    public func descriptions(
        _ filter: PenaltyFilter, offset: Int, limit: Int, at now: Int64
    ) -> (found: [PenaltyDescription], total: Int) {
        let found = tallies.slots.filter { $0.value.count > 0 && $0.value.until > now && filter.matches($0.key) }
            .sorted { ($0.value.count, $0.value.until) > ($1.value.count, $1.value.until) }
        let part = found.dropFirst(offset).prefix(limit).map { slot in
            PenaltyDescription(
                subject: slot.key, count: slot.value.count, limit: rules.limit(of: slot.key),
                left: slot.value.until - now)
        }
        return (part, found.count)
    }

    /// Forgets the wrong passwords of what matches; returns of which subjects.
    public mutating func clear(_ filter: PenaltyFilter, at now: Int64) -> [PenaltySubject] {
        let found = tallies.slots.filter { $0.value.count > 0 && filter.matches($0.key) }
        for (subject, _) in found {
            _ = tallies.update(subject) { $0.forget() }
            if tallies[subject]?.isIdle == true { tallies.remove(subject) }
        }
        isChanged = isChanged || !found.isEmpty
        return found.filter { $0.value.until > now }.map(\.key)
    }

    /// Counts what there is; looks at everything.
    public func numbers(at now: Int64) -> PenaltyNumbers {
        var numbers = PenaltyNumbers()
        for (subject, tally) in tallies.slots where tally.count > 0 && tally.until > now {
            switch subject {
            case .user: numbers.users += 1
            case .usual: numbers.usual += 1
            case .network: numbers.networks += 1
            }
            if tally.count >= rules.limit(of: subject) { numbers.refused += 1 }
        }
        return numbers
    }
}

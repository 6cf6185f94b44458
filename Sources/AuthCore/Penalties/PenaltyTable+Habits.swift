// Where users log in, and by which names.
extension PenaltyTable {
    func isUsual(_ name: PenaltyName, _ source: PenaltySource, at now: Int64) -> Bool {
        sources[name]?.contains { $0.source == source && now - $0.last < Self.habitTime } ?? false
    }

    /// A user has logged in from a source. Whether that is news.
    mutating func getUsed(_ name: PenaltyName, to source: PenaltySource, at now: Int64) -> Bool {
        let isKnown = sources.update(name) { habits in
            guard let index = habits.firstIndex(where: { $0.source == source }) else { return false }
            // Once in an hour is enough to know that it is used.
            let isLater = now - habits[index].last > 3_600_000_000_000
            if isLater { habits[index].last = now }
            return !isLater
        }
        if isKnown == true { return false }
        isChanged = true
        sources.update(name, or: [], worth: { $0.map(\.last).max() ?? 0 }) { habits in
            habits.removeAll { $0.source == source }
            habits.append(Habit(source: source, last: now))
            habits.sort { $0.last < $1.last }
            if habits.count > Self.habits { habits.removeFirst() }
        }
        return true
    }

    /// Guesses by a name that the module takes for another one's are counted for that one. Whether that is news.
    mutating func note(_ given: PenaltyName, is name: PenaltyName) -> Bool {
        if names[given] == name { return false }
        names.update(given, or: name, worth: { _ in 0 }) { $0 = name }
        isChanged = true
        return true
    }
}

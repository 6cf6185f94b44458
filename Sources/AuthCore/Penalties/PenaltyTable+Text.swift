/// What is wrong with a file of penalties.
public struct PenaltyTextError: Error, Sendable, CustomStringConvertible {
    /// The line, from 1.
    public let line: Int
    /// What was expected.
    public let description: String
}

// What is kept over a restart: no password, and nothing made of one. So a wrong password counts again after a restart.
//
// Lines of fields with a tab between, of which no name has one; times are in seconds since 1970:
//   authhost penalties 1
//   user COUNT UNTIL NAME
//   usual COUNT UNTIL SOURCE NAME       SOURCE is a network, or `door:NAME`
//   network COUNT UNTIL NETWORK
//   used LAST SOURCE NAME                the user has logged in there
//   named GIVEN NAME                    the user that the module has named
//   end LINES
extension PenaltyTable {
    private static let head = "authhost penalties 1"
    private static let second: Int64 = 1_000_000_000

    /// Writes down what is kept over a restart.
    ///
    /// - Parameters:
    ///   - wall: nanoseconds since 1970.
    ///   - now: the same moment on the monotonic clock.
    public func text(wall: Int64, at now: Int64) -> String {
        var lines = [Self.head]
        func moment(_ time: Int64) -> String { "\((wall + time - now) / Self.second)" }
        for (subject, tally) in tallies.slots where tally.count > 0 && tally.until > now {
            let parts = subject.text.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
            lines.append("\(parts[0])\t\(tally.count)\t\(moment(tally.until))\t\(parts[1])")
        }
        for (name, habits) in sources.slots {
            lines += habits.map { "used\t\(moment($0.last))\t\($0.source.text)\t\(name.text)" }
        }
        lines += names.slots.map { "named\t\($0.key.text)\t\($0.value.text)" }
        lines.append("end\t\(lines.count)")
        return lines.joined(separator: "\n") + "\n"
    }

    /// Takes over what ``text(wall:at:)`` has written down; what has passed by now is left out.
    ///
    /// - Throws: ``PenaltyTextError`` for anything else; the table is then as it was.
    public mutating func restore(_ text: String, wall: Int64, at now: Int64) throws(PenaltyTextError) {
        var restored = PenaltyTable(rules)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.first.map({ $0 == Self.head }) == true else {
            throw PenaltyTextError(line: 1, description: "expected `\(Self.head)`")
        }
        guard lines.count >= 3, lines[lines.count - 1].isEmpty, lines[lines.count - 2] == "end\t\(lines.count - 2)"
        else {
            throw PenaltyTextError(line: max(1, lines.count - 1), description: "expected `end` and the number of lines")
        }
        for (index, line) in lines.dropFirst().dropLast(2).enumerated() {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard restored.restore(fields, wall: wall, at: now) else {
                throw PenaltyTextError(
                    line: index + 2, description: "expected `user`, `usual`, `network`, `used` or `named`")
            }
        }
        self = restored
    }

    /// Takes over a line; false for one that is not understood.
    private mutating func restore(_ fields: [String], wall: Int64, at now: Int64) -> Bool {
        func moment(_ text: String) -> Int64? {
            // Since 1970, and before the year 2242: in nanoseconds that fits.
            guard let seconds = Int64(text), (0..<1 << 33).contains(seconds) else { return nil }
            return now + (seconds * Self.second - wall)
        }
        switch (fields.first, fields.count) {
        case ("named", 3):
            names.update(PenaltyName(fields[1]), or: PenaltyName(fields[2]), worth: { _ in 0 }) { _ in }
            return true
        case ("used", 4):
            guard let last = moment(fields[1]), let source = PenaltySource(fields[2]) else { return false }
            let habit = Habit(source: source, last: min(last, now))
            sources.update(PenaltyName(fields[3]), or: [], worth: { $0.map(\.last).max() ?? 0 }) { habits in
                if habits.count < Self.habits { habits.append(habit) }
            }
            return true
        default:
            guard fields.count > 3, let subject = PenaltySubject(fields: [fields[0]] + fields[3...]),
                let count = Int(fields[1]), (1...Self.mostCounted).contains(count), let until = moment(fields[2])
            else { return false }
            if until <= now { return true }
            tallies.update(subject, or: Tally(), worth: \.worth) { tally in
                // Whatever the clocks say, it lasts no longer than if it began now.
                (tally.count, tally.until) = (count, min(until, now + rules.time.wholeNanoseconds))
            }
            return true
        }
    }

    /// The table as it is now, where anything has changed since it was taken last that is kept over a restart.
    public mutating func takeChanged() -> PenaltyTable? {
        guard isChanged else { return nil }
        isChanged = false
        return self
    }
}

extension PenaltySource {
    /// A network, or `door:NAME`.
    public var text: String {
        switch self {
        case .network(let network): network.description
        case .door(let name): "door:" + name
        }
    }

    init?(_ text: String) {
        if text.hasPrefix("door:") {
            self = .door(String(text.dropFirst(5)))
        } else if let network = NetworkPrefix(text) {
            self = .network(network)
        } else {
            return nil
        }
    }
}

/// Finds the known name that a mistyped one most resembles.
enum NearestName {
    /// Returns the nearest of `names`, nil when none is within a third of its length (at least 2 edits).
    static func of(_ name: String, among names: some Sequence<String>) -> String? {
        // NOTE: no known name is longer than 64 bytes; the bound keeps a hostile name from costing time.
        guard name.utf8.count <= 80 else { return nil }
        let wanted = Array(name.lowercased().utf8)
        var best: (distance: Int, name: String)?
        for candidate in names {
            let reach = max(2, candidate.utf8.count / 3)
            // No fewer edits than letters more or less.
            guard abs(candidate.utf8.count - wanted.count) <= reach else { continue }
            guard let distance = distance(wanted, Array(candidate.utf8), within: reach) else { continue }
            if let current = best, (current.distance, current.name) <= (distance, candidate) { continue }
            best = (distance, candidate)
        }
        return best?.name
    }

    /// Counts the insertions, deletions, replacements and swaps of neighbours between two names (optimal string
    /// alignment); nil when there are more than `reach`.
    static func distance(_ left: [UInt8], _ right: [UInt8], within reach: Int) -> Int? {
        var beforePrevious = [Int](repeating: 0, count: right.count + 1)
        var previous = Array(0...right.count)
        var current = beforePrevious
        for (row, byte) in left.enumerated() {
            current[0] = row + 1
            var least = row + 1
            for (column, other) in right.enumerated() {
                var cost = min(
                    previous[column + 1] + 1, current[column] + 1, previous[column] + (byte == other ? 0 : 1))
                if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
                    cost = min(cost, beforePrevious[column - 1] + 1)
                }
                current[column + 1] = cost
                least = min(least, cost)
            }
            // A swap reaches back two rows, and costs one edit there.
            if least > reach + 1 { return nil }
            (beforePrevious, previous, current) = (previous, current, beforePrevious)
        }
        return previous[right.count] <= reach ? previous[right.count] : nil
    }
}

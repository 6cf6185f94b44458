/// Finds the known name that a mistyped one most resembles.
enum NearestName {
    /// Returns the nearest of `names`, nil when none is within a third of its length (at least 2 edits).
    static func of(_ name: String, among names: some Sequence<String>) -> String? {
        // NOTE: no known name is longer than 64 bytes; the bound keeps a hostile name from costing time.
        guard name.utf8.count <= 80 else { return nil }
        let wanted = Array(name.lowercased().utf8)
        var best: (distance: Int, name: String)?
        for candidate in names {
            let distance = distance(wanted, Array(candidate.utf8))
            guard distance <= max(2, candidate.utf8.count / 3) else { continue }
            if let current = best, (current.distance, current.name) <= (distance, candidate) { continue }
            best = (distance, candidate)
        }
        return best?.name
    }

    /// Counts the insertions, deletions, replacements and swaps of neighbours between two names (optimal string
    /// alignment).
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var cost = min(
                    previous[column + 1] + 1, current[column] + 1, previous[column] + (byte == other ? 0 : 1))
                if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
                    cost = min(cost, beforePrevious[column - 1] + 1)
                }
                current.append(cost)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}

/// Finds the known name that a mistyped one stands for.
package enum NearestName {
    /// The longest name that is looked for, in bytes: a hostile one costs no more time than that.
    private static let longest = 80
    /// The fewest bytes that count as a part of a name.
    private static let shortestPart = 3

    /// Returns the nearest of `names`; letters of ASCII in either case.
    ///
    /// Near is a name within a third of the known name's length, two edits at least, and half of its length at most.
    /// Where no name is near, one counts that begins or ends with the mistyped one, or the other way round.
    static func of(_ name: String, among names: some Sequence<String>) -> String? {
        guard name.utf8.count <= longest else { return nil }
        let wanted = folded(name)
        var near: (cost: Int, name: String)?
        var part: (cost: Int, name: String)?
        for candidate in names {
            let count = candidate.utf8.count
            let difference = abs(count - wanted.count)
            let reach = min(count / 2, max(2, count / 3))
            // There are at least as many edits as the lengths differ by.
            if difference <= reach, let edits = distance(wanted, folded(candidate), within: reach) {
                near = lesser(near, (edits, candidate))
            } else if near == nil, isEnd(of: candidate, wanted) {
                part = lesser(part, (difference, candidate))
            }
        }
        return (near ?? part)?.name
    }

    /// Returns what a message about an unknown name ends with: " (did you mean `name`?)", or nothing when no name is near.
    ///
    /// - Parameter prefix: what people write before each of the names, such as `--`.
    package static func hint(_ name: String, among names: some Sequence<String>, prefix: String = "") -> String {
        of(name, among: names).map { " (did you mean `\(prefix)\($0)`?)" } ?? ""
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

    private static func folded(_ name: String) -> [UInt8] { name.utf8.map(folded) }

    private static func folded(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    /// Whether one of the two begins or ends with the other.
    private static func isEnd(of known: String, _ wanted: [UInt8]) -> Bool {
        let shared = min(known.utf8.count, wanted.count)
        guard shared >= shortestPart else { return false }
        let known = known.utf8.lazy.map(folded)
        return known.prefix(shared).elementsEqual(wanted.prefix(shared))
            || known.suffix(shared).elementsEqual(wanted.suffix(shared))
    }

    /// The cheaper one; of two that cost the same, the first by name, so that the order of the names changes nothing.
    private static func lesser(_ best: (cost: Int, name: String)?, _ other: (Int, String)) -> (Int, String) {
        guard let best else { return other }
        return (best.cost, best.name) <= other ? best : other
    }
}

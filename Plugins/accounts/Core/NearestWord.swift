/// Finds the accepted word nearest to what was written.
package enum NearestWord {
    /// Returns " (did you mean `x`?)" for a word at most half of its letters away, or nothing.
    package static func hint(_ found: String, among words: [String]) -> String {
        let best = words.map { ($0, distance(Array(found.utf8), Array($0.utf8))) }.min { $0.1 < $1.1 }
        guard let (word, edits) = best, edits <= word.utf8.count / 2 else { return "" }
        return " (did you mean `\(word)`?)"
    }

    /// Counts insertions, deletions and substitutions (Levenshtein).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        if left.count > 255 || right.count > 255 { return Int.max }
        var row = Array(0...right.count)
        for (i, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let substituted = diagonal + (byte == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}

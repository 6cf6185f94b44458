extension ObjectMapping {
    /// Finds mappings whose results lead back to where they began, as `/A/%1` to `/B/%1` and `/B/%1` to `/A/%1`.
    ///
    /// mappings: in the order in which they are tried; the first that matches counts. The search begins with each
    /// mapping's own pattern, whose captures and user stand for themselves, and follows the mappings that match
    /// whatever these are, until the very name comes back that it began with; so a mapping of a pattern to itself is a
    /// loop as well. A way that ends in a circle without beginning there, as `/T/%1` to `/T/%u`, is no loop. Ways back
    /// that need certain values for captures are not found, nor those beyond 4,096 steps and 64 for each mapping, which
    /// only mappings that make names longer and longer take.
    ///
    /// Returns the indices of the mappings of the first such way, in order of application; nil when there is none.
    public static func loop(in mappings: [ObjectMapping]) -> [Int]? {
        let index = MappingIndex(mappings)
        var budget = 4_096 + 64 * mappings.count
        // Names that are known to be part of no loop.
        var dead: Set<[UInt8]> = []
        for start in mappings {
            var name = start.ownName
            var steps: [[UInt8]: Int] = [:]
            var applied: [Int] = []
            while budget > 0, !dead.contains(name), let mapping = index.first(matching: name) {
                budget -= 1
                steps[name] = applied.count
                var next: [UInt8] = []
                guard mappings[mapping].apply(name.span, user: [userSign].span, into: &next) == .mapped else { break }
                applied.append(mapping)
                name = next
                if steps[name] != nil { break }
            }
            if steps[name] == 0, !applied.isEmpty { return applied }
            let circle = steps[name] ?? Int.max
            for (passed, step) in steps where step < circle { dead.insert(passed) }
        }
        return nil
    }

    /// Stands for the user in a name that stands for many; captures are the bytes 1...9. No path holds such bytes.
    static let userSign: UInt8 = 10

    /// The pattern as a name that stands for all that it matches.
    private var ownName: [UInt8] {
        let name = fixedAndSigns.flatMap { [SegmentKey.slash] + $0.bytes }
        return name.isEmpty ? [SegmentKey.slash] : name
    }
}

/// Finds the first of many mappings that matches a name, by its fixed segments.
private struct MappingIndex {
    /// How many segments a pattern has, and which of them any text matches.
    private struct Shape: Hashable {
        let isFixed: [Bool]

        /// The fixed segments of a name, joined.
        func key(_ segments: [ArraySlice<UInt8>]) -> [UInt8] {
            zip(segments, isFixed).flatMap { segment, isFixed in isFixed ? [SegmentKey.slash] + segment : [] }
        }
    }

    private var tables: [Shape: [[UInt8]: Int]] = [:]

    init(_ mappings: [ObjectMapping]) {
        for (index, mapping) in mappings.enumerated() {
            let segments = mapping.fixedAndSigns
            let shape = Shape(isFixed: segments.map(\.isFixed))
            let key = shape.key(segments.map { $0.bytes[...] })
            if tables[shape]?[key] == nil { tables[shape, default: [:]][key] = index }
        }
    }

    func first(matching name: [UInt8]) -> Int? {
        let segments =
            name.count == 1 ? [] : name.dropFirst().split(separator: SegmentKey.slash, omittingEmptySubsequences: false)
        return tables.compactMap { shape, table in
            shape.isFixed.count == segments.count ? table[shape.key(segments)] : nil
        }.min()
    }
}

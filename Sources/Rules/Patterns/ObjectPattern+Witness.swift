extension ObjectPattern {
    /// Returns names that match two patterns, for a user: for each way in which these meet, one with as little in common with
    /// other patterns as may be. At most ``mostWitnesses``; none where no name matches both.
    ///
    /// - Parameters:
    ///   - user: stands for `%u`.
    ///   - groups: each of them stands for `%g`, one in all of a name.
    package static func witnesses(
        _ first: ObjectPattern, _ second: ObjectPattern, user: [UInt8], groups: [[UInt8]]
    ) -> [[UInt8]] {
        var names: Set<[UInt8]> = []
        for group in groups.isEmpty ? [[]] : groups {
            guard let left = first.filled(user, group), let right = second.filled(user, group) else { continue }
            for segments in meet(left[...], right[...], fresh: 1) {
                let name = segments.flatMap { [UInt8(ascii: "/")] + $0 }
                let isName = !name.isEmpty && name.count <= maximumLength
                if isName, names.insert(name).inserted, names.count == mostWitnesses { return Array(names) }
            }
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// How many names are made of two patterns.
    static let mostWitnesses = 16

    private enum Filled {
        case bytes([UInt8])
        case any
        case deep
    }

    /// Nil where a group is needed and none is given.
    private func filled(_ user: [UInt8], _ group: [UInt8]) -> [Filled]? {
        var result: [Filled] = []
        for segment in segments {
            switch segment {
            case .literal(let bytes): result.append(.bytes(bytes))
            case .any: result.append(.any)
            case .deep: result.append(.deep)
            case .template(let parts):
                var bytes: [UInt8] = []
                for part in parts {
                    switch part {
                    case .bytes(let run): bytes += run
                    case .user: bytes += user
                    case .group:
                        if group.isEmpty { return nil }
                        bytes += group
                    }
                }
                result.append(.bytes(bytes))
            }
        }
        return result
    }

    /// Merges two lists of segments; `fresh` numbers the segments that stand for any.
    private static func meet(_ left: ArraySlice<Filled>, _ right: ArraySlice<Filled>, fresh: Int) -> [[[UInt8]]] {
        func any(_ number: Int) -> [UInt8] { Array("any\(number)".utf8) }
        switch (left.first, right.first) {
        case (nil, nil): return [[]]
        case (.deep, .deep):
            let rest = meet(left.dropFirst(), right.dropFirst(), fresh: fresh + 2)
            return rest + rest.map { [any(fresh)] + $0 } + rest.map { [any(fresh), any(fresh + 1)] + $0 }
        case (.deep, let other):
            let without = meet(left.dropFirst(), right, fresh: fresh)
            guard let other else { return without }
            return Array(
                (without + within(other, meet(left, right.dropFirst(), fresh: fresh + 1))).prefix(mostWitnesses))
        case (_, .deep): return meet(right, left, fresh: fresh)
        case (nil, _), (_, nil): return []
        case (.bytes(let one), .bytes(let other)):
            return one == other ? meet(left.dropFirst(), right.dropFirst(), fresh: fresh).map { [one] + $0 } : []
        case (.bytes(let bytes), .any), (.any, .bytes(let bytes)):
            return meet(left.dropFirst(), right.dropFirst(), fresh: fresh).map { [bytes] + $0 }
        case (.any, .any):
            return meet(left.dropFirst(), right.dropFirst(), fresh: fresh + 1).map { [any(fresh)] + $0 }
        }
        func within(_ segment: Filled, _ rest: [[[UInt8]]]) -> [[[UInt8]]] {
            if case .bytes(let bytes) = segment { return rest.map { [bytes] + $0 } }
            return rest.map { [any(fresh)] + $0 }
        }
    }
}

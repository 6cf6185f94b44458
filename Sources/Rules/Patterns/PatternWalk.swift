/// Receives the patterns that match a name, each at least once.
protocol PatternSink {
    mutating func hit(_ pattern: UInt32)
    /// Forgets every hit: the walk begins anew, or the name turned out not to be valid.
    mutating func reset()
}

/// The names that a walk substitutes for `%u` and `%g`; borrowed for the length of the walk.
struct WalkSubject: BitwiseCopyable {
    let user: Bytes
    let groups: UnsafePointer<UInt32>
    let groupCount: Int
    /// Of all groups.
    let groupNames: LentNames

    func groupName(_ id: UInt32) -> Bytes { GroupNames.view(Int(id), in: groupNames) }
}

/// Runs the automaton over one name, all possible places at once, and hands the matching patterns to a sink.
///
/// A place is a node, in the lower 31 bits of a word, a bit that is set when fixed segments alone lead on from it, and
/// the group that `%g` stands for there, as id + 1, in the upper half. Every node but those of `**` has one parent and so is entered at most once at a position; a node of `**` stays
/// active once entered and is entered once only. So the work is bounded by length of the name times the places active.
struct PatternWalk<Sink: PatternSink>: ~Copyable {
    let automaton: PatternAutomaton
    let subject: WalkSubject
    let name: Bytes
    /// Room for `capacity` places in each of three lists.
    let capacity: Int
    var current: UnsafeMutablePointer<UInt64>
    var next: UnsafeMutablePointer<UInt64>
    let deeps: UnsafeMutablePointer<UInt64>
    var nextCount = 0
    var deepCount = 0
    var overflowed = false

    /// Says how a walk ended; what the sink found counts in the first case alone.
    enum Ending {
        case complete
        /// No leading slash or an empty segment: such a name matches nothing.
        case malformed
        /// A list was too small: walk again with more room.
        case overflow
    }

    /// Walks the whole name.
    @inline(__always)
    mutating func run(_ sink: inout Sink) -> Ending {
        // SAFETY: the first byte is read after the count was checked.
        guard name.count > 0, name.base[0] == SegmentKey.slash else { return .malformed }
        enter(0, 0, isLast: name.count == 1, &sink)
        var position = 1
        while name.count > 1 && position <= name.count {
            let key = SegmentKey(reading: name.base, from: position, count: name.count)
            if key.length == 0 { return .malformed }
            position = key.start &+ key.length &+ 1
            step(key, isLast: position > name.count, &sink)
            if overflowed { return .overflow }
            if nextCount == 0 && deepCount == 0 { return isWellFormed(from: position) ? .complete : .malformed }
        }
        if overflowed { return .overflow }
        finish(&sink)
        return .complete
    }

    /// Reads the segments that no place waits for.
    @inline(__always)
    private func isWellFormed(from start: Int) -> Bool {
        var isEmpty = true
        var position = start
        while position < name.count {
            // SAFETY: `position < name.count`.
            let isSlash = name.base[position] == SegmentKey.slash
            if isSlash && isEmpty { return false }
            isEmpty = isSlash
            position &+= 1
        }
        return start > name.count || !isEmpty
    }

    @inline(__always)
    private mutating func step(_ key: SegmentKey, isLast: Bool, _ sink: inout Sink) {
        let activeDeeps = deepCount
        let count = nextCount
        swap(&current, &next)
        nextCount = 0
        var index = 0
        while index < count {
            // SAFETY: `count` places were written by `enter`.
            follow(current[index], key, isLast, &sink)
            index &+= 1
        }
        index = 0
        while index < activeDeeps {
            // SAFETY: as above, by `activate`.
            follow(deeps[index], key, isLast, &sink)
            index &+= 1
        }
    }

    @inline(__always)
    private mutating func follow(_ place: UInt64, _ key: SegmentKey, _ isLast: Bool, _ sink: inout Sink) {
        let id = UInt32(truncatingIfNeeded: place) & ~Self.edgesAlone
        let group = place &>> 32
        if let edge = automaton.edge(from: id, key, in: name.base) {
            let alone = edge.pointee.traits.contains(.others) ? 0 : Self.edgesAlone
            arrive(edge.pointee.to | alone, group, edge.pointee.pattern, edge.pointee.traits, isLast, &sink)
        }
        if UInt32(truncatingIfNeeded: place) & Self.edgesAlone != 0 { return }
        // SAFETY: places hold ids of this automaton's nodes.
        let node = automaton.nodes[Int(id)]
        if node.star != 0 { enter(node.star, group, isLast: isLast, &sink) }
        if node.template != 0 { followTemplates(node.template, group, key, isLast, &sink) }
    }

    private static var edgesAlone: UInt32 { 1 &<< 31 }

    @inline(__always)
    private mutating func enter(_ id: UInt32, _ group: UInt64, isLast: Bool, _ sink: inout Sink) {
        // SAFETY: `id` is a node of this automaton.
        let node = automaton.nodes[Int(id)]
        arrive(id, group, node.pattern, node.traits, isLast, &sink)
    }

    /// Notes a place that leads on, or at the end of the name its pattern.
    @inline(__always)
    private mutating func arrive(
        _ id: UInt32, _ group: UInt64, _ pattern: UInt32, _ traits: PatternTrie.ChildTraits, _ isLast: Bool,
        _ sink: inout Sink
    ) {
        if isLast {
            if pattern != 0 { sink.hit(pattern &- 1) }
        } else if !traits.isDisjoint(with: [.edges, .others]) {
            guard nextCount < capacity else {
                overflowed = true
                return
            }
            // SAFETY: below capacity.
            next[nextCount] = group &<< 32 | UInt64(id)
            nextCount &+= 1
        }
        // SAFETY: `id` is a node of this automaton.
        if traits.contains(.deep) { activate(automaton.nodes[Int(id & ~Self.edgesAlone)].deep, group, &sink) }
    }

    private mutating func activate(_ id: UInt32, _ group: UInt64, _ sink: inout Sink) {
        // SAFETY: `id` is a node of this automaton.
        let node = automaton.nodes[Int(id)]
        if node.isLeaf {
            // It matches whatever comes, so it need not be kept.
            if node.pattern != 0 { sink.hit(node.pattern &- 1) }
            return
        }
        let place = group &<< 32 | UInt64(id)
        for index in 0..<deepCount where deeps[index] == place { return }
        guard deepCount < capacity else {
            overflowed = true
            return
        }
        // SAFETY: below capacity.
        deeps[deepCount] = place
        deepCount &+= 1
    }

    /// Hands on the patterns that end in `**`; the others were handed on with the last segment.
    @inline(__always)
    private mutating func finish(_ sink: inout Sink) {
        for index in 0..<deepCount {
            // SAFETY: `deepCount` places were written by `activate`.
            let pattern = automaton.nodes[Int(deeps[index] & 0xFFFF_FFFF)].pattern
            if pattern != 0 { sink.hit(pattern &- 1) }
        }
    }

    private mutating func followTemplates(
        _ first: UInt32, _ group: UInt64, _ key: SegmentKey, _ isLast: Bool, _ sink: inout Sink
    ) {
        let segment = name.slice(key.start, key.length)
        var index = first
        while index != 0 {
            // SAFETY: template links are made by the trie; 0 ends the chain.
            let template = automaton.templates[Int(index) - 1]
            if let bound = match(template, segment, group) { enter(template.child, bound, isLast: isLast, &sink) }
            index = template.next
        }
    }

    /// Returns the group bound after the segment (0 when none is), or nil when the segment does not match.
    private func match(_ template: PatternTrie.Template, _ segment: Bytes, _ group: UInt64) -> UInt64? {
        // SAFETY: a template's parts lie in the automaton's list.
        let parts = UnsafeBufferPointer(
            start: automaton.parts + Int(template.firstPart), count: Int(template.partCount))
        if group != 0 || !parts.contains(where: { $0.kind == .group }) {
            let bound = group == 0 ? subject.user : subject.groupName(UInt32(group) - 1)
            return equals(parts, segment, group: bound) ? group : nil
        }
        for index in 0..<subject.groupCount {
            // SAFETY: below the count that came with the pointer.
            let candidate = subject.groups[index]
            if equals(parts, segment, group: subject.groupName(candidate)) { return UInt64(candidate) + 1 }
        }
        return nil
    }

    private func equals(
        _ parts: UnsafeBufferPointer<PatternTrie.TemplatePart>, _ segment: Bytes, group: Bytes
    ) -> Bool {
        var position = 0
        for part in parts {
            let wanted =
                switch part.kind {
                case .user: subject.user
                case .group: group
                // SAFETY: the part's bytes lie in the automaton's text.
                case .bytes: Bytes(automaton.text + Int(part.start), Int(part.length))
                }
            guard segment.count - position >= wanted.count, segment.slice(position, wanted.count) == wanted else {
                return false
            }
            position += wanted.count
        }
        return position == segment.count
    }
}

/// Holds all patterns of a rule set as one automaton over path segments: equal patterns are one place, whichever rules they
/// bind.
///
/// Nodes are numbered, 0 is the root. Edges for fixed segments lie in one hash table keyed by node and segment, so that
/// a step costs the same whether a node has two children or fifty thousand.
struct PatternTrie: ~Copyable {
    struct Node: BitwiseCopyable {
        /// The child for `*`; 0 is none.
        var star: UInt32 = 0
        /// The child for `**`; 0 is none.
        var deep: UInt32 = 0
        /// The first template among the children, as index + 1 into `templates`, chained; 0 is none.
        var template: UInt32 = 0
        /// The pattern that ends here, as id + 1; 0 is none.
        var pattern: UInt32 = 0
        /// Whether the edge table has children of this node.
        var hasEdges = false

        var isLeaf: Bool { traits.isEmpty }

        var traits: ChildTraits {
            var traits: ChildTraits = hasEdges ? .edges : []
            if star != 0 || template != 0 { traits.insert(.others) }
            if deep != 0 { traits.insert(.deep) }
            return traits
        }
    }

    /// Half a cache line, with what a walk needs to know of the child, so that it seldom reads the node.
    struct Edge: BitwiseCopyable {
        /// The segment's first eight bytes, as in `SegmentKey`.
        var head: UInt64 = 0
        var from: UInt32 = 0
        /// The child; 0 marks a free slot, since the root is no node's child.
        var to: UInt32 = 0
        /// Where the whole segment lies in `text`.
        var text: UInt32 = 0
        var length: UInt16 = 0
        var traits = ChildTraits()
        /// The child's pattern, as in `Node`.
        var pattern: UInt32 = 0
        private let spare: UInt32 = 0
    }

    /// Says what hangs on a node.
    struct ChildTraits: OptionSet, BitwiseCopyable {
        let rawValue: UInt16

        static let edges = ChildTraits(rawValue: 1)
        /// A child for `*` or for a template.
        static let others = ChildTraits(rawValue: 2)
        static let deep = ChildTraits(rawValue: 4)
    }

    struct Template: BitwiseCopyable {
        var firstPart: UInt32
        var partCount: UInt32
        var child: UInt32
        var next: UInt32
    }

    struct TemplatePart: BitwiseCopyable {
        enum Kind: UInt8, BitwiseCopyable { case bytes, user, group }
        var kind: Kind
        var start: UInt32 = 0
        var length: UInt32 = 0
    }

    private(set) var nodes = Flat<Node>(repeating: Node(), count: 1)
    private(set) var edges = Flat<Edge>(repeating: Edge(), count: 16)
    private(set) var edgeShift: UInt64 = 60
    private var edgeCount = 0
    private(set) var templates = Flat<Template>()
    private(set) var parts = Flat<TemplatePart>()
    private(set) var text = Flat<UInt8>()

    /// Adds a pattern under `id`, or finds the id of the equal one that is there already.
    mutating func insert(_ pattern: ObjectPattern, id: Int) -> Int {
        var node = 0
        for segment in pattern.segments { node = child(of: node, for: segment) }
        if nodes[node].pattern == 0 { nodes[node].pattern = UInt32(id + 1) }
        return Int(nodes[node].pattern) - 1
    }

    private mutating func child(of node: Int, for segment: ObjectPattern.Segment) -> Int {
        switch segment {
        case .any:
            if nodes[node].star == 0 { nodes[node].star = newNode() }
            return Int(nodes[node].star)
        case .deep:
            if nodes[node].deep == 0 { nodes[node].deep = newNode() }
            return Int(nodes[node].deep)
        case .literal(let bytes):
            return bytes.withUnsafeBufferPointer { literalChild(of: node, $0) }
        case .template(let parts):
            return templateChild(of: node, parts)
        }
    }

    private mutating func newNode() -> UInt32 {
        nodes.append(Node())
        return UInt32(nodes.count - 1)
    }

    private mutating func literalChild(of node: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        guard let base = bytes.baseAddress else { return node }
        let key = SegmentKey(reading: base, from: 0, count: bytes.count)
        let view = PatternAutomaton(self)
        if let found = view.edge(from: UInt32(node), key, in: base) { return Int(found.pointee.to) }
        let child = newNode()
        let start = UInt32(text.count)
        text.append(bytes)
        if (edgeCount + 1) * 2 > edges.count { growEdges() }
        let edge = Edge(
            head: key.head, from: UInt32(node), to: child, text: start, length: UInt16(bytes.count))
        place(edge, key.hash)
        edgeCount += 1
        nodes[node].hasEdges = true
        return Int(child)
    }

    /// Notes with each edge what became of its child; to be done once, when all patterns are in.
    mutating func seal() {
        for index in 0..<edges.count where edges[index].to != 0 {
            let child = nodes[Int(edges[index].to)]
            edges[index].traits = child.traits
            edges[index].pattern = child.pattern
        }
    }

    private mutating func growEdges() {
        var old = Flat<Edge>(repeating: Edge(), count: edges.count * 2)
        swap(&old, &edges)
        edgeShift -= 1
        for index in 0..<old.count where old[index].to != 0 {
            let edge = old[index]
            // SAFETY: the edge's segment lies in `text`.
            let label = text.base + Int(edge.text)
            place(edge, SegmentKey(reading: label, from: 0, count: Int(edge.length)).hash)
        }
    }

    private mutating func place(_ edge: Edge, _ hash: UInt64) {
        var slot = PatternAutomaton.slot(edge.from, hash, edgeShift)
        while edges[slot].to != 0 { slot = (slot + 1) & (edges.count - 1) }
        edges[slot] = edge
    }

    private mutating func templateChild(of node: Int, _ wanted: [ObjectPattern.Part]) -> Int {
        var index = Int(nodes[node].template)
        while index != 0 {
            let template = templates[index - 1]
            if storedParts(template) == wanted { return Int(template.child) }
            index = Int(template.next)
        }
        let first = UInt32(parts.count)
        for part in wanted { appendPart(part) }
        let child = newNode()
        templates.append(
            Template(firstPart: first, partCount: UInt32(wanted.count), child: child, next: nodes[node].template))
        nodes[node].template = UInt32(templates.count)
        return Int(child)
    }

    private mutating func appendPart(_ part: ObjectPattern.Part) {
        switch part {
        case .user: parts.append(TemplatePart(kind: .user))
        case .group: parts.append(TemplatePart(kind: .group))
        case .bytes(let bytes):
            parts.append(TemplatePart(kind: .bytes, start: UInt32(text.count), length: UInt32(bytes.count)))
            bytes.withUnsafeBufferPointer { text.append($0) }
        }
    }

    private func storedParts(_ template: Template) -> [ObjectPattern.Part] {
        (0..<Int(template.partCount)).map { offset in
            let part = parts[Int(template.firstPart) + offset]
            switch part.kind {
            case .user: return .user
            case .group: return .group
            // SAFETY: the part's bytes lie in `text`.
            case .bytes: return .bytes(Bytes(text.base + Int(part.start), Int(part.length)).array)
            }
        }
    }
}

/// Lends a trie's tables to a walk as plain pointers; valid as long as the trie is neither changed nor dropped.
struct PatternAutomaton: BitwiseCopyable {
    let nodes: UnsafePointer<PatternTrie.Node>
    let edges: UnsafePointer<PatternTrie.Edge>
    let edgeMask: Int
    let edgeShift: UInt64
    let templates: UnsafePointer<PatternTrie.Template>
    let parts: UnsafePointer<PatternTrie.TemplatePart>
    let text: UnsafePointer<UInt8>

    init(_ trie: borrowing PatternTrie) {
        nodes = UnsafePointer(trie.nodes.base)
        edges = UnsafePointer(trie.edges.base)
        edgeMask = trie.edges.count - 1
        edgeShift = trie.edgeShift
        templates = UnsafePointer(trie.templates.base)
        parts = UnsafePointer(trie.parts.base)
        text = UnsafePointer(trie.text.base)
    }

    @inline(__always)
    static func slot(_ node: UInt32, _ hash: UInt64, _ shift: UInt64) -> Int {
        Int(truncatingIfNeeded: SegmentKey.mix(hash ^ (UInt64(node) &* 0x9E37_79B9_7F4A_7C15)) &>> shift)
    }

    @inline(__always)
    private func isLabel(_ edge: UnsafePointer<PatternTrie.Edge>, _ segment: Bytes) -> Bool {
        // SAFETY: the edge's segment, of the same length, lies in `text`.
        Bytes(text + Int(edge.pointee.text), segment.count) == segment
    }

    /// Finds the edge from `node` for a fixed segment.
    @inline(__always)
    func edge(from node: UInt32, _ key: SegmentKey, in name: UnsafePointer<UInt8>)
        -> UnsafePointer<PatternTrie.Edge>?
    {
        var slot = Self.slot(node, key.hash, edgeShift)
        while true {
            // SAFETY: the mask keeps the slot inside the table, which is never more than half full.
            let edge = edges + slot
            if edge.pointee.to == 0 { return nil }
            if edge.pointee.head == key.head && edge.pointee.from == node && Int(edge.pointee.length) == key.length
                && (key.length <= 8 || isLabel(edge, Bytes(name + key.start, key.length)))
            {
                return edge
            }
            slot = (slot &+ 1) & edgeMask
        }
    }
}

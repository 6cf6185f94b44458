/// The `if … else … endif` that are open in one file.
struct Conditionals: Sendable {
    /// How deep they may nest.
    static let depthLimit = 64

    private struct Branch {
        let source: SourcePosition
        /// How many blocks were open at the `if`: the same number must be open at its `else` and `endif`.
        let blockDepth: Int
        let parentIsLive: Bool
        let condition: Bool
        var elsePosition: SourcePosition?

        var isLive: Bool { parentIsLive && condition == (elsePosition == nil) }
    }

    private var branches: [Branch] = []

    /// Whether the lines here count.
    var isLive: Bool { branches.last?.isLive ?? true }

    /// The number of blocks open at the innermost `if`, nil outside of all.
    var blockDepth: Int? { branches.last?.blockDepth }

    /// The places of the `if`s without an `endif`, outermost first.
    var open: [SourcePosition] { branches.map(\.source) }

    /// Enters an `if`; returns false when it is nested too deep.
    mutating func begin(at source: SourcePosition, blockDepth: Int, condition: Bool) -> Bool {
        guard branches.count < Self.depthLimit else { return false }
        branches.append(
            Branch(source: source, blockDepth: blockDepth, parentIsLive: isLive, condition: condition))
        return true
    }

    /// Turns to the other branch; returns why that is not possible.
    mutating func turn(at source: SourcePosition) -> String? {
        guard let last = branches.last else { return "`else` stands outside of any `if`" }
        if let first = last.elsePosition { return "second `else` of one `if`: the first is at \(first)" }
        branches[branches.count - 1].elsePosition = source
        return nil
    }

    /// Leaves the innermost `if`; returns false when there is none.
    mutating func end() -> Bool {
        branches.popLast() != nil
    }
}

/// One line `option value…`, or a block `add-option value… … end-option` with the lines inside it.
public struct Statement: Hashable, Sendable {
    /// The option's name; for a block with its `add-`.
    public let name: Word
    /// The values on the line, in order.
    public let values: [Word]
    /// The statements inside a block, nil for a plain line.
    public let block: [Statement]?

    /// Makes a statement; `block` is nil for a plain line.
    public init(name: Word, values: [Word], block: [Statement]? = nil) {
        self.name = name
        self.values = values
        self.block = block
    }
}

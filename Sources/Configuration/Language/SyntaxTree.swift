/// One word of a configuration, its quotes removed and its variables replaced.
public struct Word: Hashable, Sendable {
    /// The text: UTF-8 without control characters but tabs, at most 65,536 bytes, possibly empty.
    public let text: String
    /// The place of its first character.
    public let source: SettingSource

    /// Makes a word that stands at a place.
    public init(_ text: String, at source: SettingSource) {
        self.text = text
        self.source = source
    }
}

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

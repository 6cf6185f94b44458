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

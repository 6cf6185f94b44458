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

    /// Writes a text as a word of a line: in quotes where it needs them to be read back as one.
    package static func quoted(_ text: String) -> String {
        let isPlain = !text.isEmpty && !text.unicodeScalars.contains { " \t\"\\#$".unicodeScalars.contains($0) }
        if isPlain { return text }
        var result = String.UnicodeScalarView("\"".unicodeScalars)
        for scalar in text.unicodeScalars {
            if "\"\\$".unicodeScalars.contains(scalar) { result.append("\\") }
            result.append(scalar)
        }
        return String(result) + "\""
    }
}

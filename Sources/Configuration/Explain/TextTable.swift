/// Lays out what commands print, for a width in columns. A character counts as one column.
enum TextTable {
    /// Breaks a text at spaces into lines of at most `width` characters; a longer word keeps its length.
    static func wrapped(_ text: String, width: Int) -> [String] {
        var lines = [""]
        for word in text.split(separator: " ") {
            let line = lines[lines.count - 1]
            if line.isEmpty {
                lines[lines.count - 1] = String(word)
            } else if line.count + 1 + word.count <= width {
                lines[lines.count - 1] += " \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }

    /// Pads a text with spaces behind it.
    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// Lays out `label  text` with the text wrapped beside its label; lines that stand on their own stay so.
    static func entry(_ label: String, _ lines: [String], labelWidth: Int, columns: Int) -> [String] {
        let wrapped = lines.flatMap { Self.wrapped($0, width: columns - labelWidth) }
        return wrapped.enumerated().map { index, line in padded(index == 0 ? label : "", labelWidth) + line }
    }
}

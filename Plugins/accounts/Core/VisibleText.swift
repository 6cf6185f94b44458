/// Makes texts that may hold anything fit for a message.
package enum VisibleText {
    /// Returns a text in which control characters, line and paragraph separators, and what changes the direction of the
    /// text around it stand as `\\u{9B}`.
    package static func escaped(_ text: String) -> String {
        if text.unicodeScalars.allSatisfy(isPlain) { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if isPlain(scalar) {
                result.unicodeScalars.append(scalar)
            } else {
                result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            }
        }
        return result
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E: true
        // Zero width, marks of direction, separators; embeddings and overrides; isolates; the Arabic letter mark; the BOM.
        case 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0x061C, 0xFEFF: false
        default: scalar.properties.generalCategory != .control
        }
    }
}

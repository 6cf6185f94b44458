import AuthCore
import Basics

/// A text from outside as a terminal may see it: nothing in it steers the terminal, and its width is known.
struct TerminalText: Sendable {
    let text: String
    /// Columns.
    let width: Int

    /// Writes scalars that cannot be seen as `\u{…}`; an empty text becomes `(none)`.
    init(_ text: String) {
        self.init(shown: (text.isEmpty ? "(none)" : text).controlsEscaped)
    }

    private init(shown: String) {
        text = shown
        width = shown.unicodeScalars.reduce(0) { $0 + $1.columns }
    }

    /// The text, with its end replaced by `…` if it is wider.
    func cut(to limit: Int) -> TerminalText {
        guard width > limit else { return self }
        var kept = String.UnicodeScalarView()
        var used = 1
        for scalar in text.unicodeScalars {
            used += scalar.columns
            if used > limit { break }
            kept.append(scalar)
        }
        return TerminalText(shown: String(kept) + "…")
    }

    /// The text with spaces up to a width: after it, or before it.
    func padded(to wanted: Int, toTheRight: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, wanted - width))
        return toTheRight ? space + text : text + space
    }
}

extension Unicode.Scalar {
    /// None for marks that go over another character, two for the wide ones of East Asia and for pictures, else one.
    fileprivate var columns: Int {
        if [.nonspacingMark, .enclosingMark].contains(properties.generalCategory) { return 0 }
        let wide: [ClosedRange<UInt32>] = [
            0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD,
        ]
        return wide.contains { $0.contains(value) } ? 2 : 1
    }
}

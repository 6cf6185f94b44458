import Basics

/// The end of what a command wrote to its standard error, fit for a log.
struct ErrorTail {
    /// The most bytes kept while it runs; and shown.
    static let kept = 4096
    static let shown = 1024

    private let bytes: SecretBytes
    private var isCut = false

    init() throws(SystemError) { bytes = try SecretBytes(capacity: 2 * Self.kept) }

    /// Reads once: read(2)'s result.
    mutating func read(from descriptor: Int32) -> Int {
        if bytes.room < Self.kept {
            bytes.dropFirst(bytes.count - Self.kept)
            isCut = true
        }
        return bytes.read(from: descriptor)
    }

    /// The end in at most 1,024 bytes, redacted, control characters escaped, without the white space around it.
    ///
    /// output: what the command printed, which is never shown, nor are its words of 8 bytes or more.
    func text(hiding output: SecretBytes) -> String {
        let (all, cut) = bytes.withBytes { bytes -> (String, Bool) in
            // INVARIANT: a word that is cut at its start is never shown: half a secret would not be recognised.
            let kept = bytes.count > Self.kept ? bytes.dropFirst(bytes.count - Self.kept) : bytes[...]
            let isCut = isCut || kept.count < bytes.count
            let whole = isCut ? kept.drop { $0 > 32 } : kept
            return (String(decoding: whole, as: UTF8.self), isCut)
        }
        let secrets = output.withBytes { Redaction.secrets(in: $0) }
        let redacted = Redaction.redact(all, secrets: secrets)
        let escaped = Self.onOneLine(Self.trimmed(redacted)).controlsEscaped
        guard cut || escaped.utf8.count > Self.shown else { return escaped }
        return "…" + Self.suffix(escaped, bytes: Self.shown - 3)
    }

    private static func onOneLine(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": line += " | "
            case "\t": line += " "
            default: line.unicodeScalars.append(scalar)
            }
        }
        return line
    }

    private static func trimmed(_ text: String) -> String {
        let start = text.drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }

    private static func suffix(_ text: String, bytes: Int) -> String {
        guard text.utf8.count > bytes else { return text }
        return String(decoding: text.utf8.suffix(bytes).drop { $0 & 0xC0 == 0x80 }, as: UTF8.self)
    }
}

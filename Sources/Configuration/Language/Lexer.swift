import Basics

/// A word as it was written: pieces of text and names of variables.
struct RawWord: Hashable, Sendable {
    enum Part: Hashable, Sendable {
        case text(String)
        case variable(String, SourcePosition)
    }

    var parts: [Part]
    let position: SourcePosition

    /// The text of a word without variables, nil of any other.
    var literal: String? {
        switch parts.count {
        case 0: return ""
        case 1: if case .text(let text) = parts[0] { return text } else { return nil }
        default: return nil
        }
    }
}

/// Splits one line into words.
///
/// Words are separated by spaces and tabs; `#` where a word could begin starts a comment. Double quotes keep spaces and
/// `#`; inside them `\"`, `\\` and `\$` stand for the second character, and any other backslash for itself. A quoted
/// piece may be part of a longer word. `${NAME}` is a variable inside and outside of quotes.
struct Lexer {
    private let scalars: [Unicode.Scalar]
    private let file: String
    private let line: Int
    private var index = 0

    /// Takes the scalars of one line, without its end.
    init(_ scalars: [Unicode.Scalar], file: String, line: Int) {
        self.scalars = scalars
        self.file = file
        self.line = line
    }

    /// Returns the line's words, none for an empty line or a comment.
    ///
    /// Throws: a problem of code `syntax` at the first place that makes no sense.
    mutating func words() throws(LexerError) -> [RawWord] {
        try refuseControlCharacters()
        var words: [RawWord] = []
        while true {
            while let next = peek, next == " " || next == "\t" { index += 1 }
            guard let next = peek, next != "#" else { return words }
            words.append(try word())
        }
    }

    private var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private var position: SourcePosition { position(of: index) }

    private func position(of index: Int) -> SourcePosition {
        SourcePosition(file: file, line: line, column: index + 1)
    }

    private func refuseControlCharacters() throws(LexerError) {
        for (offset, scalar) in scalars.enumerated() {
            if scalar.isRefusedControl {
                let number = scalar.value.padded(to: 4, radix: 16).uppercased()
                throw LexerError(at: position(of: offset), "control character U+\(number) is not allowed")
            }
        }
    }

    private mutating func word() throws(LexerError) -> RawWord {
        var word = RawWord(parts: [], position: position)
        var text = String.UnicodeScalarView()
        while let next = peek, next != " ", next != "\t" {
            if next == "\"" {
                try quoted(into: &word, text: &text)
            } else {
                try character(into: &word, text: &text)
            }
        }
        Self.flush(&text, into: &word)
        return word
    }

    private mutating func quoted(into word: inout RawWord, text: inout String.UnicodeScalarView) throws(LexerError) {
        let opening = position
        index += 1
        while let next = peek {
            if next == "\"" {
                index += 1
                return
            }
            if next == "\\", index + 1 < scalars.count, ["\"", "\\", "$"].contains(scalars[index + 1]) {
                text.append(scalars[index + 1])
                index += 2
            } else {
                try character(into: &word, text: &text)
            }
        }
        throw LexerError(at: opening, "unterminated quote: the line ends before a closing `\"`")
    }

    private mutating func character(
        into word: inout RawWord, text: inout String.UnicodeScalarView
    ) throws(LexerError) {
        guard scalars[index] == "$", index + 1 < scalars.count, scalars[index + 1] == "{" else {
            text.append(scalars[index])
            index += 1
            return
        }
        let start = position
        guard let end = scalars[index...].firstIndex(of: "}") else {
            throw LexerError(at: start, "unterminated variable: the line ends before the `}` of `${`")
        }
        var name = String.UnicodeScalarView()
        name.append(contentsOf: scalars[(index + 2)..<end])
        Self.flush(&text, into: &word)
        word.parts.append(.variable(String(name), start))
        index = end + 1
    }

    private static func flush(_ text: inout String.UnicodeScalarView, into word: inout RawWord) {
        guard !text.isEmpty else { return }
        word.parts.append(.text(String(text)))
        text = String.UnicodeScalarView()
    }
}

/// Says why a line cannot be split into words.
struct LexerError: Error {
    let position: SourcePosition
    let message: String

    init(at position: SourcePosition, _ message: String) {
        self.position = position
        self.message = message
    }
}

extension Unicode.Scalar {
    /// Whether this is a control character other than a tab: none may get into a value, by whatever way.
    package var isRefusedControl: Bool { value < 0x20 && self != "\t" || (0x7f...0x9f).contains(value) }
}

/// A command line split into the arguments of one program. No shell: nothing is expanded but ``Expansion`` values.
///
/// White space, line breaks included, separates; `'` and `"` group; a backslash before `\`, `'`, `"`, and outside
/// quotes before a space, stands for that character, and for itself before any other. The rules are those of OpenSSH's
/// AuthorizedKeysCommand.
package struct CommandWords: Equatable, Sendable {
    /// The program and its arguments, as written; at least one.
    package let words: [String]

    /// The one name that is replaced when the command runs: by the user's name, within one argument.
    package static let userName = "AMPS_USER_NAME"

    /// Splits a command line.
    package static func split(_ text: String) throws(CommandWordsError) -> CommandWords {
        var splitter = Splitter(text)
        let words = try splitter.split()
        guard let program = words.first, !program.isEmpty else { throw .empty }
        guard names(in: program).isEmpty else { throw .expandedProgram(program) }
        for word in words {
            if word.utf8.contains(0) { throw .nul }
            for name in names(in: word) where name != userName { throw .unknownName(name) }
        }
        return CommandWords(words: words)
    }

    /// The arguments with the user's name in place: as many as there are words, whatever the name holds.
    package func arguments(userName: String) -> [String] {
        words.map { Self.replace($0, with: userName) }
    }

    // A name in `{{…}}`: letters, digits and `_`, with spaces around it; anything else in braces is text.
    private static func names(in word: String) -> [String] {
        parts(of: word).compactMap { part in if case .name(let name) = part { name } else { nil } }
    }

    private static func replace(_ word: String, with value: String) -> String {
        parts(of: word).map { part in
            switch part {
            case .text(let text): text
            case .name: value
            }
        }.joined()
    }

    private enum Part {
        case text(String)
        case name(String)
    }

    private static func parts(of word: String) -> [Part] {
        var parts: [Part] = []
        var text = ""
        var rest = Substring(word)
        while let first = rest.first {
            if let (name, after) = leadingName(rest) {
                parts += [.text(text), .name(name)]
                text = ""
                rest = after
            } else {
                text.append(first)
                rest = rest.dropFirst()
            }
        }
        return parts + [.text(text)]
    }

    private static func leadingName(_ text: Substring) -> (String, Substring)? {
        guard text.hasPrefix("{{") else { return nil }
        let inside = text.dropFirst(2)
        let name = inside.prefix { $0 == "_" || ($0.isASCII && ($0.isLetter || $0.isNumber)) }
        let after = inside[name.endIndex...]
        guard !name.isEmpty, after.hasPrefix("}}") else { return nil }
        return (String(name), after.dropFirst(2))
    }
}

/// Says why a command line could not be split.
package enum CommandWordsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is no program.
    case empty
    /// A quote is never closed; the place is that of the opening one, from 1.
    case unbalanced(quote: Character, line: Int, column: Int)
    /// A name in braces that is not known.
    case unknownName(String)
    /// The program's own path would depend on the user.
    case expandedProgram(String)
    /// An argument would end early.
    case nul

    /// The error in words, to follow the option's name.
    package var description: String {
        switch self {
        case .empty: "names no program"
        case .unbalanced(let quote, let line, let column):
            "has a quote `\(quote)` at line \(line), column \(column) that is never closed"
        case .unknownName(let name): "holds `{{\(name)}}`; only `{{\(CommandWords.userName)}}` is known"
        case .expandedProgram(let program): "names a program that is not fixed: `\(program)`"
        case .nul: "holds a NUL"
        }
    }
}

private struct Splitter {
    private let characters: [Character]
    private var index = 0
    private var line = 1
    private var column = 1

    init(_ text: String) { characters = Array(text) }

    private var current: Character? { index < characters.count ? characters[index] : nil }
    private var next: Character? { index + 1 < characters.count ? characters[index + 1] : nil }

    private mutating func step() {
        if characters[index].isNewline { (line, column) = (line + 1, 1) } else { column += 1 }
        index += 1
    }

    private static func separates(_ character: Character) -> Bool {
        character == " " || character == "\t" || character.isNewline
    }

    mutating func split() throws(CommandWordsError) -> [String] {
        var words: [String] = []
        while let character = current {
            if Self.separates(character) { step() } else { words.append(try word()) }
        }
        return words
    }

    private mutating func word() throws(CommandWordsError) -> String {
        var word = ""
        while let character = current, !Self.separates(character) {
            if character == "'" || character == "\"" {
                word += try quoted(by: character)
            } else {
                word.append(escaped(insideQuotes: false))
            }
        }
        return word
    }

    private mutating func quoted(by quote: Character) throws(CommandWordsError) -> String {
        let opened = CommandWordsError.unbalanced(quote: quote, line: line, column: column)
        var text = ""
        step()
        while let character = current {
            if character == quote {
                step()
                return text
            }
            text.append(escaped(insideQuotes: true))
        }
        throw opened
    }

    // Takes one character, or two of which the first is a backslash.
    private mutating func escaped(insideQuotes: Bool) -> Character {
        if characters[index] == "\\", let next,
            next == "\\" || next == "'" || next == "\"" || (next == " " && !insideQuotes)
        {
            step()
        }
        let taken = characters[index]
        step()
        return taken
    }
}

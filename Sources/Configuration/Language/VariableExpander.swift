/// Replaces the variables of a word, within bounds that no file can talk it out of.
package struct VariableExpander: Sendable {
    /// The longest word, in bytes of UTF-8.
    package static let wordLimit = 65_536
    /// How many bytes the variables of one configuration may expand to in all.
    static let totalLimit = 16 << 20
    /// How many warnings are kept.
    package static let warningLimit = 100

    var variables: Variables
    /// What is doubtful, at most ``warningLimit``.
    package private(set) var warnings: [ConfigurationProblem] = []
    private var total = 0

    init(variables: Variables) {
        self.variables = variables
    }

    /// Returns the word with its variables replaced; `directory` is what `${ccd}` stands for.
    ///
    /// A variable that is not defined, or has no valid name, stands for an empty text and is worth a warning, as in
    /// AMPS. The value is not looked into again: it may hold spaces, quotes or `${` and stays one word.
    mutating func expand(_ word: RawWord, directory: String) -> (Word, ConfigurationProblem?) {
        var text = ""
        for part in word.parts {
            switch part {
            case .text(let piece): text += piece
            case .variable(let name, let position):
                let value = value(of: name, at: position, directory: directory)
                total += value.utf8.count
                text += value
            }
            if text.utf8.count > Self.wordLimit || total > Self.totalLimit {
                return (Word("", at: .file(word.position)), tooLong(word, isTotal: total > Self.totalLimit))
            }
        }
        return (Word(text, at: .file(word.position)), nil)
    }

    /// Keeps a warning; only the first ``warningLimit`` ones.
    mutating func warn(_ source: SettingSource, _ message: String) {
        guard warnings.count < Self.warningLimit else { return }
        warnings.append(ConfigurationProblem(.variable, at: source, message))
    }

    private mutating func value(of name: String, at position: SourcePosition, directory: String) -> String {
        if let value = variables.value(of: name, directory: directory) { return value }
        if Variables.isName(name) || name.hasPrefix("ENV:") {
            warn(.file(position), "`${\(name)}` is not defined: it stands for an empty text")
        } else {
            warn(.file(position), "`${\(name)}` is not a variable: it stands for an empty text")
        }
        return ""
    }

    private func tooLong(_ word: RawWord, isTotal: Bool) -> ConfigurationProblem {
        let message =
            isTotal
            ? "the variables expand to too much: at most \(Self.totalLimit) bytes in all"
            : "the word is too long: at most \(Self.wordLimit) bytes"
        return ConfigurationProblem(.limit, at: .file(word.position), message)
    }
}

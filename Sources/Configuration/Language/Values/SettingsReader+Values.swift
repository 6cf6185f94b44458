extension SettingsReader {
    /// Checks how many values a line has.
    mutating func checkCount(_ statement: Statement, _ definition: ItemDefinition) -> Bool {
        let range: ClosedRange<Int> =
            switch definition.type {
            case .flag: 0...1
            case .list, .addresses: 1...Int.max
            case .row(let names): names.count...names.count
            default: 1...1
            }
        if range.contains(statement.values.count) { return true }
        let isMissing = statement.values.count < range.lowerBound
        let source = isMissing ? statement.name.source : statement.values[range.upperBound].source
        problems.add(
            .badValue, at: source,
            "`\(definition.name)` takes \(definition.type.expectation), but \(statement.values.count.counted) given")
        return false
    }

    /// Returns the one value of a line.
    mutating func single(_ statement: Statement, _ definition: ItemDefinition) -> Word? {
        checkCount(statement, definition) ? statement.values.first : nil
    }

    /// Returns the checked value of a line with the right number of values.
    mutating func value(of statement: Statement, as definition: ItemDefinition) -> ItemValue? {
        if definition.type == .flag && statement.values.isEmpty { return .flag(true) }
        return value(of: statement.values, as: definition)
    }

    /// Returns the checked value of `words`, which are as many as the type wants.
    mutating func value(of words: [Word], as definition: ItemDefinition) -> ItemValue? {
        switch definition.type {
        case .list: return texts(words, definition).map { .list($0) }
        case .row: return texts(words, definition).map { .rows([$0]) }
        case .addresses: return addresses(words, definition)
        default:
            guard let word = words.first else { return nil }
            return value(of: word, as: definition)
        }
    }

    private mutating func value(of word: Word, as definition: ItemDefinition) -> ItemValue? {
        switch definition.type {
        case .text where !word.text.isEmpty, .path where !word.text.isEmpty:
            return expanded(word, definition).map { .text($0) }
        default:
            return Self.plain(word.text, definition.type) ?? refuse(word, definition)
        }
    }

    private static func plain(_ text: String, _ type: ItemType) -> ItemValue? {
        switch type {
        case .flag: ["TRUE": true, "FALSE": false][text.uppercased()].map { .flag($0) }
        case .integer(_, let range): DecimalNumber.integer(text).flatMap { range.contains($0) ? .integer($0) : nil }
        case .float(_, let range): DecimalNumber.float(text).flatMap { range.contains($0) ? .float($0) : nil }
        case .fileMode: DecimalNumber.fileMode(text).map { .integer($0) }
        case .token: isToken(text) ? .text(text) : nil
        case .choice(let texts): texts.contains(text) ? .text(text) : nil
        default: nil
        }
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "!#$%&'*+-.^_|~".contains($0)) }
    }

    private mutating func refuse(_ word: Word, _ definition: ItemDefinition) -> ItemValue? {
        let found = definition.isSecret ? "" : ", not `\(word.text.clipped)`"
        let reason = definition.refused[word.text].map { ": \($0)" } ?? ""
        problems.add(
            .badValue, at: word.source,
            "`\(definition.name)` takes \(definition.type.expectation)\(found)\(reason)")
        return nil
    }

    private mutating func expanded(_ word: Word, _ definition: ItemDefinition) -> String? {
        do throws(PercentExpander.Failure) {
            return try expander.expand(word.text, for: definition)
        } catch {
            problems.add(.badValue, at: word.source, error.message)
            return nil
        }
    }

    private mutating func texts(_ words: [Word], _ definition: ItemDefinition) -> [String]? {
        var texts: [String] = []
        for word in words {
            guard !word.text.isEmpty else {
                _ = refuse(word, definition)
                return nil
            }
            guard let text = expanded(word, definition) else { return nil }
            texts.append(text)
        }
        return texts
    }

    private mutating func addresses(_ words: [Word], _ definition: ItemDefinition) -> ItemValue? {
        if words.count == 1, words[0].text == "none" { return .list([]) }
        for word in words where ListenAddress(word.text) == nil {
            _ = refuse(word, definition)
            return nil
        }
        return .list(words.map(\.text))
    }
}

extension String {
    /// The text as messages quote it: at most 80 characters, an ellipsis for the rest.
    package var clipped: String { count > 80 ? prefix(80) + "…" : self }
}

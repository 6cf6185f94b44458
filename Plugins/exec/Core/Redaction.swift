/// Takes out of a text whatever looks like a secret. In doubt it is one.
enum Redaction {
    static let mark = "[redacted]"

    // The shortest run of letters and digits that is taken for a secret, with a digit in it; and without one.
    private static let shortestRun = 20
    private static let shortestLetters = 32

    private static let keys = [
        "password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "api_key", "api-key", "credential",
        "credentials", "authorization", "auth", "key", "accesskey", "access_key", "cookie", "signature",
    ]
    private static let schemes: Set<String> = ["bearer", "basic", "negotiate", "digest"]

    /// Replaces the given secrets, what follows `password=` and its like, credentials of URLs, and long runs of base64
    /// or hexadecimal characters.
    static func redact(_ text: String, secrets: [String]) -> String {
        var text = text
        for secret in secrets { text = replacing(secret, in: text) }
        return words(text).map(redactedWord).reduce(into: Words(), { $0.append($1) }).text
    }

    /// The output as it may stand in another text: whole, and its words of 8 bytes or more.
    static func secrets(in output: UnsafeRawBufferPointer) -> [String] {
        let text = String(decoding: output, as: UTF8.self)
        let whole = text.split(whereSeparator: \.isNewline).map(String.init)
        let words = text.split { " \t\r\n\"',:{}[]".contains($0) }.map(String.init).filter { $0.utf8.count >= 8 }
        return (whole + words).sorted { $0.utf8.count > $1.utf8.count }
    }

    private static func replacing(_ secret: String, in text: String) -> String {
        let bytes = Array(text.utf8)
        let wanted = Array(secret.utf8)
        guard !wanted.isEmpty, bytes.count >= wanted.count else { return text }
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if index + wanted.count <= bytes.count, bytes[index..<index + wanted.count].elementsEqual(wanted) {
                result += Array(mark.utf8)
                index += wanted.count
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    // White space and the words between it, in order.
    private static func words(_ text: String) -> [Substring] {
        var words: [Substring] = []
        var rest = text[...]
        while let first = rest.first {
            let isSpace = first.isWhitespace
            let word = rest.prefix { $0.isWhitespace == isSpace }
            words.append(word)
            rest = rest[word.endIndex...]
        }
        return words
    }

    // Hides the word that follows a key or a scheme of its own.
    private struct Words {
        var text = ""
        private var hidesNext = false

        mutating func append(_ word: (original: Substring, redacted: String)) {
            if word.original.first?.isWhitespace ?? true {
                text += word.original
                return
            }
            let lower = word.original.lowercased()
            let isScheme = Redaction.schemes.contains(lower.filter { $0.isLetter })
            text += hidesNext && !isScheme ? Redaction.mark : word.redacted
            hidesNext = isScheme || Redaction.announces(lower)
        }
    }

    // `--password`, `password:`, `token=` with the value in the next word.
    private static func announces(_ word: String) -> Bool {
        let bare = word.drop { "\"'-({[".contains($0) }
        let key = bare.prefix { !"\"':=".contains($0) }
        let rest = bare[key.endIndex...]
        guard isKey(key) else { return false }
        return rest.isEmpty ? word.hasPrefix("-") : rest.allSatisfy { "\"':=".contains($0) }
    }

    private static func isKey(_ text: Substring) -> Bool {
        keys.contains { text == $0 || text.hasSuffix("_" + $0) || text.hasSuffix("-" + $0) || text.hasSuffix("." + $0) }
            || text.hasSuffix("password") || text.hasSuffix("secret") || text.hasSuffix("token")
    }

    private static func redactedWord(_ word: Substring) -> (original: Substring, redacted: String) {
        (word, withoutRuns(withoutURLCredentials(withoutValue(String(word)))))
    }

    // `key=value`, `"key":"value"`: every value of the word from the first key on.
    private static func withoutValue(_ word: String) -> String {
        var start = word.startIndex
        while let sign = word[start...].firstIndex(where: { $0 == "=" || $0 == ":" }) {
            let key = word[start..<sign].drop { !$0.isLetter }.lowercased()
            let name = key.prefix { $0.isLetter || $0.isNumber || "_-.".contains($0) }
            let parts = key.split { !($0.isLetter || $0.isNumber || "_-.".contains($0)) }
            let after = word.index(after: sign)
            if after < word.endIndex, isKey(name) || parts.contains(where: isKey),
                word[after...].contains(where: { !"\"':=".contains($0) })
            {
                return word[..<after] + mark
            }
            start = after
        }
        return word
    }

    // `scheme://user:password@host`.
    private static func withoutURLCredentials(_ word: String) -> String {
        let bytes = Array(word.utf8)
        guard let at = bytes.lastIndex(of: UInt8(ascii: "@")) else { return word }
        let scheme = Array("://".utf8)
        guard let start = bytes.indices.first(where: { bytes[$0...].starts(with: scheme) }), start + 3 <= at else {
            return word
        }
        return String(decoding: bytes[..<(start + 3)], as: UTF8.self) + mark
            + String(decoding: bytes[at...], as: UTF8.self)
    }

    private static func withoutRuns(_ word: String) -> String {
        var result = ""
        var rest = word[...]
        while let first = rest.first {
            let run = rest.prefix { isRunCharacter($0) }
            if run.isEmpty {
                result.append(first)
                rest = rest.dropFirst()
            } else {
                result += redactedRun(run)
                rest = rest[run.endIndex...]
            }
        }
        return result
    }

    // A path's parts are looked at one by one; `/` within base64 does not begin a word.
    private static func redactedRun(_ run: Substring) -> String {
        guard let first = run.first, "/.~".contains(first) else { return looksSecret(run) ? mark : String(run) }
        return run.split(separator: "/", omittingEmptySubsequences: false)
            .map { looksSecret($0) ? mark : String($0) }.joined(separator: "/")
    }

    private static func looksSecret(_ run: Substring) -> Bool {
        let hasDigit = run.contains { $0.isNumber }
        return run.utf8.count >= (hasDigit ? shortestRun : shortestLetters)
    }

    private static func isRunCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "+/=_-.~".contains(character))
    }
}

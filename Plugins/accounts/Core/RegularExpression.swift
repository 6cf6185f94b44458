import Glibc

/// Matches whole values with a POSIX extended regular expression (regex(7)), compiled once; bytes, not characters.
final class RegularExpression: @unchecked Sendable {
    // Sendable: written in init and deinit only; regexec(3) may run on any thread, and locks what it keeps inside.
    private let compiled: UnsafeMutablePointer<regex_t>

    static let longestPattern = 256
    /// The counts of all intervals multiplied: what bounds the compiled form.
    static let largestRepetition = 1_000
    static let longestValue = 4_096

    /// Throws the offset and why a pattern is refused.
    init(_ pattern: LentText) throws(Refusal) {
        try RegularExpressionCheck.check(pattern)
        let text = Array("^(".utf8) + pattern + Array(")$".utf8) + [0]
        let made = UnsafeMutablePointer<regex_t>.allocate(capacity: 1)
        made.initialize(to: regex_t())
        // SAFETY: NUL-terminated above, and no NUL is inside; regcomp(3) keeps nothing of the text.
        let code = text.withUnsafeBytes {
            regcomp(made, $0.assumingMemoryBound(to: CChar.self).baseAddress, REG_EXTENDED | REG_NOSUB)
        }
        guard code == 0 else {
            var message = [CChar](repeating: 0, count: 128)
            regerror(code, made, &message, message.count)
            made.deallocate()
            let words = message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
            throw Refusal(0, String(decoding: words, as: UTF8.self).lowercased())
        }
        compiled = made
    }

    deinit {
        // SAFETY: compiled in init; nobody else has the pointer.
        regfree(compiled)
        compiled.deallocate()
    }

    /// Says whether the whole of a value matches. value: at most ``longestValue`` bytes.
    func matches(_ value: Span<UInt8>) -> Bool {
        value.withUnsafeBytes { bytes in
            var range = regmatch_t(rm_so: 0, rm_eo: regoff_t(bytes.count))
            // SAFETY: with REG_STARTEND the value needs no NUL; for an empty one a byte of the stack stands in.
            var none = CChar(0)
            return withUnsafePointer(to: &none) { none in
                let start = bytes.assumingMemoryBound(to: CChar.self).baseAddress ?? none
                return regexec(compiled, start, 1, &range, REG_STARTEND) == 0
            }
        }
    }

    /// Says why a pattern is refused.
    struct Refusal: Error {
        let offset: Int
        let message: String

        init(_ offset: Int, _ message: String) {
            self.offset = offset
            self.message = message
        }
    }
}

/// Checks what regcomp(3) would take but must not get: what is no POSIX, what breaks the anchoring, what has no bound.
enum RegularExpressionCheck {
    static func check(_ pattern: LentText) throws(RegularExpression.Refusal) {
        guard 1...RegularExpression.longestPattern ~= pattern.count else {
            throw .init(0, "\(pattern.count) bytes, 1 to \(RegularExpression.longestPattern) are accepted")
        }
        if let offset = pattern.firstIndex(of: 0) { throw .init(offset, "a NUL is not accepted") }
        var depth = 0
        var repetitions = 1
        var position = 0
        while position < pattern.count {
            switch pattern[position] {
            case UInt8(ascii: "\\"):
                try checkEscape(pattern, position)
                position += 1
            case UInt8(ascii: "["): position = try endOfBracket(pattern, position)
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"):
                depth -= 1
                // Behind the anchoring's own parenthesis an alternative would not be anchored.
                if depth < 0 { throw .init(position, "`)` without `(`, as itself it is written `\\)`") }
            case UInt8(ascii: "{"):
                repetitions *= max(1, largestCount(pattern, position))
                if repetitions > RegularExpression.largestRepetition {
                    throw .init(
                        position,
                        "repetitions of more than \(RegularExpression.largestRepetition) in all are not accepted")
                }
            default: break
            }
            position += 1
        }
    }

    private static func checkEscape(_ pattern: LentText, _ position: Int) throws(RegularExpression.Refusal) {
        guard position + 1 < pattern.count else { throw .init(position, "`\\` at the end") }
        let byte = pattern[position + 1]
        if Array(".[\\()*+?{}|^$]/-".utf8).contains(byte) { return }
        if isDigit(byte) { throw .init(position, "back-references are not accepted") }
        let found = shown(pattern[position...(position + 1)])
        throw .init(position, "\(found) is no escape of a POSIX extended regular expression")
    }

    /// Finds the `]` that ends a bracket expression.
    private static func endOfBracket(_ pattern: LentText, _ start: Int) throws(RegularExpression.Refusal) -> Int {
        var position = start + 1
        if position < pattern.count, pattern[position] == UInt8(ascii: "^") { position += 1 }
        // A `]` that stands first is itself.
        if position < pattern.count, pattern[position] == UInt8(ascii: "]") { position += 1 }
        while position < pattern.count {
            let byte = pattern[position]
            if byte == UInt8(ascii: "]") { return position }
            let next = position + 1 < pattern.count ? pattern[position + 1] : 0
            if byte == UInt8(ascii: "["), [UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "=")].contains(next) {
                position += 2
                while position + 1 < pattern.count,
                    !(pattern[position] == next && pattern[position + 1] == UInt8(ascii: "]"))
                { position += 1 }
                position += 1
            }
            position += 1
        }
        throw .init(start, "`[` without `]`")
    }

    /// Reads the larger count of `{2,5}`.
    private static func largestCount(_ pattern: LentText, _ start: Int) -> Int {
        let inside = pattern[(start + 1)...].prefix { $0 != UInt8(ascii: "}") }
        let counts = inside.split(separator: UInt8(ascii: ",")).map {
            Int(String(decoding: $0, as: UTF8.self)) ?? Int(UInt16.max)
        }
        return min(counts.max() ?? 1, Int(UInt16.max))
    }
}

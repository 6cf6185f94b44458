import CLibPCRE2
import Glibc

/// Matches whole values with a POSIX extended regular expression (regex(7)), compiled once; bytes, not characters.
///
/// NOTE: PCRE2 runs it, because regcomp(3) and regexec(3) of glibc have no bound: short patterns take minutes to compile,
/// and the automaton behind one keeps growing with the values it sees. What PCRE2 has beyond POSIX is refused.
final class RegularExpression: @unchecked Sendable {
    // Sendable: written in init and deinit only; pcre2_match(3) reads both, and its scratch memory is of one call.
    private let compiled: OpaquePointer
    private let limits: OpaquePointer
    /// Of a first try, which is enough for almost all.
    private let shortLimits: OpaquePointer
    /// Steps back that a match may take after the first try.
    private let steps: Int

    static let longestPattern = 256
    /// In bytes, as PCRE2 counts them.
    static let largestProgram = 8_192
    static let longestValue = 4_096
    /// Steps back that one match of a short expression may take; a long one, whose steps are longer, has fewer.
    private static let mostSteps = 20_000
    /// Of the first try.
    private static let shortSteps = 64
    private static let shortProgram = 256
    /// What one match may use of memory, in KiB.
    private static let mostMemory: UInt32 = 4_096

    /// What a value is to an expression.
    enum Outcome: Sendable, Hashable {
        case matches
        case differs
        /// Finding out takes more steps or memory than one match may have.
        case undecided
    }

    /// Throws the offset and why a pattern is refused.
    init(_ pattern: LentText) throws(Refusal) {
        try RegularExpressionCheck.check(pattern)
        // Groups capture nothing: what a step keeps is small. Starts and ends are those of the value, and `.` is any byte.
        let options =
            PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | PCRE2_NO_AUTO_CAPTURE
            | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C
        var code: Int32 = 0
        var offset = 0
        // SAFETY: the length is the pattern's own; PCRE2 keeps nothing of the text.
        let made = pcre2_compile_8(pattern.baseAddress, pattern.count, options, &code, &offset, nil)
        guard let made else { throw Refusal(min(offset, pattern.count - 1), Self.message(code)) }
        var size = 0
        pcre2_pattern_info_8(made, UInt32(PCRE2_INFO_SIZE), &size)
        let steps = Self.mostSteps * Self.shortProgram / max(Self.shortProgram, size)
        guard size <= Self.largestProgram, let short = Self.limits(Self.shortSteps), let long = Self.limits(steps)
        else {
            pcre2_code_free_8(made)
            throw Refusal(0, "its repetitions make it longer than \(Self.largestProgram) bytes, as PCRE2 counts them")
        }
        (compiled, shortLimits, limits, self.steps) = (made, short, long, steps)
    }

    private static func limits(_ steps: Int) -> OpaquePointer? {
        guard let context = pcre2_match_context_create_8(nil) else { return nil }
        pcre2_set_match_limit_8(context, UInt32(steps))
        pcre2_set_depth_limit_8(context, UInt32(steps))
        pcre2_set_heap_limit_8(context, mostMemory)
        return context
    }

    deinit {
        // SAFETY: made in init; no other code has the pointers.
        pcre2_match_context_free_8(limits)
        pcre2_match_context_free_8(shortLimits)
        pcre2_code_free_8(compiled)
    }

    /// Says whether the whole of a value matches, within the limits of one match and of the check that asks. value: at
    /// most ``longestValue`` bytes.
    func match(_ value: Span<UInt8>, _ work: inout ConditionWork) -> Outcome {
        guard work.take(Self.shortSteps, bytes: value.count) else { return .undecided }
        let outcome = match(value, within: shortLimits)
        guard outcome == .undecided, work.takeLongMatch(steps, bytes: value.count) else { return outcome }
        return match(value, within: limits)
    }

    private func match(_ value: Span<UInt8>, within limits: OpaquePointer) -> Outcome {
        guard let scratch = pcre2_match_data_create_8(1, nil) else { return .undecided }
        defer { pcre2_match_data_free_8(scratch) }
        let code = value.withUnsafeBufferPointer { bytes in
            // SAFETY: for an empty value a byte of the stack stands in; nothing is kept beyond the call.
            withUnsafePointer(to: UInt8(0)) { none in
                pcre2_match_8(compiled, bytes.baseAddress ?? none, bytes.count, 0, 0, scratch, limits)
            }
        }
        if code >= 0 { return .matches }
        return code == PCRE2_ERROR_NOMATCH ? .differs : .undecided
    }

    private static func message(_ code: Int32) -> String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { buffer in
            let length = Int(pcre2_get_error_message_8(code, buffer.baseAddress, buffer.count))
            guard 0..<buffer.count ~= length else { return "error \(code)" }
            // SAFETY: PCRE2 wrote `length` bytes, as it said.
            return String(decoding: UnsafeBufferPointer(rebasing: buffer[..<length]), as: UTF8.self)
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

/// Refuses what PCRE2 would take and regex(7) does not have: back-references, callouts, `\C`, recursion and the rest of
/// what begins with `(?`, `(*` or a letter behind `\`, and repetitions that are possessive or lazy.
enum RegularExpressionCheck {
    static func check(_ pattern: LentText) throws(RegularExpression.Refusal) {
        guard 1...RegularExpression.longestPattern ~= pattern.count else {
            throw .init(0, "\(pattern.count) bytes, 1 to \(RegularExpression.longestPattern) are accepted")
        }
        if let offset = pattern.firstIndex(of: 0) { throw .init(offset, "a NUL is not accepted") }
        var position = 0
        var isRepeated = false
        while position < pattern.count {
            let start = position
            var isRepetition = false
            switch pattern[position] {
            case UInt8(ascii: "\\"): position = try endOfEscape(pattern, position)
            case UInt8(ascii: "["): position = try endOfBracket(pattern, position)
            case UInt8(ascii: "("):
                let next = position + 1 < pattern.count ? pattern[position + 1] : 0
                if next == UInt8(ascii: "?") || next == UInt8(ascii: "*") {
                    throw .init(position, "\(shown([0x28, next])) is not of a POSIX extended regular expression")
                }
            case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"): isRepetition = true
            case UInt8(ascii: "{"):
                position = try endOfCounts(pattern, position)
                isRepetition = true
            default: break
            }
            if isRepeated && isRepetition { throw .init(start, "a repetition of a repetition needs `(` and `)`") }
            isRepeated = isRepetition
            position += 1
        }
    }

    private static func endOfEscape(_ pattern: LentText, _ position: Int) throws(RegularExpression.Refusal) -> Int {
        guard position + 1 < pattern.count else { throw .init(position, "`\\` at the end") }
        let byte = pattern[position + 1]
        if Array(".[]\\()*+?{}|^$/-".utf8).contains(byte) { return position + 1 }
        if isDigit(byte) { throw .init(position, "back-references are not accepted") }
        let found = shown(pattern[position...(position + 1)])
        throw .init(position, "\(found) is no escape of a POSIX extended regular expression")
    }

    /// Finds the `}` that ends `{2}`, `{2,}` or `{2,5}`.
    private static func endOfCounts(_ pattern: LentText, _ start: Int) throws(RegularExpression.Refusal) -> Int {
        var position = start + 1
        var commas = 0
        while position < pattern.count, isDigit(pattern[position]) || pattern[position] == UInt8(ascii: ",") {
            commas += isDigit(pattern[position]) ? 0 : 1
            position += 1
        }
        guard position < pattern.count, pattern[position] == UInt8(ascii: "}"), commas < 2, isDigit(pattern[start + 1])
        else {
            throw .init(start, "`{` without counts such as `{2}`, `{2,}` and `{2,5}`, as itself it is written `\\{`")
        }
        return position
    }

    /// Finds the `]` that ends a bracket expression. A `\` in one quotes the character behind it, as outside.
    private static func endOfBracket(_ pattern: LentText, _ start: Int) throws(RegularExpression.Refusal) -> Int {
        var position = start + 1
        if position < pattern.count, pattern[position] == UInt8(ascii: "^") { position += 1 }
        // A `]` that stands first is itself.
        if position < pattern.count, pattern[position] == UInt8(ascii: "]") { position += 1 }
        while position < pattern.count {
            switch pattern[position] {
            case UInt8(ascii: "]"): return position
            case UInt8(ascii: "\\"): position = try endOfEscape(pattern, position)
            case UInt8(ascii: "["): position = endOfClass(pattern, position)
            default: break
            }
            position += 1
        }
        throw .init(start, "`[` without `]`")
    }

    /// Finds the end of a class such as `[:alpha:]`; a `[` that begins no class stands for itself.
    private static func endOfClass(_ pattern: LentText, _ start: Int) -> Int {
        let kind = start + 1 < pattern.count ? pattern[start + 1] : 0
        guard [UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "=")].contains(kind) else { return start }
        var position = start + 2
        while position + 1 < pattern.count, !(pattern[position] == kind && pattern[position + 1] == UInt8(ascii: "]")) {
            position += 1
        }
        return position + 1
    }
}

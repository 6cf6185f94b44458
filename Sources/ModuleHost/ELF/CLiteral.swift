/// The value of C string literals as the preprocessor spells them.
///
/// Source: ISO C99, 6.4.4.4 (escapes), 6.4.5 (literals), 5.1.1.2 phase 6 (adjacent literals are one), 6.10.3.2 (how `#`
/// spells them).
enum CLiteral {
    /// - Returns: nil for anything but string literals, such as `NULL` or `((void *)0)`: the option has no default.
    static func value(of text: some Sequence<UInt8>) -> String? {
        var rest = Array(text)[...]
        while rest.first == UInt8(ascii: "("), rest.last == UInt8(ascii: ")") { rest = rest.dropFirst().dropLast() }
        var bytes: [UInt8] = []
        var found = false
        while true {
            rest = rest.drop { $0 == UInt8(ascii: " ") }
            if rest.isEmpty { break }
            if rest.starts(with: "u8\"".utf8) { rest = rest.dropFirst(2) }
            guard readLiteral(&rest, into: &bytes) else { return nil }
            found = true
        }
        // A module that gets the option as a C string sees it end at a NUL.
        return found ? String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) : nil
    }

    /// Takes one literal off `rest`.
    private static func readLiteral(_ rest: inout ArraySlice<UInt8>, into bytes: inout [UInt8]) -> Bool {
        guard rest.popFirst() == UInt8(ascii: "\"") else { return false }
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"): guard readEscape(&rest, into: &bytes) else { return false }
            default: bytes.append(byte)
            }
        }
        return false
    }

    /// Takes what follows a backslash off `rest`.
    private static func readEscape(_ rest: inout ArraySlice<UInt8>, into bytes: inout [UInt8]) -> Bool {
        guard let byte = rest.first else { return false }
        if let value = simple[byte] {
            rest.removeFirst()
            bytes.append(value)
            return true
        }
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            guard let value = number(&rest, radix: 8, digits: 1...3) else { return false }
            bytes.append(UInt8(truncatingIfNeeded: value))
        case UInt8(ascii: "x"):
            rest.removeFirst()
            guard let value = number(&rest, radix: 16, digits: 1...64) else { return false }
            bytes.append(UInt8(truncatingIfNeeded: value))
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            rest.removeFirst()
            let count = byte == UInt8(ascii: "u") ? 4 : 8
            guard let value = number(&rest, radix: 16, digits: count...count), let scalar = Unicode.Scalar(value) else {
                return false
            }
            bytes += Array(String(Character(scalar)).utf8)
        default: return false
        }
        return true
    }

    private static func number(
        _ rest: inout ArraySlice<UInt8>, radix: UInt32, digits: ClosedRange<Int>
    ) -> UInt32? {
        var value: UInt32 = 0
        var count = 0
        while count < digits.upperBound, let byte = rest.first,
            let digit = Character(Unicode.Scalar(byte)).hexDigitValue, digit < radix
        {
            value = value &* radix &+ UInt32(digit)
            rest.removeFirst()
            count += 1
        }
        return digits.contains(count) ? value : nil
    }

    /// Escapes of one letter; `\e` is of GNU C.
    private static let simple: [UInt8: UInt8] = [
        UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "t"): 9, UInt8(ascii: "n"): 10, UInt8(ascii: "v"): 11,
        UInt8(ascii: "f"): 12, UInt8(ascii: "r"): 13, UInt8(ascii: "e"): 27, UInt8(ascii: "\""): UInt8(ascii: "\""),
        UInt8(ascii: "'"): UInt8(ascii: "'"), UInt8(ascii: "?"): UInt8(ascii: "?"),
        UInt8(ascii: "\\"): UInt8(ascii: "\\"),
    ]
}

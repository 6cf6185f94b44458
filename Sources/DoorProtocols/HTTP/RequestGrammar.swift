/// Which targets a request line may have.
enum TargetGrammar: Sendable {
    /// Those of RFC 9112, section 3.2.1: a path and a query of RFC 3986.
    case uri
    /// All visible bytes, for a door whose client passes on the target of another: see ``ForwardedTarget``.
    case forwarded
}

/// Classes of bytes in the grammar of HTTP/1.1.
enum RequestGrammar {
    /// `tchar` of RFC 9110, section 5.6.2.
    static let isToken = table { byte in
        isAlphanumeric(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }

    /// What a target may hold besides `%`: `pchar`, `/` and `?` of RFC 3986, section 3.3 and 3.4.
    static let isTarget = table { byte in
        isAlphanumeric(byte) || "-._~!$&'()*+,;=:@/?".utf8.contains(byte)
    }

    /// What stands in a request line or a field without being a space or a control: visible ASCII, and bytes of more than seven bits.
    static let isVisible = table { byte in byte > 0x20 && byte != 0x7f }

    /// `uri-host [ ":" port ]` of RFC 9110, section 7.2, without looking at its structure.
    static let isHost = table { byte in
        isAlphanumeric(byte) || "-._~!$&'()*+,;=:[]%".utf8.contains(byte)
    }

    static let carriageReturn = UInt8(ascii: "\r")
    static let lineFeed = UInt8(ascii: "\n")
    static let space = UInt8(ascii: " ")
    static let tab = UInt8(ascii: "\t")

    /// The value of a hexadecimal digit in either case.
    static func hexadecimalValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// An ASCII capital as its small letter; other bytes as they are.
    static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    /// Finds the CR of the CR LF that ends a line, and refuses every other control but a tab on the way.
    ///
    /// - Parameters:
    ///   - start: where to look; behind the line afterwards, or behind what need not be looked at again.
    ///   - part: what messages call the lines.
    static func lineEnd(_ bytes: Span<UInt8>, from start: inout Int, of part: String) throws(RequestRefusal) -> Int? {
        var index = start
        while index < bytes.count {
            while index + 8 <= bytes.count, hasNoControl(bytes, at: index) { index += 8 }
            guard index < bytes.count else { break }
            let byte = bytes[index]
            if byte >= 0x20 && byte != 0x7f || byte == tab {
                index += 1
                continue
            }
            guard byte == carriageReturn else {
                throw .bad(byte == lineFeed ? "a line ends without CR" : "the \(part) holds a control")
            }
            guard index + 1 < bytes.count else { break }
            guard bytes[index + 1] == lineFeed else { throw .bad("a CR stands alone") }
            start = index + 2
            return index
        }
        start = index
        return nil
    }

    /// Whether eight bytes hold neither a control nor a DEL.
    ///
    /// A subtraction borrows from a byte only where the byte before it is one that is looked for: the answer for all eight is exact.
    private static func hasNoControl(_ bytes: Span<UInt8>, at index: Int) -> Bool {
        let (ones, highs) = (UInt64(0x0101_0101_0101_0101), UInt64(0x8080_8080_8080_8080))
        // SAFETY: any eight bytes are a number, and the load checks its bounds.
        let word = bytes.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
        let other = word ^ ones &* 0x7f
        return (word &- ones &* 0x20) & ~word & highs == 0 && (other &- ones) & ~other & highs == 0
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }

    private static func table(_ belongs: (UInt8) -> Bool) -> [Bool] { (0...255).map { belongs(UInt8($0)) } }
}

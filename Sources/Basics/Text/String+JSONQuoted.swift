extension String {
    /// The text as a string of JSON (RFC 8259, section 7), with its quotation marks. What cannot be seen is escaped, so
    /// that it steers no terminal.
    package var jsonQuoted: String {
        var bytes: [UInt8] = []
        bytes.appendJSONQuoted(self)
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension [UInt8] {
    /// Appends a text as ``Swift/String/jsonQuoted`` spells it.
    package mutating func appendJSONQuoted(_ text: String) {
        append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": self += [UInt8(ascii: "\\"), UInt8(scalar.value)]
            case _ where scalar.cannotBeSeen:
                for unit in UTF16.encode(scalar)! {
                    self += "\\u".utf8
                    self += unit.padded(to: 4, radix: 16).utf8
                }
            default: self += UTF8.encode(scalar)!
            }
        }
        append(UInt8(ascii: "\""))
    }
}

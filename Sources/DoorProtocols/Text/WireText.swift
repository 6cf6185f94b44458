import Basics

/// Shows bytes of the wire to people.
package enum WireText {
    /// Printable ASCII as it is, `\r`, `\n`, `\t` and `\\` as in C, every other byte as `\xNN`.
    package static func escaped(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\\"): text += "\\\\"
            case UInt8(ascii: "\r"): text += "\\r"
            case UInt8(ascii: "\n"): text += "\\n"
            case UInt8(ascii: "\t"): text += "\\t"
            case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "\\x" + byte.padded(to: 2, radix: 16)
            }
        }
        return text
    }
}

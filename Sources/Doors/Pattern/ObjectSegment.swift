/// Any bytes as one segment of the name of an object.
enum ObjectSegment {
    /// What cannot stand in one is percent-encoded, and nothing at all is a per
    /// cent sign alone, so that different texts stay different.
    static func encoded(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        if bytes.isEmpty { return [UInt8(ascii: "%")] }
        let areDots = bytes.count <= 2 && bytes.allSatisfy { $0 == UInt8(ascii: ".") }
        return bytes.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: "/"), UInt8(ascii: "%"), 0..<0x20, 0x7F: Array(PercentEncoding.escape(byte).utf8)
            case UInt8(ascii: ".") where areDots: Array(PercentEncoding.escape(byte).utf8)
            default: [byte]
            }
        }
    }
}

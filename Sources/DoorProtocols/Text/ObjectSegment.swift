import AuthCore

/// Any bytes as one segment of the name of an object.
enum ObjectSegment {
    /// Bytes that cannot stand in one are percent-encoded, and an empty text is a per
    /// cent sign alone, so that different texts stay different.
    ///
    /// Of a text longer than a name may be, only enough is encoded to make it too long: names come from strangers, and a batch
    /// may name one a thousand times.
    static func encoded(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(min(bytes.count, ObjectName.maximumLength + 1))
        write(bytes, to: &encoded)
        return encoded
    }

    /// Writes the segment behind what is there.
    static func write(_ bytes: some Collection<UInt8>, to encoded: inout [UInt8]) {
        if bytes.isEmpty { return encoded.append(UInt8(ascii: "%")) }
        let bytes = bytes.prefix(ObjectName.maximumLength + 1)
        let areDots = bytes.count <= 2 && bytes.allSatisfy { $0 == UInt8(ascii: ".") }
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "/"), UInt8(ascii: "%"), 0..<0x20, 0x7F: encoded += PercentEncoding.escape(byte).utf8
            case UInt8(ascii: ".") where areDots: encoded += PercentEncoding.escape(byte).utf8
            default: encoded.append(byte)
            }
        }
    }
}

import FoundationEssentials

/// The base64 of RFC 4648, section 5, without padding, as RFC 7515 has it.
enum Base64URL {
    /// Returns the bytes, nil when `text` is anything but the one spelling of them: bytes have no second spelling with
    /// other unused bits, padding or white space, so that a token has none either.
    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var standard: [UInt8] = []
        standard.reserveCapacity(text.count + 3)
        for byte in text {
            switch byte {
            case UInt8(ascii: "-"): standard.append(UInt8(ascii: "+"))
            case UInt8(ascii: "_"): standard.append(UInt8(ascii: "/"))
            case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): return nil
            default: standard.append(byte)
            }
        }
        while standard.count % 4 != 0 { standard.append(UInt8(ascii: "=")) }
        guard let data = Data(base64Encoded: Data(standard)), data.base64EncodedData() == Data(standard) else {
            return nil
        }
        return [UInt8](data)
    }
}

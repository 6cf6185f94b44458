/// Reads the digits of crypt(5): `./0-9A-Za-z`.
package enum CryptDigit {
    /// The value of a digit, 0...63; nil for any other byte.
    package static func value(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: ".")...UInt8(ascii: "9"): Int(byte) - 46
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(byte) - 65 + 12
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte) - 97 + 38
        default: nil
        }
    }

    /// The number that five digits stand for, the lowest first (scrypt of crypt(5)); nil when a byte is no digit.
    static func number(_ digits: some Collection<UInt8>) -> Int? {
        var number = 0
        for (index, byte) in digits.enumerated() {
            guard let value = value(byte) else { return nil }
            number |= value << (6 * index)
        }
        return number
    }
}

import Glibc

/// Holds IPv4 and IPv6 addresses and CIDR ranges; IPv4 addresses mapped into IPv6 count as IPv4.
struct AddressRanges: Sendable {
    private struct Range: Sendable {
        let address: Address
        /// How many of the leading bits count.
        let prefix: Int

        func contains(_ other: Address) -> Bool {
            guard address.isIPv4 == other.isIPv4 else { return false }
            let whole = prefix / 8
            guard address.bytes[..<whole] == other.bytes[..<whole] else { return false }
            guard prefix % 8 > 0 else { return true }
            return (address.bytes[whole] ^ other.bytes[whole]) >> (8 - UInt8(prefix % 8)) == 0
        }

        /// Says whether a bit behind the prefix is set.
        var hasRest: Bool {
            address.bytes.indices.contains { index in
                let kept = min(max(prefix - index * 8, 0), 8)
                return UInt(address.bytes[index]) & (0xFF >> UInt(kept)) != 0
            }
        }
    }

    private var ranges: [Range] = []

    /// Reads a list with spaces between. Throws the offset and what is wrong there.
    init(_ text: LentText) throws(EntryFault) {
        for word in text.split(separator: 0x20) {
            guard let range = Self.range(word) else {
                throw EntryFault(
                    .badValue, .addresses, offset: word.startIndex,
                    "\(shown(word)) is no IPv4 or IPv6 address and no range such as `10.0.0.0/8` or `2001:db8::/32`")
            }
            if range.hasRest {
                throw EntryFault(
                    .badValue, .addresses, offset: word.startIndex,
                    "\(shown(word)) has bits set behind its prefix, expected the first address of the range")
            }
            ranges.append(range)
        }
        if ranges.isEmpty {
            throw EntryFault(.badValue, .addresses, "no address, expected addresses or ranges with spaces between")
        }
    }

    /// Says whether a client's address, as text, is in one of the ranges; false for what is no address.
    func contains(_ text: [UInt8]) -> Bool {
        guard let address = Address(text) else { return false }
        return ranges.contains { $0.contains(address) }
    }

    private static func range(_ word: Slice<LentText>) -> Range? {
        let parts = word.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = Address(Array(parts[0])), !parts[0].contains(UInt8(ascii: "%")) else { return nil }
        let bits = address.bytes.count * 8
        guard parts.count == 2 else { return Range(address: address, prefix: bits) }
        let digits = parts[1]
        guard (1...3).contains(digits.count), digits.allSatisfy(isDigit),
            var prefix = Int(String(decoding: digits, as: UTF8.self))
        else { return nil }
        // A range of mapped addresses is written with the prefix of IPv6.
        if address.isIPv4, parts[0].contains(UInt8(ascii: ":")) { prefix -= 96 }
        return 0...bits ~= prefix ? Range(address: address, prefix: prefix) : nil
    }
}

/// An address of 4 or 16 bytes.
struct Address: Sendable, Hashable {
    let bytes: [UInt8]

    var isIPv4: Bool { bytes.count == 4 }

    /// Reads an address; a zone (`fe80::1%eth0`) is left out. Nil for anything else.
    init?(_ text: [UInt8]) {
        let bare = text.prefix { $0 != UInt8(ascii: "%") }
        guard !bare.isEmpty, bare.count < Int(INET6_ADDRSTRLEN), !bare.contains(0) else { return nil }
        let string = bare.map(CChar.init(bitPattern:)) + [0]
        var read = [UInt8](repeating: 0, count: 16)
        // SAFETY: NUL-terminated above; inet_pton(3) writes 4 or 16 bytes.
        if inet_pton(AF_INET, string, &read) == 1 {
            bytes = Array(read[..<4])
        } else if inet_pton(AF_INET6, string, &read) == 1 {
            let isMapped = read[..<10].allSatisfy { $0 == 0 } && read[10] == 0xFF && read[11] == 0xFF
            bytes = isMapped ? Array(read[12...]) : read
        } else {
            return nil
        }
    }
}
